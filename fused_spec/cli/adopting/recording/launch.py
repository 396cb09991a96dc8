"""Run a script or a notebook with the recorder in front of what it imports, and read what was heard."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fused_spec.errors import FusedSpecError, Misconfigured

_PATH = Path(__file__).with_name("path")
_PYTHON = "python"
_ALONE = frozenset("IES")  # Python's options that keep it from its environment, or from what is read at its start


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """The starts in their order, as `{start, settings, env}`, and what was asked for and not done."""

    starts: tuple[Mapping[str, Any], ...]
    warnings: tuple[str, ...]


def record(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], python: str) -> Heard:
    """Run a command, or a notebook by `python`, to its end; its output goes where ours goes.

    Raises `FusedSpecError` where it failed, or where the recorder was not read.
    """
    with tempfile.TemporaryDirectory(prefix="fused-spec-record-") as folder:
        tape = Path(folder) / "tape.jsonl"
        tape.touch(mode=0o600)
        words = _words(command, Path(folder), cwd, python)
        done = _run(words, cwd, _environment(env, tape))
        heard = [json.loads(line) for line in tape.read_text(encoding="utf-8").splitlines()]
    starts = tuple(one for one in heard if "start" in one)
    if not any("recorder" in one for one in heard):
        raise FusedSpecError(
            "the recorder was not read, so nothing was heard, and what this started was sent",
            hint="record what runs in Python, such as `record -- python script.py`",
        )
    if done != 0:
        raise FusedSpecError(
            f"the recorded command ended with {done} after {len(starts)} starts; nothing was written",
            hint="have it end well first: what it needs of a service is not there while it is recorded",
        )
    return Heard(starts=starts, warnings=tuple(str(one["warning"]) for one in heard if "warning" in one))


def _words(command: Sequence[str], folder: Path, cwd: Path, python: str) -> list[str]:
    if len(command) == 1 and command[0].endswith(".ipynb"):
        script = folder / f"{Path(command[0]).stem}.py"
        script.write_text(notebook_code(cwd / command[0]), encoding="utf-8")
        return [python, str(script)]
    if len(command) == 1 and command[0].endswith(".py"):
        return [python, command[0]]
    for word in command[1:]:
        if not word.startswith("-") or word in ("-c", "-m", "--"):
            break
        if Path(command[0]).name.startswith(_PYTHON) and not word.startswith("--") and _ALONE & {*word[1:2]}:
            raise Misconfigured(f"with {word} Python does not read the recorder, and would send what it starts")
    return list(command)


def _environment(env: Mapping[str, str], tape: Path) -> dict[str, str]:
    """The environment without credentials of the service, and with the recorder first on the path."""
    kept = {name: value for name, value in env.items() if not name.startswith("FUSED_AUTH_")}
    path = os.pathsep.join(filter(None, (str(_PATH), env.get("PYTHONPATH"))))
    return {**kept, "PYTHONPATH": path, "FUSED_SPEC_RECORDING": str(tape), "PYTHONDONTWRITEBYTECODE": "1"}


def _run(words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> int:
    try:
        # A person names the command, as they would on the next line of their shell.
        return subprocess.run(list(words), cwd=cwd, env=dict(env), check=False).returncode
    except OSError as error:
        why = error.strerror or str(error)
        raise Misconfigured(f"{words[0]} cannot be run: {why}", hint="name a command that runs Python") from None


def notebook_code(path: Path) -> str:
    """The code of a notebook's cells, one after another; raises `FusedSpecError` for what is no notebook."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    except OSError as error:
        why = error.strerror or str(error)
        raise FusedSpecError(f"{path.name} cannot be read: {why}") from None
    except (ValueError, KeyError, TypeError):
        raise FusedSpecError(f"{path.name} is no notebook of Jupyter's format 4") from None
    return "\n\n".join(_plain_python(text) for text in texts) + "\n"


def _plain_python(cell: str) -> str:
    """A cell without what only a notebook runs: its magic and its shell lines become comments."""
    if cell.lstrip().startswith("%%"):
        return "\n".join(f"# {line}" for line in cell.splitlines())
    return "\n".join(_plain_line(line) for line in cell.splitlines())


def _plain_line(line: str) -> str:
    bare = line.lstrip()
    indent = line[: len(line) - len(bare)]
    return f"{indent}pass  # {bare}" if bare.startswith(("%", "!")) else line
