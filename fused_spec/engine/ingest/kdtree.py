"""Cut rows into groups of neighbours: in two, across the longer side, until each group is small enough."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fused_spec.engine.ingest.layout import Caps, Layout, Rows
from fused_spec.engine.ingest.measure import Floats, Measures
from fused_spec.wire import PartitionGeospatialStep

# So that sums of fractions do not come out above a cap that they are equal to.
_ROUNDING = 1 + 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Where rows are, what they weigh (None: each the same), and how they are cut."""

    x: Floats
    y: Floats
    weights: Floats | None
    by_median: bool
    max_width_ratio: float
    max_height_ratio: float
    split_identical: bool

    def weight(self, rows: Rows) -> float:
        return float(len(rows)) if self.weights is None else float(self.weights[rows].sum())

    def groups(self, rows: Rows, cap: float) -> list[Rows]:
        """Groups of at most `cap` in weight, neighbours next to one another; a single row may be more."""
        done: list[Rows] = []
        todo = [rows] if len(rows) else []
        while todo:
            rows = todo.pop()
            halves = None if len(rows) == 1 or self.weight(rows) <= cap * _ROUNDING else self._cut(rows)
            if halves is None:
                done.append(rows)
            else:
                todo.extend(reversed(halves))
        return done

    def _cut(self, rows: Rows) -> tuple[Rows, Rows] | None:
        """Two groups, or None for rows that all are in one place and must stay together."""
        x, y = self.x[rows], self.y[rows]
        weights = None if self.weights is None else self.weights[rows]
        width, height = np.ptp(x), np.ptp(y)
        across_x = width >= height
        if width > self.max_width_ratio * height:
            across_x = np.True_
        elif height > self.max_height_ratio * width:
            across_x = np.False_
        for along in (x, y) if across_x else (y, x):
            low, high = along.min(), along.max()
            if low < high:
                at = _median(along, weights) if self.by_median else np.average(along, weights=weights)
                first = along < np.clip(at, np.nextafter(low, high), high)
                return rows[first], rows[~first]
        return _in_half(rows, weights) if self.split_identical else None


def partition(measures: Measures, space: Space, limits: Caps) -> Layout:
    """Files of neighbours, and in each file chunks of neighbours.

    Rows that are nowhere come last, in files of their own, so that they spoil no box.
    """
    located = measures.located
    nowhere = replace(space, x=np.zeros(len(located)), y=np.zeros(len(located)), split_identical=True)
    files = [
        tuple(part.groups(file, limits.per_chunk))
        for part, rows in ((space, np.flatnonzero(located)), (nowhere, np.flatnonzero(~located)))
        for file in part.groups(rows, limits.per_file)
    ]
    return Layout(tuple(files))


def space_of(measures: Measures, step: PartitionGeospatialStep) -> Space:
    """The space of some rows, weighed by the step's method."""
    return Space(
        x=measures.x,
        y=measures.y,
        weights=_weights(measures, step),
        by_median=step.partitioning_split_method == "median",
        max_width_ratio=step.partitioning_max_width_ratio,
        max_height_ratio=step.partitioning_max_height_ratio,
        split_identical=step.split_identical_centroids,
    )


def _weights(measures: Measures, step: PartitionGeospatialStep) -> Floats | None:
    in_utm = step.partitioning_force_utm is not None
    match step.partitioning_method:
        case "rows":
            return None
        case "area":
            return np.nan_to_num(measures.area_utm if in_utm else measures.area)
        case "length":
            return np.nan_to_num(measures.length_utm if in_utm else measures.length)
        case "coords":
            return measures.coords.astype(np.float64)


def _median(along: Floats, weights: Floats | None) -> float:
    """Where one half of the weight lies on each side."""
    if weights is None:
        middle = len(along) // 2
        return float(np.partition(along, middle)[middle])
    order = np.argsort(along)
    return float(along[order[_half(weights[order])]])


def _in_half(rows: Rows, weights: NDArray[np.float64] | None) -> tuple[Rows, Rows]:
    middle = len(rows) // 2 if weights is None else min(max(_half(weights), 1), len(rows) - 1)
    return rows[:middle], rows[middle:]


def _half(weights: Floats) -> int:
    """How many entries it takes to come to half of the sum."""
    sums = np.cumsum(weights)
    return int(np.searchsorted(sums, sums[-1] / 2))
