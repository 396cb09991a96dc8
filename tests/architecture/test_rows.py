"""The rows hold, in what modules say they import and in what processes really load."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "fused_spec").rglob("*.py"))
ROOMS = sorted({path.parent for path in MODULES})
HEAVY = {"geopandas", "pandas", "pyarrow", "numpy", "shapely", "pyogrio"}


def loaded_by(module: str) -> set[str]:
    """The top-level packages that a process has after importing the module."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


def test_the_contracts_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("module", ["fused_spec.service.server", "fused_spec.service.state.launch"])
def test_the_service_loads_nothing_geospatial(module: str) -> None:
    assert not loaded_by(module) & HEAVY


def test_resolving_specs_needs_no_client_no_service_and_no_models() -> None:
    assert not loaded_by("fused_spec.spec.resolve") & {*HEAVY, "requests", "starlette", "pydantic", "rich", "click"}


def test_what_only_explains_a_problem_is_loaded_when_there_is_one() -> None:
    assert not loaded_by("fused_spec.spec.resolve") & {"jsonschema", "sqlite3", "multiprocessing"}


def test_planning_is_pure() -> None:
    assert not loaded_by("fused_spec.plan.planner") & {*HEAVY, "requests", "pydantic", "yaml", "jsonschema"}


def test_the_client_loads_nothing_geospatial_until_it_is_given_a_table() -> None:
    assert not loaded_by("fused_spec.api.client") & HEAVY


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_a_room_shows_no_more_than_can_be_seen_at_once(room: Path) -> None:
    parts = [path for path in room.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()]
    shown = [path.name for path in parts if path.name != "__main__.py"]  # a word for Python, and no noun of ours
    assert len(shown) - 1 <= 16  # its own docstring stands in one


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_a_module_says_what_it_is_for(room: Path) -> None:
    assert [path.name for path in room.glob("*.py") if not ast.get_docstring(parsed(path))] == []


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_no_module_and_no_function_outgrows_its_noun(room: Path) -> None:
    assert [path.name for path in room.glob("*.py") if path.read_bytes().count(b"\n") > 300] == []
    functions = [
        node
        for path in room.glob("*.py")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [node.name for node in functions if (node.end_lineno or 0) - node.lineno >= 60] == []
