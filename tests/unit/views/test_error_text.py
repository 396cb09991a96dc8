"""Errors and log lines, fit to be seen."""

import pytest

from fused_spec.errors import FusedSpecError, Interrupted
from fused_spec.views.error_text import error_text
from fused_spec.views.log_text import log_line


def test_an_error_says_what_and_the_next_step() -> None:
    assert error_text(FusedSpecError("it broke", hint="mend it")) == "Error: it broke\n  hint: mend it"


def test_an_interruption_is_no_error() -> None:
    assert error_text(Interrupted("1 run goes on")).startswith("Interrupted:")


def test_an_error_shows_no_secret_and_steers_no_terminal() -> None:
    text = error_text(FusedSpecError("GET /realtime-shared/abcdefgh/run \x1b[2J"))
    assert "abcdefgh" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize("line", ["::error::boo", "  ::set-output name=a::b", "x ##[error]boo"])
def test_a_log_line_commands_no_ci_runner(line: str) -> None:
    shown = log_line(line, safe=True)
    assert not shown.lstrip().startswith("::")
    assert "##[" not in shown


def test_a_log_line_that_goes_to_a_file_is_left_as_it_is() -> None:
    assert log_line("::error::\x1b[1mboo", safe=False) == "::error::\x1b[1mboo"
