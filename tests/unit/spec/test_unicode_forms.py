"""Names that look the same in different Unicode forms: the hint says how to write the one that is there."""

from pathlib import Path

import pytest

from fused_spec.messages.diagnostics import Diagnostic, nearest
from fused_spec.spec.model import Resolution
from fused_spec.spec.resolve import resolve
from tests.unit.spec.reading import SMALLEST_JOB

ONE, TWO = "caf\u00e9", "cafe\u0301"
UDF = "@fused.udf\ndef udf(n=1):\n    return n\n"
WRITTEN = {ONE: "caf\\u00e9", TWO: "cafe\\u0301"}

both_ways = pytest.mark.parametrize(("there", "written"), [(ONE, TWO), (TWO, ONE)], ids=["NFD for NFC", "NFC for NFD"])


def resolved(folder: Path, udf: str, more: str = "") -> Resolution:
    (folder / ".git").mkdir(exist_ok=True)
    spec = SMALLEST_JOB.replace("{file: area.py}}", f"{udf}{more}}}")
    (folder / "a.yaml").write_text(spec, encoding="utf-8")
    return resolve(["a.yaml"], cwd=folder)


def only_problem(resolution: Resolution) -> Diagnostic:
    [problem] = resolution.diagnostics
    return problem


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which the two names are two files, as on Linux."""
    (tmp_path / ONE).touch()
    if (tmp_path / TWO).exists():
        pytest.skip("this file system takes both forms for one name")
    (tmp_path / ONE).unlink()
    return tmp_path


@both_ways
def test_a_file_is_told_with_the_form_that_it_has(folder: Path, there: str, written: str) -> None:
    (folder / f"{there}.py").write_text(UDF)
    problem = only_problem(resolved(folder, f"{{file: {written}.py}}"))
    assert problem.message == f'{written}.py does not exist; "{WRITTEN[there]}.py" does, which looks the same'
    assert str(problem.hint).startswith(f'write "{WRITTEN[there]}.py" with its quotes')


@both_ways
def test_the_hint_can_be_followed(folder: Path, there: str, written: str) -> None:
    (folder / f"{there}.py").write_text(UDF)
    assert resolved(folder, f'{{file: "{WRITTEN[there]}.py"}}').valid


@both_ways
def test_a_folder_in_the_middle_counts_as_well(folder: Path, there: str, written: str) -> None:
    (folder / there).mkdir()
    (folder / there / "a.py").write_text(UDF)
    hint = only_problem(resolved(folder, f"{{file: {written}/a.py}}")).hint
    assert str(hint).startswith(f'write "{WRITTEN[there]}/a.py"')


@both_ways
@pytest.mark.parametrize("field", ["elements", "file"])
def test_other_files_that_a_spec_names_are_told_alike(folder: Path, there: str, written: str, field: str) -> None:
    (folder / "area.py").write_text(UDF)
    (folder / f"{there}.csv").write_text("n\n1\n")
    value = f"{{elements: {written}.csv}}" if field == "elements" else f"[{{file: {written}.csv}}]"
    problem = only_problem(resolved(folder, "{file: area.py}", f", input: {value}"))
    assert "which looks the same" in problem.message


@both_ways
def test_a_path_that_was_typed_is_told_alike(folder: Path, there: str, written: str) -> None:
    (folder / f"{there}.yaml").write_text(SMALLEST_JOB)
    problem = only_problem(resolve([f"{written}.yaml"], cwd=folder))
    assert "which looks the same" in problem.message
    assert str(problem.hint).startswith("let the shell complete the name")


@both_ways
def test_a_neighbour_is_told_alike(folder: Path, there: str, written: str) -> None:
    (folder / f"{there}.py").write_text(UDF)
    loads = f'@fused.udf\ndef udf(n=1):\n    return fused.load("{written}")\n'
    (folder / "area.py").write_text(loads, encoding="utf-8")
    assert f'write "{WRITTEN[there]}"' in str(only_problem(resolved(folder, "{file: area.py}")).hint)


def test_a_parameter_is_told_alike(folder: Path) -> None:
    (folder / "area.py").write_text(f"@fused.udf\ndef udf({ONE}=1):\n    return 1\n", encoding="utf-8")
    problem = only_problem(resolved(folder, f"{{file: area.py, parameters: {{{TWO}: 1}}}}"))
    assert str(problem.hint).startswith(f'write "{WRITTEN[ONE]}", with its quotes')


def test_a_file_that_is_there_in_the_form_written_is_taken(folder: Path) -> None:
    for name in (ONE, TWO):
        (folder / f"{name}.py").write_text(UDF)
        assert resolved(folder, f"{{file: {name}.py}}").valid


def test_the_nearest_word_is_the_one_that_looks_the_same() -> None:
    assert nearest("e\u0301", ["e", "\u00e9", "f"]) == "\u00e9"
