"""Take geometries apart or leave them out, before they are partitioned."""

from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import count, note
from fused_spec.engine.ingest.common.tally import Seen, Tally
from fused_spec.engine.ingest.geometry.wkb import GEOMETRY, Geometries, decode, encode, with_geometry
from fused_spec.wire import PartitionGeospatialStep

_MULTI = (4, 5, 6, 7)  # shapely's ids of multi-part geometries and collections
_COLLECTION = 7
_MOST_PIECES = 20_000_000
# Reprojecting leaves a coordinate on the edge of the world some nanometres beyond it.
_ROUNDING_DEGREES = 1e-9


def check_reshape(step: PartitionGeospatialStep) -> None:
    """Raise `StepFailed` for thresholds that contradict each other, before anything is read."""
    _thresholds(step)


def reshape(table: pa.Table, step: PartitionGeospatialStep, tally: Tally) -> pa.Table:
    """The table as the step's `explode_geometries`, `drop_out_of_bounds` and `subdivide_…` make it, and counted."""
    if step.explode_geometries:
        table = _exploded(table, tally)
    if step.drop_out_of_bounds:
        table = _within_bounds(table, tally)
    thresholds = _thresholds(step)
    if thresholds is not None:
        table = _subdivided(table, *thresholds, tally)
    return table


def tell_reshape(step: PartitionGeospatialStep, tally: Tally) -> None:
    """Tell the user what was done to all rows."""
    if step.explode_geometries:
        note(f"exploded {count(tally.seen[Seen.EXPLODED], 'row')} into {tally.seen[Seen.PARTS]:,}")
    if step.drop_out_of_bounds:
        note(f"dropped {count(tally.seen[Seen.OUT_OF_BOUNDS], 'row')} out of bounds")
    if _thresholds(step) is not None:
        cut = count(tally.seen[Seen.SUBDIVIDED], "geometry", "geometries")
        note(f"subdivided {cut} into {tally.seen[Seen.PIECES]:,}")


def _exploded(table: pa.Table, tally: Tally) -> pa.Table:
    """One row for each part; what has no part, being empty or null, stays as it is."""
    whole = decode(table[GEOMETRY])
    parts_of = np.isin(shapely.get_type_id(whole), _MULTI) & (shapely.get_num_geometries(whole) > 0)
    counts = np.where(parts_of, shapely.get_num_geometries(whole), 1)
    tally.seen.update({Seen.EXPLODED: len(whole), Seen.PARTS: int(counts.sum())})
    if not parts_of.any():
        return table
    rows = np.repeat(np.arange(len(whole)), counts)
    parts = whole[rows]
    parts[parts_of[rows]] = shapely.get_parts(whole[parts_of])
    return _rebuilt(table, rows, parts)


def _within_bounds(table: pa.Table, tally: Tally) -> pa.Table:
    """The rows within the world's degrees; a row without geometry is not out of them."""
    limits = np.array([-180, -90, 180, 90]) + _ROUNDING_DEGREES * np.array([-1, -1, 1, 1])
    bounds = shapely.bounds(decode(table[GEOMETRY]))
    inside = (bounds[:, :2] >= limits[:2]).all(axis=1) & (bounds[:, 2:] <= limits[2:]).all(axis=1)
    kept = inside | np.isnan(bounds).all(axis=1)
    tally.seen[Seen.OUT_OF_BOUNDS] += int((~kept).sum())
    return table if kept.all() else table.filter(pa.array(kept))


def _thresholds(step: PartitionGeospatialStep) -> tuple[float, float] | None:
    """From which area on geometries are cut, and below which pieces are small enough, in square degrees."""
    if step.subdivide_start is None and step.subdivide_stop is None:
        return None
    if step.subdivide_method is None:
        raise StepFailed("subdivide_method must be area when subdivide_start or subdivide_stop is given")
    start = step.subdivide_start if step.subdivide_start is not None else step.subdivide_stop
    stop = step.subdivide_stop if step.subdivide_stop is not None else start
    if start is None or stop is None or not start >= stop > 0:
        raise StepFailed(f"subdivide_start {start} must be at least subdivide_stop {stop}, and both above 0")
    return start, stop


def _subdivided(table: pa.Table, start: float, stop: float, tally: Tally) -> pa.Table:
    """Each geometry larger than `start` as pieces of at most `stop`."""
    geometries = decode(table[GEOMETRY])
    area = shapely.area(geometries)
    large = np.isfinite(area) & (area > start)
    if not large.any():
        return table
    if area[large].sum() / stop > _MOST_PIECES:
        raise StepFailed(f"subdivide_stop {stop} would cut more than {_MOST_PIECES:,} pieces; raise it")
    (cut,) = np.nonzero(large)
    rows, pieces = [np.nonzero(~large)[0]], [geometries[~large]]
    for row in cut[np.isin(shapely.get_type_id(geometries[cut]), _COLLECTION)]:
        if thin := _thin_parts(geometries[row]):
            rows.append(np.array([row]))
            pieces.append(np.array([shapely.GeometryCollection(thin)], dtype=object))
    todo = shapely.make_valid(geometries[cut])
    while len(cut):
        cut, todo = _halved(cut, todo)
        done = shapely.area(todo) <= stop
        rows.append(cut[done])
        pieces.append(todo[done])
        cut, todo = cut[~done], todo[~done]
    order = np.argsort(np.concatenate(rows), kind="stable")
    tally.seen.update({Seen.SUBDIVIDED: int(large.sum()), Seen.PIECES: len(order) - int((~large).sum())})
    return _rebuilt(table, np.concatenate(rows)[order], np.concatenate(pieces)[order])


def _thin_parts(collection: Any) -> list[Any]:
    """The points and lines of a collection, which no area says anything of."""
    found = []
    for part in shapely.get_parts(collection):
        if shapely.get_type_id(part) == _COLLECTION:
            found += _thin_parts(part)
        elif shapely.get_dimensions(part) < 2 and not shapely.is_empty(part):  # a surface has two
            found.append(part)
    return found


def _halved(rows: NDArray[np.int64], geometries: Geometries) -> tuple[NDArray[np.int64], Geometries]:
    """Both halves of each polygon, cut across the longer side of its box."""
    minx, miny, maxx, maxy = shapely.bounds(geometries).T
    wide = maxx - minx >= maxy - miny
    x, y = (minx + maxx) / 2, (miny + maxy) / 2
    first = shapely.box(minx, miny, np.where(wide, x, maxx), np.where(wide, maxy, y))
    second = shapely.box(np.where(wide, x, minx), np.where(wide, miny, y), maxx, maxy)
    halves = np.concatenate([shapely.intersection(geometries, first), shapely.intersection(geometries, second)])
    both = np.concatenate([rows, rows])
    surface = shapely.area(halves) > 0
    return both[surface], _polygonal(halves[surface])


def _polygonal(geometries: Geometries) -> Geometries:
    """Without the lines and points that a cut leaves where a polygon only touches it."""
    mixed = shapely.get_type_id(geometries) == _COLLECTION
    if not mixed.any():
        return geometries
    parts, owner = shapely.get_parts(geometries[mixed], return_index=True)
    flat, owner_of_flat = shapely.get_parts(parts, return_index=True)
    surface = shapely.get_dimensions(flat) == 2
    geometries[mixed] = shapely.multipolygons(flat[surface], indices=owner[owner_of_flat][surface])
    return geometries


def _rebuilt(table: pa.Table, rows: NDArray[np.int64], geometries: Geometries) -> pa.Table:
    attributes = table.drop_columns([GEOMETRY])
    return with_geometry(attributes.take(pa.array(rows)), encode(geometries))
