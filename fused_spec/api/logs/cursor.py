"""Where a reader stands in a log that still grows, so that each line is taken once; nothing here asks or prints."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

# Parallel tasks stamp their lines before they are stored, so a line may appear behind a younger one.
OVERLAP_MS = 5_000

_TIDY_EVERY = 10_000


class Line(Protocol):
    """What a line needs; the timestamp in milliseconds since the epoch."""

    @property
    def timestamp(self) -> int: ...
    @property
    def message(self) -> str: ...


LineT = TypeVar("LineT", bound=Line)
Count = Counter[tuple[int, str]]


class LogCursor:
    """Reads a log in overlapping pieces.

    Lines may share a millisecond, and whether a service counts `since_ms` itself in is not known: so each piece
    begins a little before the newest line, and as many equal lines are left out as were taken before. What is
    remembered is never more than the lines of one overlap, however long the log.
    """

    def __init__(self, overlap_ms: int = OVERLAP_MS) -> None:
        self._overlap_ms = overlap_ms
        self._newest: int | None = None
        self._taken: Count = Counter()

    @property
    def since_ms(self) -> int | None:
        """What to ask for next; None at first, which means everything."""
        return None if self._newest is None else max(0, self._newest - self._overlap_ms)

    def take(self, lines: Iterable[LineT]) -> list[LineT]:
        """The lines of this piece that no earlier piece had, in its order."""
        return list(self.fresh(lines))

    def fresh(self, lines: Iterable[LineT]) -> Iterator[LineT]:
        """The same, line by line; those that were not asked for are not taken."""
        here: Count = Counter()
        try:
            for number, line in enumerate(lines, 1):
                key = (line.timestamp, line.message)
                here[key] += 1
                if number % _TIDY_EVERY == 0:
                    here = Counter({key: n for key, n in here.items() if key in self._taken or self._is_recent(key)})
                if here[key] > self._taken[key]:
                    self._newest = max(self._newest or 0, line.timestamp)
                    yield line
        finally:
            self._taken = Counter({key: n for key, n in (self._taken | here).items() if self._is_recent(key)})

    def _is_recent(self, key: tuple[int, str]) -> bool:
        """Whether the next piece may hold such a line again."""
        return key[0] >= (self.since_ms or 0)
