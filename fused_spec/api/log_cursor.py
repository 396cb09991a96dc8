"""Where a reader stands in a log that still grows, so that each line is taken once; nothing here asks or prints."""

from collections import Counter
from collections.abc import Iterable

from fused_spec.wire import LogLine

# Parallel tasks stamp their lines before they are stored, so a line may appear behind a younger one.
OVERLAP_MS = 5_000


class LogCursor:
    """Reads a log in overlapping pieces.

    Lines may share a millisecond, and whether a service counts `since_ms` itself in is not known: so each piece
    begins a little before the newest line, and as many equal lines are left out as were taken before.
    """

    def __init__(self, overlap_ms: int = OVERLAP_MS) -> None:
        self._overlap_ms = overlap_ms
        self._newest: int | None = None
        self._taken: Counter[tuple[int, str]] = Counter()

    @property
    def since_ms(self) -> int | None:
        """What to ask for next; None at first, which means everything."""
        return None if self._newest is None else max(0, self._newest - self._overlap_ms)

    def take(self, lines: Iterable[LogLine]) -> list[LogLine]:
        """The lines of this piece that no earlier piece had, in its order."""
        here: Counter[tuple[int, str]] = Counter()
        fresh = []
        for line in lines:
            key = (line.timestamp, line.message)
            here[key] += 1
            if here[key] > self._taken[key]:
                fresh.append(line)
        self._taken |= here
        if fresh:
            self._newest = max(self._newest or 0, *(line.timestamp for line in fresh))
        self._forget_what_is_not_asked_again()
        return fresh

    def _forget_what_is_not_asked_again(self) -> None:
        since = self.since_ms or 0
        self._taken = Counter({key: count for key, count in self._taken.items() if key[0] >= since})
