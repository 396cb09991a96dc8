"""The tab key in real shells, at a terminal, with the installed command; a shell that is not here is told of."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from fused_spec.cli.completion.installing import install
from tests.terminals import ShellAtTerminal
from tests.unit.cli.test_completion import PROJECT, SPECS_OF_IT

LINES = {
    "a command": ("fused-spec valid\t", ["validate"]),
    "an option": ("fused-spec plan --detailed\t", ["plan", "--detailed-exitcode"]),
    "a job": ("fused-spec plan --select tid\t", ["plan", "--select", "tidy"]),
    "a cell in quotes": (
        "fused-spec plan --select 'tiles[mo\t2024-02,r\tu\t",
        ["plan", "--select", "tiles[month=2024-02,region=us]"],
    ),
    "a cell behind an equals sign": (
        "fused-spec plan --select=tiles\\[mo\t2024-02,r\tu\t",
        ["plan", "--select=tiles[month=2024-02,region=us]"],
    ),
    "a value of a variable": ("fused-spec plan --var qua\tf\t", ["plan", "--var", "quality=final"]),
    "a file": ("fused-spec plan fused-spec.y\t", ["plan", "fused-spec.yaml"]),
    "nothing": ("fused-spec nothing x\t", ["nothing", "x"]),
}


_ALSO = [pytest.param(shell, marks=pytest.mark.thorough) for shell in ("zsh", "fish")]


@pytest.mark.parametrize("shell", ["bash", *_ALSO])
def test_a_shell_completes_what_is_typed(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell.upper()} IS NOT HERE: its completion is not tried (apt-get install {shell})")
    (tmp_path / "specs").mkdir()
    (tmp_path / "fused-spec.yaml").write_text(PROJECT)
    (tmp_path / "specs/all.yaml").write_text(SPECS_OF_IT)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {"PATH": path, "HOME": str(tmp_path), "TERM": "xterm", "LANG": "C.UTF-8"}
    done = install(shell, tmp_path, {})
    with ShellAtTerminal(shell, tmp_path, env) as terminal:
        terminal.run(f"source {done.script}")
        seen = {what: terminal.completed(typed) for what, (typed, _) in LINES.items()}
    assert seen == {what: expected for what, (_, expected) in LINES.items()}
