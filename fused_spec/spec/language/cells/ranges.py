"""Ranges of calendar labels: `{from: 2024-01, through: 2024-12}`, in the steps that their bounds are written in.

Labels are of the calendar alone, without hours and zones, so no clock can change what a range has. Weeks are those of
ISO 8601.
"""

import calendar
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

MAX_LABELS = 10_000
"""Of one range, as many as a project may have of cells: twenty-seven years of days."""

LAST_COMPLETE = "last-complete"


class RangeError(ValueError):
    """What is wrong with a bound; `hint` says what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


class NoSuchLabel(RangeError):
    """A bound that has the form of a label, and that the calendar does not have."""


class Label(NamedTuple):
    """A year, quarter, month, week or day: from its first day up to `end`, which is the first one after it."""

    key: str
    unit: str
    start: date
    end: date

    @property
    def fields(self) -> dict[str, str | int]:
        """What `${matrix.month.…}` may name of it."""
        return {
            "key": self.key,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "last": (self.end - timedelta(days=1)).isoformat(),
            "year": self.start.year if self.unit != "week" else self.start.isocalendar().year,
            "month": self.start.month,
            "day": self.start.day,
            "days": (self.end - self.start).days,
        }


def labels(first: str, *, through: str | None = None, until: str | None = None) -> Iterator[Label]:
    """The labels from `first` up to `through`, or up to the one before `until`.

    Raises `RangeError` for what is no label, and for bounds that are not alike or in the wrong order.
    """
    start = label(first)
    bound = label(through if through is not None else str(until))
    if bound.unit != start.unit:
        word = "through" if through is not None else "until"
        raise RangeError(
            f"from is {_a(start.unit)} and {word} {_a(bound.unit)}", f"write both alike, such as {word}: {start.key}"
        )
    if bound.start < start.start:
        raise RangeError(f"it ends ({bound.key}) before it begins ({start.key})", "exchange the two")
    end = bound.end if through is not None else bound.start
    at = start
    while at.start < end:
        yield at
        at = _UNITS[at.unit].at(at.end)


def label(text: str) -> Label:
    """The label that a text is; raises `RangeError`."""
    for unit in _UNITS.values():
        if unit.pattern.fullmatch(text):
            return unit.read(text)
    raise RangeError(
        f'"{text}" is no year, quarter, month, week or day', "write 2024, 2024-Q1, 2024-01, 2024-W05 or 2024-01-31"
    )


def last_complete(unit: str, today: date) -> Label:
    """The last label of a unit that is over; raises `RangeError` where the calendar has none."""
    if today.year < 3:  # before it there may be no label
        raise RangeError(f"before {today.isoformat()} no {unit} is complete", "name the last label itself")
    return _UNITS[unit].at(_UNITS[unit].at(today).start - timedelta(days=1))


class _Unit(NamedTuple):
    pattern: re.Pattern[str]
    read: Callable[[str], Label]
    at: Callable[[date], Label]


def _year(number: int) -> Label:
    if not 1 <= number < 9999:
        raise NoSuchLabel(f"{number} is no year that a calendar has", "write one from 0001 to 9998")
    return Label(f"{number:04}", "year", date(number, 1, 1), date(number + 1, 1, 1))


def _months(year: int, first: int, count: int, key: str, unit: str) -> Label:
    _year(year)
    after = first - 1 + count
    return Label(key, unit, date(year, first, 1), date(year + after // 12, after % 12 + 1, 1))


def _quarter(text: str) -> Label:
    year, number = int(text[:4]), int(text[-1])
    return _months(year, 3 * number - 2, 3, text, "quarter")


def _month(text: str) -> Label:
    year, number = int(text[:4]), int(text[5:])
    if not 1 <= number <= 12:
        raise NoSuchLabel(f'"{text}": a year has 12 months', "write 01 to 12")
    return _months(year, number, 1, text, "month")


def _week(text: str) -> Label:
    year, number = int(text[:4]), int(text[6:])
    _year(year)
    try:
        monday = date.fromisocalendar(year, number, 1)
    except ValueError:
        weeks = date(year, 12, 28).isocalendar().week
        raise NoSuchLabel(f'"{text}": {year} has {weeks} weeks', f"write W01 to W{weeks}") from None
    return Label(text, "week", monday, monday + timedelta(days=7))


def _day(text: str) -> Label:
    year, month, day = map(int, text.split("-"))
    _month(text[:7])
    days = calendar.monthrange(year, month)[1]
    if not 1 <= day <= days:
        raise NoSuchLabel(f"{calendar.month_name[month]} {year} has {days} days", f"write 01 to {days}")
    first = date(year, month, day)
    return Label(text, "day", first, first + timedelta(days=1))


def _a(unit: str) -> str:
    return f"a {unit}"


_UNITS = {
    "year": _Unit(re.compile(r"\d{4}", re.A), lambda text: _year(int(text)), lambda day: _year(day.year)),
    "quarter": _Unit(
        re.compile(r"\d{4}-Q[1-4]", re.A), _quarter, lambda day: _quarter(f"{day.year:04}-Q{(day.month + 2) // 3}")
    ),
    "month": _Unit(re.compile(r"\d{4}-\d{2}", re.A), _month, lambda day: _month(f"{day.year:04}-{day.month:02}")),
    "week": _Unit(
        re.compile(r"\d{4}-W\d{2}", re.A),
        _week,
        lambda day: _week(f"{day.isocalendar().year:04}-W{day.isocalendar().week:02}"),
    ),
    "day": _Unit(re.compile(r"\d{4}-\d{2}-\d{2}", re.A), _day, lambda day: _day(day.isoformat())),
}
