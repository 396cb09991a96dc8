"""`fmt` and `schema --project`: what is written, what is said, and how they end."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from fused_spec.cli.main import run

PROJECT = "apiVersion: fused-spec/v1\nproject: {name: tiles, id: 5a0a2c1e-7f0e-4c0e-9a53-4e2f6f6f2b11}\n"
LOOSE = "kind: Fragment\napiVersion: fused-spec/v1\nmetadata: {name: patient}\nspec:\n    run: {retries: 5}\n"
FORM = "apiVersion: fused-spec/v1\nkind: Fragment\nmetadata: {name: patient}\nspec:\n  run: {retries: 5}\n"

Told = Callable[..., tuple[int, str, str]]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Told:
    """Run a command line in a folder with a project; its exit code, its result and what it said besides."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs").mkdir()
    (tmp_path / "fused-spec.yaml").write_text(PROJECT)
    (tmp_path / "specs/patient.yaml").write_text(LOOSE)

    def command(*words: str) -> tuple[int, str, str]:
        code = run(list(words))
        said = capfdbinary.readouterr()
        return code, said.out.decode(), said.err.decode()

    return command


def test_a_file_is_written_in_its_form_and_keeps_its_mode(told: Told, tmp_path: Path) -> None:
    path = tmp_path / "specs/patient.yaml"
    path.chmod(0o640)
    assert told("fmt", "specs") == (0, "specs/patient.yaml\n", "1 of 1 file written anew\n")
    assert path.read_text() == FORM
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert told("fmt", "specs") == (0, "", "0 of 1 file written anew\n")


def test_a_link_stays_one(told: Told, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yaml").write_text(LOOSE)
    (tmp_path / "specs/patient.yaml").unlink()
    (tmp_path / "specs/patient.yaml").symlink_to("../elsewhere.yaml")
    assert told("fmt", "specs")[0] == 0
    assert (tmp_path / "specs/patient.yaml").is_symlink()
    assert (tmp_path / "elsewhere.yaml").read_text() == FORM


def test_check_changes_nothing_and_ends_with_4(told: Told, tmp_path: Path) -> None:
    assert told("fmt", "specs", "--check") == (4, "specs/patient.yaml\n", "1 of 1 file would be written anew\n")
    assert (tmp_path / "specs/patient.yaml").read_text() == LOOSE


def test_diff_shows_the_change_and_makes_none(told: Told, tmp_path: Path) -> None:
    code, shown, _ = told("fmt", "specs", "--diff")
    assert code == 0
    assert "-    run: {retries: 5}\n+  run: {retries: 5}\n" in shown
    assert (tmp_path / "specs/patient.yaml").read_text() == LOOSE


def test_diff_with_check_ends_as_check_does(told: Told) -> None:
    assert told("fmt", "specs", "--diff", "--check")[0] == 4


def test_what_cannot_be_read_is_told_and_the_rest_is_written(told: Told, tmp_path: Path) -> None:
    (tmp_path / "specs/broken.yaml").write_text("apiVersion: fused-spec/v1\nkind: Job\nmetadata: {name: ${var.a}}\n")
    code, shown, said = told("fmt", "specs")
    assert (code, shown) == (3, "specs/patient.yaml\n")
    assert "specs/broken.yaml:3:18: error" in said
    assert "fmt --fix" in said


def test_schemas_of_a_project_are_written_and_said_how_to_name(told: Told, tmp_path: Path) -> None:
    code, _, said = told("schema", "--project")
    assert code == 0
    assert "$schema=../.fused-spec/schema/specs.schema.json" in said
    assert known_fragments(tmp_path) == ["patient"]


def known_fragments(folder: Path) -> list[str]:
    schema = json.loads((folder / ".fused-spec/schema/specs.schema.json").read_text())
    found: list[str] = schema["$defs"]["use"]["items"]["enum"]
    return found


def test_a_command_that_reads_specs_keeps_the_schemas_as_the_project_is(told: Told, tmp_path: Path) -> None:
    told("schema", "--project")
    (tmp_path / "specs/patient.yaml").write_text(LOOSE.replace("patient", "hasty"))
    told("validate", "specs")
    assert known_fragments(tmp_path) == ["hasty"]


def test_a_look_at_one_file_forgets_no_fragment(told: Told, tmp_path: Path) -> None:
    told("schema", "--project")
    (tmp_path / "specs/other.yaml").write_text(LOOSE.replace("patient", "hasty"))
    told("validate", "specs/other.yaml")
    assert known_fragments(tmp_path) == ["hasty", "patient"]


def test_a_project_that_never_asked_for_schemas_gets_none(told: Told, tmp_path: Path) -> None:
    told("validate", "specs")
    assert not (tmp_path / ".fused-spec/schema").exists()


def test_schemas_that_cannot_be_written_stop_no_other_command(told: Told, tmp_path: Path) -> None:
    told("schema", "--project")
    (tmp_path / ".fused-spec/schema/specs.schema.json").unlink()
    (tmp_path / ".fused-spec/schema/specs.schema.json").mkdir()
    assert told("validate", "specs")[0] == 0
    code, _, said = told("schema", "--project")
    assert code == 74
    assert "cannot be written" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("schema", "--project", "nowhere"), "nowhere does not exist"),
        (("schema", "--project", ".."), "there is no fused-spec.yaml"),
        (("schema", "--project", "--list"), "two questions"),
    ],
)
def test_what_cannot_be_asked_is_told(told: Told, words: tuple[str, ...], message: str) -> None:
    code, _, said = told(*words)
    assert code != 0
    assert message in said


def test_a_broken_project_file_is_told_with_its_place(told: Told, tmp_path: Path) -> None:
    (tmp_path / "fused-spec.yaml").write_text("apiVersion: fused-spec/v1\nproject: {name: tiles}\n")
    code, _, said = told("schema", "--project")
    assert code == 3
    assert "fused-spec.yaml:2:1: error" in said
