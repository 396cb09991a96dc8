"""The suite itself: what `pytest` alone leaves out is told, and what is named runs whole."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.depth import VARIABLE

ROOT = Path(__file__).parents[2]


def collected(*arguments: str, **env: str) -> str:
    """What a run of the tests that are killed says of what it would run."""
    kept = {name: value for name, value in os.environ.items() if name != VARIABLE and not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-n", "0", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=ROOT, env={**kept, **env}, capture_output=True, text=True, check=True)
    return done.stdout


def test_what_is_left_out_is_counted_with_the_command_that_runs_it() -> None:
    said = collected("tests/torture", **{VARIABLE: "breadth"})
    assert re.search(r"= [1-9][0-9]* thorough tests not run =.*\n`uv run pytest --all` runs them", said), said
    assert "test_torture.py" in said


def test_what_is_named_is_not_left_out() -> None:
    assert "not run" not in collected("tests/torture")


def test_all_is_all_whatever_the_variable_says() -> None:
    assert "not run" not in collected("tests/torture", "--all", **{VARIABLE: "breadth"})
