"""Ranges of calendar labels."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.spec.language.cells.ranges import Label, RangeError, label, labels, last_complete

_DAYS = st.dates(min_value=date(3, 1, 1), max_value=date(9990, 1, 1))
_UNITS = st.sampled_from(["year", "quarter", "month", "week", "day"])


def keys(first: str, **bound: str) -> list[str]:
    return [one.key for one in labels(first, **bound)]


def test_both_ends_of_a_range_belong_to_it() -> None:
    assert keys("2024-11", through="2025-02") == ["2024-11", "2024-12", "2025-01", "2025-02"]


def test_until_leaves_its_label_out() -> None:
    assert keys("2024-11", until="2025-02") == ["2024-11", "2024-12", "2025-01"]


def test_a_range_up_to_before_its_beginning_has_nothing() -> None:
    assert keys("2024", until="2024") == []


@pytest.mark.parametrize(
    ("first", "through", "expected"),
    [
        ("2024", "2026", ["2024", "2025", "2026"]),
        ("2024-Q4", "2025-Q2", ["2024-Q4", "2025-Q1", "2025-Q2"]),
        ("2024-02-28", "2024-03-01", ["2024-02-28", "2024-02-29", "2024-03-01"]),
        ("2020-W52", "2021-W01", ["2020-W52", "2020-W53", "2021-W01"]),
    ],
)
def test_the_form_of_the_bounds_is_the_step(first: str, through: str, expected: list[str]) -> None:
    assert keys(first, through=through) == expected


def test_a_label_knows_its_days() -> None:
    assert label("2024-02").fields == {
        "key": "2024-02",
        "start": "2024-02-01",
        "end": "2024-03-01",
        "last": "2024-02-29",
        "year": 2024,
        "month": 2,
        "day": 1,
        "days": 29,
    }


def test_a_week_is_of_the_year_of_its_thursday() -> None:
    assert label("2025-W01").fields["year"] == 2025
    assert label("2025-W01").start == date(2024, 12, 30)


@pytest.mark.parametrize(
    ("first", "through", "message"),
    [
        ("2024-01", "2024-01-31", "from is a month and through a day"),
        ("2024-02-30", "2024-02-30", "February 2024 has 29 days"),
        ("2024-13", "2024-14", "a year has 12 months"),
        ("2025-W53", "2025-W53", "2025 has 52 weeks"),
        ("2024-Q5", "2024-Q6", "is no year, quarter, month, week or day"),
        ("2024-05", "2024-01", "it ends (2024-01) before it begins (2024-05)"),
        ("0000", "0001", "0 is no year that a calendar has"),
    ],
)
def test_bounds_that_make_no_range_are_told(first: str, through: str, message: str) -> None:
    with pytest.raises(RangeError, match=message.replace("(", r"\(").replace(")", r"\)")):
        keys(first, through=through)


@given(_DAYS, _UNITS, st.integers(1, 30))
def test_labels_follow_each_other_without_gap_or_overlap(day: date, unit: str, count: int) -> None:
    found: list[Label] = [last_complete(unit, day)]
    for one in labels(found[0].key, through=last_complete(unit, found[0].end + timedelta(days=count)).key):
        assert one.start == found[-1].end or one == found[0]
        found.append(one)


@given(_DAYS, _UNITS)
def test_a_label_reads_as_itself(day: date, unit: str) -> None:
    one = last_complete(unit, day)
    assert label(one.key) == one


@given(_DAYS, _UNITS)
def test_the_last_complete_label_is_over_and_the_next_is_not(day: date, unit: str) -> None:
    one = last_complete(unit, day)
    assert one.end <= day < one.end + (one.end - one.start) + timedelta(days=366 if unit == "year" else 31)


@given(st.text(max_size=12))
def test_any_other_text_is_told(text: str) -> None:
    try:
        label(text)
    except RangeError as error:
        assert error.hint
