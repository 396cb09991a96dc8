"""Measure polygons of one ring from the bytes as they lie; most tables of buildings and parcels hold nothing else.

Making geometry objects of them, and asking for their centroids, would take most of an ingestion's time.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fused_spec.engine.ingest.geometry.wkb import content_of

_HEADER = np.dtype([("little_endian", "u1"), ("type", "<u4"), ("rings", "<u4"), ("points", "<u4")])
_POLYGON = 3
_POINT_BYTES = 16
_FEWEST_POINTS = 4
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rings:
    """The coordinates of closed rings one after another, and where each ring begins."""

    x: Floats
    y: Floats
    starts: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RingMeasures:
    """One entry for each ring, in the units of its coordinates."""

    x: Floats
    y: Floats
    minx: Floats
    miny: Floats
    maxx: Floats
    maxy: Floats
    area: Floats
    length: Floats
    coords: NDArray[np.int32]


def rings_of(column: pa.ChunkedArray) -> Rings | None:
    """The rings of a column that holds nothing but polygons in the plane, each of one closed ring; else None."""
    if len(column) == 0 or column.null_count:
        return None
    offsets, content = content_of(column)
    sizes = np.diff(offsets)
    if sizes.min() < _HEADER.itemsize + _FEWEST_POINTS * _POINT_BYTES:
        return None
    headers = offsets[:-1, np.newaxis] + np.arange(_HEADER.itemsize)
    header = content[headers].view(_HEADER)[:, 0]
    points = header["points"].astype(np.int64)
    fits = sizes == _HEADER.itemsize + _POINT_BYTES * points
    if not (fits & (header["little_endian"] == 1) & (header["type"] == _POLYGON) & (header["rings"] == 1)).all():
        return None
    coordinates = np.ones(len(content), np.bool_)
    coordinates[headers] = False
    x, y = content[coordinates].view("<f8").reshape(-1, 2).T
    ends = np.cumsum(points)
    starts = ends - points
    closed = (x[starts] == x[ends - 1]) & (y[starts] == y[ends - 1])
    return Rings(x=x, y=y, starts=starts) if closed.all() else None


def measure_rings(rings: Rings) -> RingMeasures | None:
    """Boxes, centroids, areas and lengths; None when a ring has no area, and so no centroid of its own."""
    starts = rings.starts
    counts = np.diff(starts, append=len(rings.x))
    first_x, first_y = rings.x[starts], rings.y[starts]
    # From each ring's first point, which is its last one too: steps from one ring to the next then come to nothing.
    x, y = rings.x - np.repeat(first_x, counts), rings.y - np.repeat(first_y, counts)
    next_x, next_y = np.append(x[1:], 0.0), np.append(y[1:], 0.0)
    cross = x * next_y - next_x * y
    twice = np.add.reduceat(cross, starts)
    if not (np.isfinite(twice) & (twice != 0)).all():
        return None
    return RingMeasures(
        x=first_x + np.add.reduceat((x + next_x) * cross, starts) / (3 * twice),
        y=first_y + np.add.reduceat((y + next_y) * cross, starts) / (3 * twice),
        minx=np.minimum.reduceat(rings.x, starts),
        miny=np.minimum.reduceat(rings.y, starts),
        maxx=np.maximum.reduceat(rings.x, starts),
        maxy=np.maximum.reduceat(rings.y, starts),
        area=np.abs(twice) / 2,
        length=np.add.reduceat(np.hypot(next_x - x, next_y - y), starts),
        coords=counts.astype(np.int32),
    )
