"""Fewer points, so that any number of them is drawn in bounded time and memory."""

from dataclasses import replace

import numpy as np
import shapely

from fused_spec.maps.places.lines import Kind, Lines, Whole, starts_of

MOST_POINTS = 1_000_000
"""So many points of a layer are transformed and made simpler."""

_FINE = 16_384  # cells of a layer's longer side: a few for each pixel of any picture


def thinned(lines: Lines) -> tuple[Lines, int]:
    """The lines without the points that no picture can show apart, and how many features lost others, too.

    What has more points than anybody can look at is left with every second, third, … of them.
    """
    if len(lines.xy) <= MOST_POINTS // 10:
        return lines, 0
    lines = lines.with_points(_moved(lines))
    if len(lines.xy) <= MOST_POINTS:
        return lines, 0
    step = -(-len(lines.xy) // MOST_POINTS)
    within = np.arange(len(lines.xy)) - np.repeat(lines.starts[:-1], lines.lengths)
    last = np.zeros(len(lines.xy), dtype=bool)
    last[lines.starts[1:] - 1] = True
    long = np.repeat(lines.lengths > 4 * step, lines.lengths)
    kept = ~long | last | (within % step == 0)
    return lines.with_points(kept), len(np.unique(lines.owner[lines.lengths > 4 * step]))


def simplified(lines: Lines, tolerance: float) -> Lines:
    """The lines with as few points as stay within the tolerance; a ring that becomes less than one is a point."""
    lined = lines.only(lines.kind != Kind.POINT)
    points = lines.only(lines.kind == Kind.POINT)
    if not len(lined):
        return lines
    lengths = lined.lengths
    short = lengths < 2
    if short.any():
        return simplified(_as_points(lines, (lines.kind != Kind.POINT) & (lines.lengths < 2)), tolerance)
    made = shapely.simplify(shapely.linestrings(lined.xy, indices=lined.index), tolerance, preserve_topology=False)
    xy, index = shapely.get_coordinates(made, return_index=True)
    lengths = np.bincount(index, minlength=len(lined)).astype(np.int64)
    thinner = replace(lined, xy=xy, starts=starts_of(lengths)).only(lengths > 0)
    thinner = _as_points(thinner, (thinner.kind == Kind.RING) & (thinner.lengths < 4))
    return _both(thinner, points)


def _moved(lines: Lines) -> "np.typing.NDArray[np.bool_]":
    """Which points lie in another cell than the one before; the first and the last of a line stay."""
    low, high = lines.xy.min(axis=0), lines.xy.max(axis=0)
    cell = max(float((high - low).max()), 1e-300) / _FINE
    cells: Whole = np.floor((lines.xy - low) / cell).astype(np.int64)
    moved = np.ones(len(cells), dtype=bool)
    moved[1:] = (cells[1:] != cells[:-1]).any(axis=1)
    moved[lines.starts[:-1]] = True
    moved[lines.starts[1:] - 1] = True
    return moved


def _as_points(lines: Lines, chosen: "np.typing.NDArray[np.bool_]") -> Lines:
    """The lines with the chosen ones as their first point each."""
    if not chosen.any():
        return lines
    points = lines.only(chosen)
    firsts = replace(
        points,
        xy=points.xy[points.starts[:-1]],
        starts=np.arange(len(points) + 1, dtype=np.int64),
        kind=np.full(len(points), Kind.POINT, dtype=np.int64),
    )
    return _both(lines.only(~chosen), firsts)


def _both(one: Lines, other: Lines) -> Lines:
    return Lines(
        np.concatenate([one.xy, other.xy]),
        starts_of(np.concatenate([one.lengths, other.lengths])),
        np.concatenate([one.kind, other.kind]),
        np.concatenate([one.owner, other.owner]),
        np.concatenate([one.part, other.part]),
    )
