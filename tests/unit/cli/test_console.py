import io
import os
from collections.abc import Mapping

import pytest

from fused_spec.cli.console import Color, Console
from fused_spec.views.tones import Tone


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
