"""The benchmarks can be run as they are shown; what they find is not asked here, since it depends on the machine."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
README = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
SHOWN = sorted(set(re.findall(r"uv run python (benchmarks/\w+\.py)", README)))


def run(*words: str | Path) -> str:
    # The environment is the one of these tests, as it is.
    env = {**os.environ, "UV_NO_SYNC": "1", "UV_PROJECT_ENVIRONMENT": sys.prefix}
    return subprocess.run(words, env=env, check=True, capture_output=True, text=True).stdout


def test_one_command_lists_every_benchmark() -> None:
    uv = shutil.which("uv")
    command = [BENCHMARKS / "run"] if uv else [sys.executable, BENCHMARKS / "suite.py"]
    listed = [line.split()[0] for line in run(*command, "--list").splitlines()]
    scripts = {path.stem for path in BENCHMARKS.glob("*.py") if "command_line(" in path.read_text(encoding="utf-8")}
    assert sorted(listed) == sorted(scripts - {"measure"})


@pytest.mark.parametrize("script", SHOWN)
def test_a_benchmark_that_is_shown_has_the_arguments_of_all(script: str) -> None:
    told = run(sys.executable, BENCHMARKS.parent / script, "--help")
    assert [option for option in ("--quick", "--json", "--rounds") if option not in told] == []
