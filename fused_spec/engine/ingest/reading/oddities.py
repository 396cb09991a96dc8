"""What is odd about geometries, counted: missing, empty, invalid, turned over by a change of coordinates."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import shapely

from fused_spec.engine.ingest.common.tally import Seen, Tally
from fused_spec.engine.ingest.geometry.measure import Measures
from fused_spec.engine.ingest.geometry.wkb import Geometries, decode, points_of, unreadable
from fused_spec.engine.ingest.reading.layer import Batch

_MOST_LOOKED_AT = 256  # of a batch; to ask all of its polygons would take longer than all else
_HALF_WAY_ROUND = 180.0
_BESIDE_DEGREES = 1e-6
_POLE = 90.0
_ROUND = 360.0

BEYOND = (
    "the coordinates are no degrees, being beyond 90 north or south, or 360 east or west; name what they are in as the "
    "step's metadata: {fused-spec: {read: {crs: EPSG:…}}}, or mend the coordinate system that the input says"
)
"""What to tell of rows that lie nowhere on earth."""


def look_at(column: pa.ChunkedArray, tally: Tally) -> None:
    """Count the geometries of a batch that are missing, and, of some from all over it, those that are not valid."""
    tally.seen[Seen.NULL] += column.null_count
    places = np.unique(np.linspace(0, max(len(column) - 1, 0), _MOST_LOOKED_AT).astype(np.int64))
    some = column.take(pa.array(places[: len(column)])).drop_null()
    tally.seen[Seen.LOOKED_AT] += len(some)
    if points_of(some) is None:
        tally.seen[Seen.INVALID] += int((~shapely.is_valid(decode(some))).sum())


def row_of_unreadable(batch: Batch) -> str:
    """Words for the row of the first bytes that are no geometry, where the reader knows the numbers of its rows."""
    if batch.geometry is None or batch.first_row is None or (place := unreadable(batch.geometry)) is None:
        return ""
    return f"row {batch.first_row + place + 1:,}: "


def beyond_degrees(measures: Measures) -> int:
    """How many rows lie where no degrees are; 360 is a longitude for some."""
    far = (np.abs(measures.miny) > _POLE) | (np.abs(measures.maxy) > _POLE)
    return int((far | (measures.minx < -_ROUND) | (measures.maxx > _ROUND)).sum())


def turned_over(before: Geometries, after: Geometries, change: Callable[[Geometries], Geometries]) -> int:
    """How many lines and polygons lie elsewhere than before: the new coordinates go round a pole or the antimeridian.

    Only corners are moved, so such a polygon becomes one across the whole map, without its own inside. `change` turns
    other geometries from the old coordinates into the new ones.
    """
    minx, _, maxx, _ = shapely.bounds(after).T
    suspected = (maxx - minx >= _HALF_WAY_ROUND) & (shapely.get_dimensions(before) > 0)
    if not suspected.any():
        return 0
    inside = change(_within(before[suspected]))
    return int((shapely.distance(after[suspected], inside) > _BESIDE_DEGREES).sum())


def _within(geometries: Geometries) -> Geometries:
    """A point in each one that is no corner of it: half-way along a line, of several the first."""
    points: Geometries = shapely.point_on_surface(geometries)
    lines = shapely.get_dimensions(geometries) == 1
    points[lines] = shapely.line_interpolate_point(shapely.get_geometry(geometries[lines], 0), 0.5, normalized=True)
    return points
