"""The benchmarks can be run as they are shown; what they find is not asked here, since it depends on the machine."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
SHOWN = "".join(path.read_text(encoding="utf-8") for path in (BENCHMARKS / "README.md", ROOT / "docs/performance.md"))
SUITE = sorted({line.strip() for line in re.findall(r"^ *benchmarks/run([^#\n]*)", SHOWN, re.MULTILINE)})
SCRIPTS = sorted(set(re.findall(r"uv run python (benchmarks/\w+\.py)", SHOWN)))


def run(*words: str | Path) -> str:
    # The environment is the one of these tests, as it is.
    env = {**os.environ, "UV_NO_SYNC": "1", "UV_PROJECT_ENVIRONMENT": sys.prefix}
    return subprocess.run(words, env=env, check=True, capture_output=True, text=True).stdout


def listed(*words: str) -> list[str]:
    uv = shutil.which("uv")
    command = [BENCHMARKS / "run"] if uv else [sys.executable, BENCHMARKS / "suite.py"]
    return [line.split()[0] for line in run(*command, *words, "--list").splitlines()]


def test_one_command_runs_every_benchmark_that_is_shown() -> None:
    assert {Path(script).stem for script in SCRIPTS} - set(listed()) == set()


@pytest.mark.parametrize("words", SUITE)
def test_the_command_is_shown_with_arguments_that_it_has(words: str) -> None:
    assert listed(*shlex.split(words)) != []


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_benchmark_that_is_shown_has_the_arguments_of_all(script: str) -> None:
    told = run(sys.executable, ROOT / script, "--help")
    assert [option for option in ("--quick", "--json", "--rounds") if option not in told] == []


def test_a_benchmark_tells_what_it_measured_beside_what() -> None:
    told = run(sys.executable, BENCHMARKS / "start.py", "--rounds", "1", "--json")
    rows = [json.loads(line) for line in told.splitlines()]
    assert [(row["name"], row["runs"], row["ours"] > 0, row["peer"] > 0) for row in rows] == [
        ("`fused-spec --version`", 1, True, True),
        ("`fused-spec --help`", 1, True, True),
    ]
