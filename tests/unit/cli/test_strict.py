"""`--strict`: a warning ends `validate` and `plan` as an error does."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from fused_spec.cli import main

JOB = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: tiles}
spec: {config: {steps: [{type: udf, udf: {file: tiles.py}}]}}
"""
WARNED = '@fused.udf\ndef udf(n=0):\n    return fused.load("elsewhere")(n)\n'

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run a command beside a job that draws a warning."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "job.yaml").write_text(JOB)
    (tmp_path / "tiles.py").write_text(WARNED)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main.run(list(arguments))
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


def test_a_warning_leaves_specs_valid(run: Run) -> None:
    code, out, _ = run("validate", ".")
    assert (code, out.splitlines()[-1]) == (0, "1 spec in 1 file is valid")


def test_where_one_is_strict_it_makes_them_invalid_and_stays_a_warning(run: Run) -> None:
    code, out, _ = run("validate", ".", "--strict")
    assert code == 3
    assert "tiles.py:3:23: warning[FS806]: " in out
    assert out.splitlines()[-2:] == [
        "1 warning in 1 file, and --strict lets none pass",
        "`fused-spec explain FS806` says what a number means",
    ]


def test_the_document_says_invalid_where_the_exit_code_does(run: Run) -> None:
    assert [json.loads(run("validate", ".", "--output", "json", *more)[1])["valid"] for more in ([], ["--strict"])] == [
        True,
        False,
    ]


def test_a_plan_is_not_made(run: Run, tmp_path: Path) -> None:
    code, out, err = run("plan", ".", "--strict", "--out", "kept.plan", "--output", "markdown")
    assert (code, (tmp_path / "kept.plan").exists()) == (3, False)
    assert out.startswith("**1 warning in the specs; nothing was planned.**")
    assert "Error: 1 warning in the specs\n  hint: --strict takes warnings for errors" in err


def test_a_note_is_no_warning(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tiles.py").write_text("@fused.udf\ndef udf(n=0):\n    return n\n")
    (tmp_path / "other.yaml").write_text("apiVersion: v1\nkind: Service\n")
    assert run("validate", ".", "--strict")[0] == 0


def test_a_word_that_is_no_code_ends_with_2_and_what_was_meant(run: Run) -> None:
    code, _, err = run("explain", "unknown-feild")
    assert (code, 'did you mean "FS701" (unknown-field)?' in err) == (2, True)
