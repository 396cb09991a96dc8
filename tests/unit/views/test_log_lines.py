"""Lines of a log as people and scripts see them."""

import json

import jsonschema
import pytest

from fused_spec.messages.redaction import MASK
from fused_spec.views.documents.lists import log_entry
from fused_spec.views.text.logs import log_line, stamped_line
from tests.schemas import schema_of

AT = 1_935_484_800_123


def test_a_line_as_json_is_as_its_schema_says() -> None:
    entry = json.loads(log_entry(AT, 7, "stderr", "far"))
    jsonschema.validate(entry, schema_of("logs"))
    assert entry == {"time": "2031-05-02T10:40:00.123+00:00", "task": 7, "stream": "stderr", "text": "far"}


@pytest.mark.parametrize("at", [10**18, -(10**18)])
def test_what_nobody_told_is_null(at: int) -> None:
    entry = json.loads(log_entry(at, None, None, "far"))
    jsonschema.validate(entry, schema_of("logs"))
    assert entry == {"time": None, "task": None, "stream": None, "text": "far"}


def test_a_line_of_json_is_one_line_whatever_it_holds() -> None:
    text = "a\x85b\u2028c ##[error]d \x1b[2J"
    shown = log_entry(AT, 0, "stdout", text)
    assert len(shown.splitlines()) == 1
    assert "##[" not in shown
    assert json.loads(shown)["text"] == text


def test_what_is_known_of_a_line_stands_in_front_in_columns() -> None:
    assert stamped_line(AT, 7, "stderr", "far") == "2031-05-02T10:40:00.123+00:00     7 stderr  far"
    assert stamped_line(AT, None, None, "far") == "2031-05-02T10:40:00.123+00:00     - -       far"
    assert stamped_line(10**18, None, "service", "far") == f"{'-':<29}     - service far"


@pytest.mark.parametrize(
    "shown", [log_line, lambda text: stamped_line(AT, 0, "stdout", text), lambda text: log_entry(AT, 0, "stdout", text)]
)
def test_what_looks_like_a_secret_is_masked(shown: object) -> None:
    assert callable(shown)
    line = shown("Authorization: Bearer abcdefghijklmnopqrstuvwxyz0123456789")
    assert "abcdefghijklmnop" not in line
    assert MASK in line
