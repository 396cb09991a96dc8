"""Which of the allowed values a value means."""

from typing import Any

import pytest

from fused_spec.udfs.choices import meant, shown


@pytest.mark.parametrize(
    ("value", "options", "found"),
    [
        ("x", ("x", "y"), "x"),
        (1, (True, 1), 1),
        (True, (1, True), True),
        ("1", (1, 2), 1),
        ("1", (1, "1"), "1"),
        ("true", (True, False), True),
        (2020, ("2020", "2021"), "2020"),
        ("null", ("x", None), None),
        (1.0, (1, 2), 1),
    ],
)
def test_a_value_means_the_option_that_it_equals_or_is_written_as(
    value: Any, options: tuple[Any, ...], found: Any
) -> None:
    assert (meant(value, options), type(meant(value, options))) == (found, type(found))


@pytest.mark.parametrize(("value", "options"), [("q", ("x",)), (True, (1,)), (1, (True,)), ("X", ("x",)), ([], ("x",))])
def test_what_is_no_option_means_none(value: Any, options: tuple[Any, ...]) -> None:
    with pytest.raises(LookupError):
        meant(value, options)


def test_options_are_shown_as_they_are_written() -> None:
    assert shown(["x", 3, True, None]) == '"x", 3, true or null'


def test_of_many_options_some_are_shown() -> None:
    assert shown(range(100)).endswith("18, 19 or 80 others")
