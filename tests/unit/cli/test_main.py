"""Every end of a command: its exit code, its words, and one document where JSON was asked for."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from fused_spec.cli import main
from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.options import command, output_option
from fused_spec.errors import ArchiveError

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run a command that prints a result and then ends so: by raising, or with an exit code."""

    def run(how: BaseException | int, *arguments: str) -> tuple[int, str, str]:
        @click.command()
        @output_option("text", "json")
        @command
        def ends(context: Context, output: str) -> int:
            context.console.result('{"result": 1}' if output == "json" else "the result")
            if isinstance(how, BaseException):
                raise how
            return how

        monkeypatch.setitem(main.commands.commands, "ends", ends)
        code = main.run(["ends", *arguments])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


ENDS: dict[str, tuple[BaseException, int]] = {
    "an expected error": (ArchiveError("the archive s3://b cannot be read: x"), 8),
    "a file that cannot be written": (PermissionError(errno.EACCES, "Permission denied", "/p"), 74),
    "a disk that is full": (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), 74),
    "a fault of ours": (TypeError("##[error]x\n::error::y"), 70),
    "a signal": (KeyboardInterrupt(), 130),
    "a wrong value": (click.BadParameter("::error::y"), 2),
}


@pytest.mark.parametrize(("how", "code"), ENDS.values(), ids=ENDS)
def test_an_error_behind_a_result_is_the_only_document(ending: Run, how: BaseException, code: int) -> None:
    ended = ending(how, "--output", "json")
    assert (ended[0], json.loads(ended[1])["error"]["exit_code"]) == (code, code)


@pytest.mark.parametrize(("how", "code"), ENDS.values(), ids=ENDS)
def test_an_error_is_told_in_words_without_a_traceback(ending: Run, how: BaseException, code: int) -> None:
    ended = ending(how)
    assert (ended[0], ended[1]) == (code, "the result\n")
    assert ended[2]
    assert "Traceback" not in ended[2]
    assert not any(line.lstrip().startswith("::") or "##[" in line for line in ended[2].splitlines())


def test_a_result_is_the_only_document_of_a_command_that_ended_well(ending: Run) -> None:
    assert ending(4, "--output", "json") == (4, '{"result": 1}\n', "")


@pytest.mark.parametrize("how", [*(how for how, _ in ENDS.values()), 0, 1], ids=[*ENDS, "well", "a failure"])
def test_a_document_that_cannot_be_written_ends_with_74_however_the_command_does(
    ending: Run, monkeypatch: pytest.MonkeyPatch, how: BaseException | int
) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        code, _, err = ending(how, "--output", "json")
    assert (code, "the result cannot be written: No space left on device" in err) == (74, True)


def test_a_fault_of_ours_names_its_report(ending: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    _, out, err = ending(TypeError("x"), "--output", "json")
    [report] = tmp_path.glob("fused-spec-report-*")
    assert str(report) in json.loads(out)["error"]["hint"]
    assert str(report) in err
    assert "TypeError: x" in report.read_text()


def test_a_fault_of_ours_is_told_also_where_its_report_cannot_be_written(
    ending: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("fused_spec.cli.ending.write_report", full)
    code, out, err = ending(TypeError("x"), "--output", "json")
    assert (code, json.loads(out)["error"]["exit_code"]) == (70, 70)
    assert "its details cannot be kept" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "x", "--bogus", "--output", "json"),
        ("plan", "--output=json", "x", "--prune-limit", "-1"),
        ("plan", "x", "--prune-limit", "-1", "--output", "json"),
        ("plan", "--output", "json"),
        ("apply", "--output", "json"),
        ("nosuch", "--output", "json"),
        ("tokens", "nosuch", "--output", "json"),
    ],
)
def test_a_command_line_that_is_wrong_is_a_document_where_it_asks_for_one(
    arguments: tuple[str, ...], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    code = main.run(arguments)
    out, err = capfdbinary.readouterr()
    assert (code, json.loads(out)["error"]["exit_code"]) == (2, 2)
    assert b"Usage:" in err


def test_the_command_alone_shows_its_help(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main.run([]) == 2
    assert capfdbinary.readouterr().err.startswith(b"Usage: fused-spec [OPTIONS] COMMAND")


@pytest.mark.parametrize("amount", ["nan", "inf", "1e999", "-1", "0", "0.0", "1_0", "", "x"])
def test_a_limit_that_is_never_reached_is_none(amount: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main.run(["apply", "x", f"--max-cost={amount}"]) == 2
    assert b"not an amount above zero" in capfdbinary.readouterr().err


@pytest.mark.parametrize("option", ["--archive", "--target", "--base-url"])
@pytest.mark.parametrize("words", [("plan", "x"), ("apply", "x"), ("archive", "verify"), ("tokens", "rotate", "x")])
def test_an_option_with_nothing_in_it_is_not_left_out(
    option: str, words: tuple[str, ...], capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main.run([*words, f"{option}="]) == 2
    assert b"a variable in its place may be unset" in capfdbinary.readouterr().err


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("/dev/zero", "it has more than"),
        (".", "Is a directory"),
        ("missing", "No such file"),
        ("binary", "it is not UTF-8"),
        ("/dev/null", "no plan"),
    ],
)
def test_what_is_no_plan_is_told_and_carried_out_by_nobody(
    file: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("binary").write_bytes(b"\xff\xfe\x00")
    assert main.run(["apply", "--plan", file]) == 6
    assert why.encode() in capfdbinary.readouterr().err


def test_a_current_folder_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    code = main.run(["validate", ".", "--output", "json"])
    document: Any = json.loads(capfdbinary.readouterr().out)
    assert (code, document["error"]["exit_code"]) == (74, 74)
    assert "current folder" in document["error"]["message"]


def test_a_user_without_a_home_folder_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    def none(_: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(none))
    assert main.run(["schema", "--list"]) == 0
