"""Errors and log lines, fit to be seen."""

from fused_spec.errors import FusedSpecError, Interrupted
from fused_spec.views.text.errors import error_text
from fused_spec.views.text.logs import log_line


def test_an_error_says_what_and_the_next_step() -> None:
    assert error_text(FusedSpecError("it broke", hint="mend it")) == "Error: it broke\n  hint: mend it"


def test_an_interruption_is_no_error() -> None:
    assert error_text(Interrupted("1 run goes on")).startswith("Interrupted:")


def test_an_error_shows_no_secret_and_steers_no_terminal() -> None:
    text = error_text(FusedSpecError("GET /realtime-shared/abcdefgh/run \x1b[2J"))
    assert "abcdefgh" not in text
    assert "\x1b" not in text


def test_a_log_line_shows_no_secret_and_steers_no_terminal() -> None:
    assert log_line("fsh_abcdefgh12345 \x1b[2J\r") == "*** \\x1b[2J\\r"
