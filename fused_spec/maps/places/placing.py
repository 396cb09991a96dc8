"""A layer as lines in degrees, or in the units of a plane where no coordinate system is known."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
import shapely

from fused_spec.maps.model import Boxes, Features, Rasters, State
from fused_spec.maps.places.lines import Kind, Lines, Mask, Whole, starts_of, taken_apart
from fused_spec.maps.places.losses import Loss
from fused_spec.maps.places.thinning import thinned
from fused_spec.maps.places.turning import turned

DEGREES = "OGC:CRS84"
_ALONG = 8  # parts of each side of a box, so that it bends where the map does
_FARTHEST = (540, 90 + 1e-9)  # a longitude may go on over the antimeridian
_FARTHEST_UNIT = 1e15  # of any coordinate system
_MOST_CHECKED = 50_000  # points of one geometry of which it is told whether it crosses itself


@dataclass(frozen=True, slots=True)
class Placed:
    """What of a layer is drawn: `lines.owner` counts in `chosen`, which are places in the layer itself."""

    lines: Lines
    chosen: Whole
    losses: Counter[Loss]
    on_earth: bool


def placed(layer: Features | Boxes | Rasters, most: int) -> Placed:
    """The lines of at most so many features; for rasters, their outlines."""
    chosen, losses = _chosen(layer, most)
    match layer:
        case Features():
            lines = _of_features([layer.geometries[index] for index in chosen], losses)
        case Boxes():
            lines = _of_bounds([layer.boxes[index].bounds for index in chosen], layer.crs, losses)
        case Rasters():
            lines = _of_bounds([layer.rasters[index].bounds for index in chosen], layer.crs, losses)
    lines, coarser = thinned(_imaginable(lines, losses))
    losses[Loss.THINNED] = coarser
    system = understood(layer.crs)
    if layer.crs is not None and system is None:
        losses[Loss.UNKNOWN_CRS] = 1
    lines = lines if system is None else turned(_in_degrees(lines, system, losses), losses)
    return Placed(lines, chosen, +losses, system is not None)


def understood(crs: str | None) -> pyproj.CRS | None:
    """The coordinate system, where there is one that leads to degrees."""
    if crs is None:
        return None
    try:
        system = pyproj.CRS.from_user_input(crs)
        pyproj.Transformer.from_crs(system, DEGREES, always_xy=True)
    except pyproj.exceptions.ProjError:
        return None
    return system if len(system.axis_info) > 1 else None  # heights alone are no places


def _chosen(layer: Features | Boxes | Rasters, most: int) -> tuple[Whole, Counter[Loss]]:
    """Those that are drawn, in the order of drawing: evenly of all, but first what failed or is held."""
    losses: Counter[Loss] = Counter()
    if isinstance(layer, Rasters):
        return np.arange(len(layer.rasters)), losses
    count = len(layer.geometries) if isinstance(layer, Features) else len(layer.boxes)
    urgent = np.array([index for index, state in enumerate(states_of(layer) or ()) if state in _URGENT], dtype=np.int64)
    rest = np.setdiff1d(np.arange(count), urgent)
    urgent = _evenly(urgent, most)
    chosen = np.sort(np.concatenate([urgent, _evenly(rest, most - len(urgent))]))
    total = max(count, layer.of or 0)
    if len(chosen) < total:
        losses[Loss.SAMPLED], losses[Loss.OF] = len(chosen), total
    return chosen, losses


_URGENT = (State.FAILED, State.HELD)


def states_of(layer: Features | Boxes) -> Sequence[State | None] | None:
    """How each feature stands, where that is said."""
    if isinstance(layer, Features):
        return layer.states
    return [box.state for box in layer.boxes] if any(box.state is not None for box in layer.boxes) else None


def _evenly(indices: Whole, most: int) -> Whole:
    if len(indices) <= most:
        return indices
    return indices[(np.arange(most) * len(indices)) // max(most, 1)]


def _of_features(geometries: list[Any], losses: Counter[Loss]) -> Lines:
    parsed = np.empty(len(geometries), dtype=object)
    as_bytes = np.array([isinstance(one, bytes | bytearray | memoryview) for one in geometries], dtype=bool)
    there = [bytes(one) for one in geometries if isinstance(one, bytes | bytearray | memoryview)]
    parsed[as_bytes] = shapely.from_wkb(np.array(there, dtype=object), on_invalid="ignore")
    for index, one in enumerate(geometries):
        if shapely.is_geometry(one):
            parsed[index] = one
    losses[Loss.MISSING] = sum(one is None for one in geometries)
    losses[Loss.BROKEN] = int(shapely.is_missing(parsed).sum()) - losses[Loss.MISSING]
    losses[Loss.EMPTY] = int(shapely.is_empty(parsed).sum())
    lines = _finite(taken_apart(parsed), losses)
    checked = parsed[(shapely.get_num_coordinates(parsed) < _MOST_CHECKED) & ~shapely.is_missing(parsed)]
    losses[Loss.INVALID] = int((~shapely.is_valid(checked)).sum())
    return lines


def _of_bounds(bounds: Sequence[Any], crs: str | None, losses: Counter[Loss]) -> Lines:
    given = np.array(bounds, dtype=np.float64).reshape(-1, 4)
    system = understood(crs)
    over = (given[:, 0] > given[:, 2]) & (system is not None and system.is_geographic)
    given[over, 2] += 360
    usable = np.isfinite(given).all(axis=1) & (given[:, 0] <= given[:, 2]) & (given[:, 1] <= given[:, 3])
    losses[Loss.BROKEN] = int((~usable).sum())
    given, owner = given[usable], np.flatnonzero(usable)
    share = np.linspace(0, 1, _ALONG + 1)[:-1]
    none, all_ = np.zeros(_ALONG), np.ones(_ALONG)
    x = np.concatenate([share, all_, 1 - share, none, [0]])
    y = np.concatenate([none, share, all_, 1 - share, [0]])
    west, south, east, north = given.T[:, :, None]
    xy = np.stack([west + (east - west) * x, south + (north - south) * y], axis=2).reshape(-1, 2)
    kinds = np.full(len(given), Kind.RING, dtype=np.int64)
    return Lines(xy, starts_of(np.full(len(given), len(x))), kinds, owner, np.arange(len(given)))


def _in_degrees(lines: Lines, system: pyproj.CRS, losses: Counter[Loss]) -> Lines:
    to_degrees = pyproj.Transformer.from_crs(system, DEGREES, always_xy=True)
    xy = np.column_stack(to_degrees.transform(*lines.xy.T)) if len(lines) else lines.xy
    moved = lines.at(xy)
    outside = np.any(~np.isfinite(xy) | (np.abs(xy) > _FARTHEST), axis=1)
    losses[Loss.OUTSIDE] += len(np.unique(moved.owner[moved.index[outside]]))
    return _without(moved, outside)


def _imaginable(lines: Lines, losses: Counter[Loss]) -> Lines:
    """Without what is so far away that sums of places would be without end."""
    outside = np.any(np.abs(lines.xy) > _FARTHEST_UNIT, axis=1)
    losses[Loss.OUTSIDE] = len(np.unique(lines.owner[lines.index[outside]]))
    return _without(lines, outside)


def _finite(lines: Lines, losses: Counter[Loss]) -> Lines:
    infinite = np.any(~np.isfinite(lines.xy), axis=1)
    losses[Loss.INFINITE] = len(np.unique(lines.owner[lines.index[infinite]]))
    return _without(lines, infinite)


def _without(lines: Lines, points: Mask) -> Lines:
    """Only the lines of which every point can be used."""
    if not points.any():
        return lines
    return lines.only(np.bincount(lines.index[points], minlength=len(lines)) == 0)
