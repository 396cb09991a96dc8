"""What is installed: schemas and templates ship in the wheel, and are found there."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    [built] = folder.glob("*.whl")
    return built


def test_every_schema_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    schemas = {path.relative_to(ROOT).as_posix() for path in (ROOT / "schemas").rglob("*.json")}
    assert schemas
    assert {f"fused_spec/{name}" for name in schemas} <= names


def test_every_template_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "templates").rglob("*") if path.is_file()}
    assert files
    assert {f"fused_spec/{name}" for name in files if "__pycache__" not in name} <= names


def test_types_and_queries_are_in_the_wheel(wheel: Path) -> None:
    assert {"fused_spec/py.typed", "fused_spec/service/state/schema.sql"} <= set(zipfile.ZipFile(wheel).namelist())


def test_the_templates_of_pages_and_the_outline_of_land_are_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    rooms = [
        ROOT / "fused_spec/maps/forms/templates",
        ROOT / "fused_spec/maps/land",
        ROOT / "fused_spec/views/pages/templates",
    ]
    files = {path.relative_to(ROOT).as_posix() for room in rooms for path in room.iterdir() if path.is_file()}
    assert files
    assert files <= names


def test_what_problems_mean_is_in_the_wheel(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "fused_spec/messages/codes").glob("*.toml")}
    assert files
    assert files <= names


@pytest.mark.parametrize(
    ("code", "folder"),
    [
        (
            "from fused_spec.spec.checking import schema; schema.schema_text(None); print(schema.schema_folder())",
            "schemas",
        ),
        ("from fused_spec.cli.specs.templates import template_folder; print(template_folder())", "templates"),
    ],
    ids=["schemas", "templates"],
)
def test_what_is_no_code_is_found_in_an_installed_package(wheel: Path, tmp_path: Path, code: str, folder: str) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == str(tmp_path / "fused_spec" / folder)
