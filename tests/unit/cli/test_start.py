"""A command loads what it needs and no more: heavy libraries are counted out, and modules are counted."""

import shutil
from pathlib import Path

import pytest

from tests.commands import every_command
from tests.loading import HEAVY, SPECS, loaded_by

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("words", ["--version", "--help"])
def test_what_the_command_says_of_itself_loads_no_heavy_library_and_few_modules(words: str) -> None:
    loaded = loaded_by(words, cwd=ROOT)
    assert (loaded.code, HEAVY & loaded.packages) == (0, set())
    assert len(loaded.ours("")) <= 9, loaded.ours("")
    assert len(loaded.modules) <= 33, loaded.modules


def test_the_help_of_all_imports_no_command() -> None:
    assert loaded_by("--help", cwd=ROOT).ours("cli.commands") == []


@pytest.mark.parametrize("words", [words for words, _ in every_command()], ids=" ".join)
def test_help_loads_no_heavy_library(words: tuple[str, ...]) -> None:
    loaded = loaded_by(*words, "--help", cwd=ROOT)
    assert (loaded.code, HEAVY & loaded.packages) == (0, set())
    assert loaded.out.startswith("Usage: fused-spec")


def test_a_word_that_is_no_command_loads_no_heavy_library() -> None:
    loaded = loaded_by("destroy", cwd=ROOT)
    assert (loaded.code, HEAVY & loaded.packages) == (2, set())


def test_a_command_that_is_called_imports_no_other_one() -> None:
    commands = loaded_by("schema", "--list", cwd=ROOT).ours("cli.commands")
    assert commands == ["fused_spec.cli.commands", "fused_spec.cli.commands.project"]


def test_validate_loads_few_modules_and_has_hardly_a_class_written_at_the_start(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    shutil.copytree(ROOT / "specs/examples", tmp_path / "specs")  # not the project file, which uses all of the language
    loaded = loaded_by("validate", "specs/02-countries.yaml", cwd=tmp_path)
    assert len(loaded.modules) <= 206  # 201 on Python 3.13, which has more private modules than 3.11
    assert len(loaded.dataclasses) <= 3, loaded.dataclasses


def test_validate_of_valid_specs_loads_nothing_that_explains_invalid_ones() -> None:
    loaded = loaded_by("validate", "specs/examples/02-countries.yaml", cwd=ROOT)
    assert {"jsonschema", "difflib", "subprocess", "tomllib"} & loaded.packages == set()


def test_validate_of_specs_that_name_no_file_of_elements_loads_nothing_that_reads_one() -> None:
    assert "csv" not in loaded_by("validate", "specs/examples/02-countries.yaml", cwd=ROOT).packages


def test_validate_loads_what_reads_specs_and_no_client_no_service_no_planner() -> None:
    loaded = loaded_by("validate", "specs/examples/02-countries.yaml", cwd=ROOT)
    assert (loaded.code, (HEAVY - SPECS) & loaded.packages) == (0, set())
    for room in ("api", "service", "engine", "reconcile", "plan", "wire"):
        assert loaded.ours(room) == []
