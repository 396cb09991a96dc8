"""A command loads what it needs and no more: heavy libraries are counted out, and modules are counted."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.commands import every_command

ROOT = Path(__file__).parents[3]

GEOSPATIAL = {"geopandas", "pandas", "numpy", "pyarrow", "shapely", "pyogrio", "rasterio"}
SERVICE = {"starlette", "uvicorn", "sqlite3", "asyncio", "multipart"}
CLIENT = {"requests", "urllib3", "pydantic", "ijson", "fsspec", "http"}
SPECS = {"yaml", "jsonschema"}
SHOWN = {"rich"}
HEAVY = GEOSPATIAL | SERVICE | CLIENT | SPECS | SHOWN

_PROBE = """
import json, sys
import click
before = set(sys.modules)
from fused_spec.cli.main import run
code = run(sys.argv[1:])
print("\\n" + json.dumps([code, sorted(set(sys.modules) - before)]), file=sys.stderr)
"""


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What a process loaded for a command, besides click and what click needs."""

    code: int
    modules: list[str]
    out: str

    @property
    def packages(self) -> set[str]:
        return {name.partition(".")[0] for name in self.modules}

    def ours(self, room: str) -> list[str]:
        return [name for name in self.modules if f"{name}.".startswith(f"fused_spec.{room}")]


def loaded_by(*words: str, cwd: Path = ROOT) -> Loaded:
    done = subprocess.run([sys.executable, "-c", _PROBE, *words], cwd=cwd, capture_output=True, text=True, check=True)
    code, modules = json.loads(done.stderr.splitlines()[-1])
    return Loaded(code=code, modules=modules, out=done.stdout)


@pytest.mark.parametrize("words", ["--version", "--help"])
def test_what_the_command_says_of_itself_loads_no_heavy_library_and_few_modules(words: str) -> None:
    loaded = loaded_by(words)
    assert (loaded.code, HEAVY & loaded.packages) == (0, set())
    assert len(loaded.ours("")) <= 8, loaded.ours("")
    assert len(loaded.modules) <= 30, loaded.modules


def test_the_help_of_all_imports_no_command() -> None:
    assert loaded_by("--help").ours("cli.commands") == []


@pytest.mark.parametrize("words", [words for words, _ in every_command()], ids=" ".join)
def test_help_loads_no_heavy_library(words: tuple[str, ...]) -> None:
    loaded = loaded_by(*words, "--help")
    assert (loaded.code, HEAVY & loaded.packages) == (0, set())
    assert loaded.out.startswith("Usage: fused-spec")


def test_a_word_that_is_no_command_loads_no_heavy_library() -> None:
    loaded = loaded_by("destroy")
    assert (loaded.code, HEAVY & loaded.packages) == (2, set())


def test_a_command_that_is_called_imports_no_other_one() -> None:
    commands = loaded_by("schema", "--list").ours("cli.commands")
    assert commands == ["fused_spec.cli.commands", "fused_spec.cli.commands.project"]


def test_validate_loads_what_reads_specs_and_no_client_no_service_no_planner() -> None:
    loaded = loaded_by("validate", "specs/examples/02-countries.yaml")
    assert (loaded.code, (HEAVY - SPECS) & loaded.packages) == (0, set())
    for room in ("api", "service", "engine", "reconcile", "plan", "wire"):
        assert loaded.ours(room) == []
