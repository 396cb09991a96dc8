"""Lines around the earth: no step is longer than half of it, so what crosses the antimeridian stays in one piece."""

from collections import Counter

import numpy as np
import shapely

from fused_spec.maps.places.clipping import clipped, joined_in_place
from fused_spec.maps.places.lines import Floats, Kind, Lines, Whole, starts_of
from fused_spec.maps.places.losses import Loss

_WHOLE = 359.9  # a step that long goes along the edge of a map, as those of Antarctica do


def turned(lines: Lines, losses: Counter[Loss]) -> Lines:
    """The lines with longitudes that run on over 180°, each line with its middle between -180° and 180°."""
    if not len(lines):
        return lines
    longitude = lines.xy[:, 0]
    step = np.diff(longitude, prepend=longitude[:1])
    step[lines.starts[:-1]] = 0
    back = np.where((np.abs(step) > 180) & (np.abs(step) < _WHOLE), -360 * np.rint(step / 360), 0)
    total = np.cumsum(back)
    total -= np.repeat(total[lines.starts[:-1]], lines.lengths)
    xy = lines.xy.copy()
    xy[:, 0] += total
    moved = lines.at(xy)
    bounds = moved.bounds()
    middle = (bounds[:, 0] + bounds[:, 2]) / 2
    xy[:, 0] -= np.repeat(360 * np.rint(middle / 360), lines.lengths)
    return moved


def around_a_pole(lines: Lines) -> Floats:
    """For each line, by how many degrees it ends east of its beginning, though it is a ring: 0, 360 or -360."""
    if not len(lines):
        return np.empty(0)
    way = lines.xy[lines.starts[1:] - 1, 0] - lines.xy[lines.starts[:-1], 0]
    return np.where((lines.kind == Kind.RING) & (np.abs(way) > _WHOLE), way, 0)


def cut(lines: Lines, west: float) -> tuple[Lines, Whole]:
    """The lines within the 360° that begin there, cut where they leave it, and the features of those that were cut."""
    if not len(lines):
        return lines, np.empty(0, dtype=np.int64)
    lines = _closed_over_poles(lines)
    bounds = lines.bounds()
    shift = -360 * np.floor(((bounds[:, 0] + bounds[:, 2]) / 2 - west) / 360)
    xy = lines.xy.copy()
    xy[:, 0] += np.repeat(shift, lines.lengths)
    lines = lines.at(xy)
    bounds = lines.bounds()
    inside = (bounds[:, 0] >= west - 1e-9) & (bounds[:, 2] <= west + 360 + 1e-9)
    if inside.all():
        return lines, np.empty(0, dtype=np.int64)
    over = lines.only(~inside)
    pieces = [_window(over, west, turn) for turn in (-1, 0, 1)]
    return joined_in_place([lines.only(inside), *pieces]), np.unique(over.owner)


def _closed_over_poles(lines: Lines) -> Lines:
    """Rings around a pole with the edge of the map at that pole."""
    way = around_a_pole(lines)
    if not way.any():
        return lines
    made = [lines.only(way == 0)]
    for index in np.flatnonzero(way):
        ring = lines.xy[lines.starts[index] : lines.starts[index + 1]]
        pole = 90.0 if ring[:, 1].mean() > 0 else -90.0
        xy = np.vstack([ring, [[ring[-1, 0], pole], [ring[0, 0], pole], ring[0]]])
        one = slice(index, index + 1)
        made.append(Lines(xy, starts_of([len(xy)]), lines.kind[one], lines.owner[one], lines.part[one]))
    return joined_in_place(made)


def _window(lines: Lines, west: float, turn: int) -> Lines:
    """What of the lines lies in the 360° that many turns on, moved back."""
    low = west + 360 * turn
    left = clipped(lines, (low, -91.0, low + 360, 91.0))
    return left.at(left.xy - [360 * turn, 0])


def bent(lines: Lines, step: float = 2.0) -> Lines:
    """Lines in degrees with so many points that they bend as a projection does."""
    if not len(lines):
        return lines
    lined = lines.kind != Kind.POINT
    made = shapely.linestrings(lines.xy, indices=lines.index) if lined.all() else None
    if made is None or shapely.length(made).sum() / step > 500_000:
        return lines
    long = shapely.length(made) > step
    made[long] = shapely.segmentize(made[long], step)
    xy, index = shapely.get_coordinates(made, return_index=True)
    return Lines(xy, starts_of(np.bincount(index, minlength=len(lines))), lines.kind, lines.owner, lines.part)
