import io
import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from fused_spec.cli.terminal.console import Color, Console
from fused_spec.cli.terminal.logging_ import ToConsole
from fused_spec.errors import FileTrouble
from fused_spec.views.words.tones import Tone


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def console(*, terminal: bool = False, env: Mapping[str, str] | None = None, **options) -> Console:
    stream = Terminal if terminal else io.StringIO
    return Console(stdout=stream(), stderr=stream(), env=env or {}, **options)


def shown(text: io.TextIOBase) -> str:
    return text.getvalue()  # type: ignore[attr-defined]


def test_results_go_to_stdout_and_news_to_stderr() -> None:
    it = console()
    it.result("a")
    it.say("b")
    assert (shown(it.stdout), shown(it.stderr)) == ("a\n", "b\n")


def test_quiet_keeps_results_and_warnings() -> None:
    it = console(quiet=True)
    it.result("a")
    it.say("b")
    it.warn("c")
    assert (shown(it.stdout), shown(it.stderr)) == ("a\n", "c\n")


def test_details_are_for_verbose_only() -> None:
    plain, verbose = console(), console(verbose=True)
    plain.detail("a")
    verbose.detail("a")
    assert (shown(plain.stderr), shown(verbose.stderr)) == ("", "a\n")


@pytest.mark.parametrize(
    ("terminal", "env", "color", "expected"),
    [
        (False, {}, Color.AUTO, False),
        (True, {}, Color.AUTO, True),
        (True, {"TERM": "dumb"}, Color.AUTO, False),
        (True, {"NO_COLOR": "1"}, Color.AUTO, False),
        (True, {"NO_COLOR": ""}, Color.AUTO, True),
        (False, {"FORCE_COLOR": "1"}, Color.AUTO, True),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, Color.AUTO, False),
        (False, {"NO_COLOR": "1"}, Color.ALWAYS, True),
        (True, {"FORCE_COLOR": "1"}, Color.NEVER, False),
    ],
)
def test_colour_follows_option_then_environment_then_terminal(terminal, env, color, expected) -> None:
    it = console(terminal=terminal, env=env, color=color)
    assert ("\x1b" in it.paint_result("x", Tone.BAD)) is expected


@pytest.mark.parametrize(
    ("terminal", "env", "expected"),
    [(True, {}, True), (False, {}, False), (True, {"CI": "true"}, False), (True, {"TERM": "dumb"}, False)],
)
def test_a_live_table_needs_a_terminal_and_no_ci(terminal, env, expected) -> None:
    assert console(terminal=terminal, env=env).live is expected


def test_a_reader_that_left_ends_the_output_and_nothing_else() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as stdout:
        it = Console(stdout=stdout, stderr=io.StringIO())
        it.result("a")
        assert it.stdout_closed
        it.result("b")


def written(form: str, text: str, *, encoding: str = "ascii", waits: bool = False) -> bytes:
    content = io.BytesIO()
    stdout = io.TextIOWrapper(content, encoding=encoding, errors="backslashreplace")
    it = Console(stdout=stdout, stderr=io.StringIO(), form=form, waits=waits)
    it.result(text)
    return content.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16", "utf-8"])
@pytest.mark.parametrize("form", ["json", "sarif", "github", "yaml", "markdown"])
def test_a_document_is_utf_8_whatever_the_locale(form: str, encoding: str) -> None:
    assert written(form, "Zürich 東京", encoding=encoding) == "Zürich 東京\n".encode()


def test_text_is_in_the_encoding_of_the_locale() -> None:
    assert written("text", "Zürich", encoding="latin-1") == "Zürich\n".encode("latin-1")


def test_a_file_name_that_is_no_text_leaves_a_document_one() -> None:
    assert json.loads(written("json", json.dumps("a\udcff", ensure_ascii=False))) == "a\udcff"


@pytest.mark.parametrize(("form", "kept"), [("text", False), ("markdown", False), ("json", True), ("github", True)])
def test_what_is_foreign_is_no_command_in_text_and_exact_in_a_document(form: str, kept: bool) -> None:
    assert (written(form, "::error::x") == b"::error::x\n") is kept


def test_a_terminal_is_no_runner() -> None:
    it = console(terminal=True)
    it.result("::x")
    it.warn("::y")
    assert (shown(it.stdout), shown(it.stderr)) == ("::x\n", "::y\n")


def test_what_goes_to_stderr_is_no_command() -> None:
    it = console()
    it.warn("a\n ::stop-commands::t\n##[error]b")
    assert shown(it.stderr) == "a\n|  ::stop-commands::t\n## [error]b\n"


def test_what_the_service_logs_is_no_command() -> None:
    it = console()
    record = logging.LogRecord("fused_spec.service", logging.WARNING, "", 1, "schedule %s", ("##[error]x\n::y",), None)
    ToConsole(it).handle(record)
    assert shown(it.stderr) == "schedule ## [error]x\n| ::y\n"


def test_a_document_waits_until_the_command_has_ended() -> None:
    assert written("json", "{}", waits=True) == b""


def full() -> Console:
    return Console(stdout=Path("/dev/full").open("w"), stderr=io.StringIO())


def test_a_disk_that_is_full_ends_the_output_and_is_told_at_the_end() -> None:
    it = full()
    it.result("a")
    assert it.stdout_closed
    it.result("b")
    with pytest.raises(FileTrouble, match="the result cannot be written: No space left on device"):
        it.finish()
    it.stdout.close()


def test_messages_that_cannot_be_written_end_nothing() -> None:
    with Path("/dev/full").open("w") as stderr:
        it = Console(stdout=io.StringIO(), stderr=stderr)
        it.warn("a")
        it.warn("b")
        it.finish()
        assert it.stderr_closed
