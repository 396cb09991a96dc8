"""How long the tasks of a run took, in bounded memory."""

from collections import Counter
from math import exp2, log2

_STEPS = 8  # of the scale for each doubling: what is told of it is right within a tenth
_SHORTEST = 0.001  # seconds, below which all are alike


class Durations:
    """Counts durations on a scale of logarithms."""

    def __init__(self) -> None:
        self._counts = Counter[int]()
        self._short = 0
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        """Count one more."""
        self._sum += seconds
        if seconds < _SHORTEST:
            self._short += 1
        else:
            self._counts[int(log2(seconds / _SHORTEST) * _STEPS)] += 1

    @property
    def count(self) -> int:
        return self._short + self._counts.total()

    @property
    def mean(self) -> float | None:
        """Seconds; None where there is none."""
        return round(self._sum / self.count, 6) if self.count else None

    @property
    def median(self) -> float | None:
        """Seconds, right within a tenth; of short ones their mean."""
        half, passed = self.count / 2, self._short
        if not self.count or passed >= half:
            return min(self.mean, _SHORTEST) if self.mean is not None else None
        for step in sorted(self._counts):
            passed += self._counts[step]
            if passed >= half:
                break
        return round(_SHORTEST * exp2((step + 0.5) / _STEPS), 6)
