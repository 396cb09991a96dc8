"""`--timings`: told last, however a command ends, and the result is the same with it and without."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from fused_spec.cli import main
from tests.schemas import schema_of

SPEC = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: hello}
spec:
  config:
    steps:
      - {type: udf, udf: {code: "@fused.udf\\ndef udf():\\n    return 1\\n"}}
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run a command line in a folder with one spec; its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    Path("hello.yaml").write_text(SPEC, encoding="utf-8")

    def run(*words: str) -> tuple[int, str, str]:
        code = main.run(words)
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


def last_document(err: str) -> Any:
    return json.loads(err.splitlines()[-1])


def test_a_person_is_told_on_stderr(run: Run) -> None:
    code, out, err = run("validate", "hello.yaml", "--timings")
    assert (code, out) == (0, "1 spec in 1 file is valid\n")
    assert err.startswith("Took ")


@pytest.mark.parametrize("phase", ["start", "load", "find", "read", "check", "show"])
def test_the_phases_of_validate_are_told(run: Run, phase: str) -> None:
    assert f"\n  {phase} " in run("validate", "hello.yaml", "--timings")[2]


@pytest.mark.parametrize("words", [("--timings", "validate"), ("validate", "--timings")], ids=["before", "behind"])
def test_it_stands_before_or_behind_the_command(run: Run, words: tuple[str, ...]) -> None:
    assert "Took " in run(*words, "hello.yaml")[2]


def test_nobody_is_told_who_did_not_ask(run: Run) -> None:
    assert run("validate", "hello.yaml")[2] == ""


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_the_result_is_the_same_with_it(run: Run, form: str) -> None:
    words = ("validate", "hello.yaml", "--output", form)
    assert run(*words, "--timings")[:2] == run(*words)[:2]


def test_a_program_is_told_by_the_last_line_of_stderr(run: Run) -> None:
    err = run("validate", "hello.yaml", "--output", "json", "--timings")[2]
    validate(last_document(err), schema_of("timings"))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("validate", "missing"), 3),
        (("plan", "missing"), 3),
        (("plan", "hello.yaml", "--target", "nosuch"), 2),
        (("plan", "hello.yaml", "--base-url", "http://127.0.0.1:1/server/v1"), 8),
        (("plan",), 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else str(value),
)
def test_a_command_that_fails_tells_it_behind_its_error(
    run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int
) -> None:
    monkeypatch.setenv("FUSED_AUTH_TOKEN", "a-token-nobody-may-see")
    monkeypatch.setenv("FUSED_AUTH_TOKEN_TYPE", "Bearer")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    ended = run("--timings", *words, "--output", "json")
    assert ended[0] == code
    validate(last_document(ended[2]), schema_of("timings"))


def test_a_request_that_nobody_answered_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSED_AUTH_TOKEN", "a-token-nobody-may-see")
    monkeypatch.setenv("FUSED_AUTH_TOKEN_TYPE", "Bearer")
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    words = ("plan", "hello.yaml", "--base-url", "http://127.0.0.1:1/server/v1", "--output", "json", "--timings")
    requests = last_document(run(*words)[2])["timings"]["requests"]
    assert requests["failed"] == requests["requests"] > 0


def test_quiet_leaves_what_was_asked_for(run: Run) -> None:
    assert run("validate", "hello.yaml", "--quiet", "--timings")[2].startswith("Took ")


def test_without_it_no_clock_is_read(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> float:
        raise AssertionError("nobody asked")

    monkeypatch.setattr("time.perf_counter", read)
    assert run("validate", "hello.yaml")[0] == 0
