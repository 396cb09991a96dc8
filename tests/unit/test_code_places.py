"""Where code stands in its project, as a marker tells it and as anybody may have written it."""

from typing import Any

import pytest

from fused_spec.udfs.code_places import CodePlace, places_in, places_to_json


def test_places_are_read_back_as_they_were_written() -> None:
    places = {"a": CodePlace("udfs/area.py"), "b": CodePlace("git+https://host/repo@c0ffee:area.py", 12)}
    assert places_in(places_to_json(places)) == places


@pytest.mark.parametrize(
    "told", [None, 7, ["a"], {"a": 7}, {"a": "area.py"}, {"a": "area.py:0"}, {"a": "area.py:9999999999"}, {"a": ":3"}]
)
def test_what_is_no_place_is_left_out(told: Any) -> None:
    assert places_in(told) == {}


@pytest.mark.parametrize("file", ["a\nb.py", "\x1b[31mred.py", "x" * 501])
def test_a_name_that_could_break_a_log_is_left_out(file: str) -> None:
    assert places_in({"a": f"{file}:1"}) == {}
