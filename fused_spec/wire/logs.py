"""The records of a job's log: dicts, as the published clients have them, with their two fields as attributes beside."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any


class LogLine(dict[str, Any]):
    """One record as the service sent it, unknown keys included.

    `timestamp` is whole milliseconds since the epoch and `message` is text, also where the record has another form.
    """

    __slots__ = ("message", "timestamp")

    def __init__(self, record: Mapping[str, Any], *, timestamp: int | None = None) -> None:
        """The record; `timestamp` is that of one which tells none."""
        super().__init__(record)
        told = _milliseconds(self.get("timestamp"))
        self.timestamp: int = (timestamp or 0) if told is None else told
        self.message: str = _text(self.get("message"))

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (dict(self), self.timestamp)


def log_lines(records: Iterable[Any]) -> Iterator[LogLine]:
    """The records of a log, oldest first; one that tells no time has that of the one before it.

    One that cannot be understood costs nobody the others: it is kept as text.
    """
    last = 0
    for record in records:
        line = LogLine(record if isinstance(record, Mapping) else {"message": _text(record)}, timestamp=last)
        last = line.timestamp
        yield line


def stamped(records: Iterable[Any]) -> Iterator[tuple[int, str]]:
    """The time and the text alone of each record, as a `LogLine` has them."""
    last = 0
    for record in records:
        at, message = (record.get("timestamp"), record.get("message")) if type(record) is dict else (None, None)
        if type(at) is int and type(message) is str:  # as services write them, and many of them
            last = at
        else:
            line = LogLine(record if isinstance(record, Mapping) else {"message": _text(record)}, timestamp=last)
            last, message = line.timestamp, line.message
        yield last, message


def _again(record: dict[str, Any], timestamp: int) -> LogLine:
    return LogLine(record, timestamp=timestamp)


def _milliseconds(told: Any) -> int | None:
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        number = float(told) if isinstance(told, str) else told
        return math.floor(number)
    except (ValueError, OverflowError):  # no number, NaN or infinity
        return None


def _text(told: Any) -> str:
    if told is None:
        return ""
    return told if isinstance(told, str) else json.dumps(told, ensure_ascii=False)
