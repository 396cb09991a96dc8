"""Cut rows into groups of neighbours: in two, across the longer side, until each group is small enough.

The rows of a group lie next to one another in the arrays of a `Space`, in the order in which they were read. Cutting a
group puts its first half before its second one, so that every cut goes through memory from one end to the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fused_spec.engine.ingest.geometry.measure import Floats
from fused_spec.engine.ingest.partitioning.layout import Rows, numbers

# So that sums of fractions do not come out above a cap that they are equal to.
_ROUNDING = 1 + 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How groups are cut."""

    by_median: bool
    max_width_ratio: float
    max_height_ratio: float
    split_identical: bool


class Space:
    """Rows with a place and a weight (None: each the same). It takes the arrays over and reorders them."""

    def __init__(self, x: Floats, y: Floats, weights: Floats | None, shape: Shape) -> None:
        self.rows: Rows = numbers(len(x))
        self._x = x
        self._y = y
        self._weights = weights
        self._shape = shape
        self._arrays = [self.rows, x, y, *([] if weights is None else [weights])]

    def gather_located(self) -> int:
        """Put rows that are nowhere behind the others, all in one place; how many the others are."""
        located = np.isfinite(self._x) & np.isfinite(self._y)
        middle = self._part(0, len(located), located)
        self._x[middle:] = self._y[middle:] = 0
        return middle

    def sorted_by(self, key: NDArray[np.generic], start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Groups of equal `key`, which has an entry for each row as they were read."""
        keys = key[self.rows[start:stop]]
        order = np.argsort(keys, kind="stable")
        for array in self._arrays:
            array[start:stop] = array[start:stop][order]
        keys = keys[order]
        edges = np.flatnonzero(keys[1:] != keys[:-1]) + 1 + start
        bounds = [start, *edges.tolist(), stop] if stop > start else []
        yield from pairwise(bounds)

    def groups(self, start: int, stop: int, cap: float, *, anywhere: bool = False) -> Iterator[tuple[int, int]]:
        """Groups of at most `cap` in weight, neighbours next to one another; a single row may be more.

        `anywhere` cuts rows that are all in one place, whatever the shape says.
        """
        todo = [(start, stop)] if stop > start else []
        while todo:
            start, stop = todo.pop()
            small = stop - start == 1 or self._weight(start, stop) <= cap * _ROUNDING
            middle = None if small else self._cut(start, stop, anywhere=anywhere)
            if middle is None:
                yield start, stop
            else:
                todo += [(middle, stop), (start, middle)]

    def _weight(self, start: int, stop: int) -> float:
        return float(stop - start) if self._weights is None else float(self._weights[start:stop].sum())

    def _cut(self, start: int, stop: int, *, anywhere: bool) -> int | None:
        """Where the second half begins, or None for rows that all are in one place and must stay together."""
        x, y = self._x[start:stop], self._y[start:stop]
        weights = None if self._weights is None else self._weights[start:stop]
        x_range, y_range = (float(x.min()), float(x.max())), (float(y.min()), float(y.max()))
        sides = [(x, *x_range), (y, *y_range)]
        if not self._is_wide(x_range[1] - x_range[0], y_range[1] - y_range[0]):
            sides.reverse()
        for along, low, high in sides:
            if low < high:
                at = _median(along, weights) if self._shape.by_median else _mean(along, weights)
                at = at if np.isfinite(at) else low / 2 + high / 2  # the sum of huge coordinates is not
                return self._part(start, stop, along < np.clip(at, np.nextafter(low, high), high))
        return start + _half_of(stop - start, weights) if anywhere or self._shape.split_identical else None

    def _is_wide(self, width: float, height: float) -> bool:
        if width > self._shape.max_width_ratio * height:
            return True
        return bool(width >= height and not height > self._shape.max_height_ratio * width)

    def _part(self, start: int, stop: int, first: NDArray[np.bool_]) -> int:
        """Put the rows that are `first` before the others, both as they were; where the others begin."""
        middle = int(np.count_nonzero(first))
        second = ~first
        for array in self._arrays:
            here = array[start:stop]
            parted = np.empty_like(here)
            np.compress(first, here, out=parted[:middle])
            np.compress(second, here, out=parted[middle:])
            here[:] = parted
        return start + middle


def _mean(along: Floats, weights: Floats | None) -> float:
    """The mean place; rows without weight do not count, unless there are no others."""
    with np.errstate(over="ignore", invalid="ignore"):
        if weights is None or weights.sum() <= 0:
            return float(along.mean())
        return float(np.average(along, weights=weights))


def _median(along: Floats, weights: Floats | None) -> float:
    """Where one half of the weight lies on each side."""
    if weights is None:
        middle = len(along) // 2
        return float(np.partition(along, middle)[middle])
    order = np.argsort(along)
    return float(along[order[_half(weights[order])]])


def _half_of(count: int, weights: Floats | None) -> int:
    return count // 2 if weights is None else min(max(_half(weights), 1), count - 1)


def _half(weights: Floats) -> int:
    """How many entries it takes to come to half of the sum."""
    sums = np.cumsum(weights)
    return min(int(np.searchsorted(sums, sums[-1] / 2)), len(sums) - 1)
