"""`--help` answers at once: it loads no library that only the work itself needs."""

import json
import subprocess
import sys

import click
import pytest

from fused_spec.cli.main import commands

HEAVY = {
    "pydantic",
    "requests",
    "jsonschema",
    "yaml",
    "sqlite3",
    "starlette",
    "uvicorn",
    "geopandas",
    "pyarrow",
    "rich",
}

_PROBE = """
import json, sys
from fused_spec.cli.main import run
code = run(sys.argv[1:])
print(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]), file=sys.stderr)
"""


def command_lines(group: click.Group, before: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    lines = [before]
    for name, command in group.commands.items():
        inner = (*before, name)
        lines += command_lines(command, inner) if isinstance(command, click.Group) else [inner]
    return lines


@pytest.mark.parametrize("words", command_lines(commands), ids=" ".join)
def test_help_loads_no_heavy_library(words) -> None:
    done = subprocess.run([sys.executable, "-c", _PROBE, *words, "--help"], capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stderr)
    assert code == 0
    assert HEAVY.isdisjoint(modules)
    assert done.stdout.startswith("Usage: fused-spec")


def test_help_lists_commands_in_the_order_in_which_people_meet_them() -> None:
    assert list(commands.commands)[:6] == ["init", "validate", "render", "lock", "plan", "apply"]
