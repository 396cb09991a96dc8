"""What partitioning and metadata need of every geometry, taken in one pass over the WKB."""

from dataclasses import dataclass, fields

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from fused_spec.engine.ingest.geometry.rings import RingMeasures, measure_rings, rings_of
from fused_spec.engine.ingest.geometry.utm import measure_in_utm
from fused_spec.engine.ingest.geometry.wkb import Geometries, decode, points_of, slices

_POINT = 0
_POLYGON = 3
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Arrays with one entry for each row.

    `x` and `y` are the centroid; coordinates, `area` and `length` are in degrees, `area_utm` and `length_utm` in
    metres, not a number where they were not asked for. Where a row has no geometry, or none that can be placed,
    `area`, `length` and `coords` are what they add to a sum, and the others not a number.
    `kind` is shapely's type id, plus 16 with height, and negative without geometry.
    """

    kind: NDArray[np.int8]
    x: Floats
    y: Floats
    minx: Floats
    miny: Floats
    maxx: Floats
    maxy: Floats
    area: Floats
    length: Floats
    area_utm: Floats
    length_utm: Floats
    coords: NDArray[np.int32]

    @property
    def located(self) -> NDArray[np.bool_]:
        """Which rows are somewhere; the others are null, empty, or beyond what the projection shows."""
        return np.isfinite(self.x) & np.isfinite(self.y)


def measure(geometry: pa.ChunkedArray, *, in_utm: bool) -> Measures:
    """Measure the WKB of a batch of rows; raises `StepFailed` for bytes that are no geometry."""
    points = points_of(geometry)
    if points is not None:
        return _measure_points(*points, in_utm=in_utm)
    with np.errstate(invalid="ignore", over="ignore"):  # an infinite coordinate leaves a row without a place
        return _joined([_measure_slice(part, in_utm=in_utm) for part in slices(geometry)])


def _measure_slice(part: pa.ChunkedArray, *, in_utm: bool) -> Measures:
    rings = None if in_utm else rings_of(part)
    measured = None if rings is None else measure_rings(rings)
    return _measure(decode(part), in_utm=in_utm) if measured is None else _of_rings(measured)


def _of_rings(rings: RingMeasures) -> Measures:
    nothing = np.broadcast_to(np.nan, len(rings.x))
    return Measures(
        kind=np.full(len(rings.x), _POLYGON, np.int8),
        area_utm=nothing,
        length_utm=nothing,
        **{field.name: getattr(rings, field.name) for field in fields(RingMeasures)},
    )


def _joined(parts: list[Measures]) -> Measures:
    return Measures(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Measures)}
    )


def _measure_points(x: Floats, y: Floats, *, in_utm: bool) -> Measures:
    nowhere = ~(np.isfinite(x) & np.isfinite(y))
    x[nowhere] = y[nowhere] = np.nan
    nothing = np.broadcast_to(0.0, len(x))  # without taking memory
    in_metres = np.where(nowhere, np.nan, 0.0) if in_utm else np.broadcast_to(np.nan, len(x))
    return Measures(
        kind=np.zeros(len(x), np.int8),
        x=x,
        y=y,
        minx=x,
        miny=y,
        maxx=x,
        maxy=y,
        area=nothing,
        length=nothing,
        area_utm=in_metres,
        length_utm=in_metres,
        coords=(~nowhere).astype(np.int32),
    )


def _measure(geometries: Geometries, *, in_utm: bool) -> Measures:
    bounds = shapely.bounds(geometries)
    kind = shapely.get_type_id(geometries).astype(np.int64)
    x, y = _centroids(geometries, kind, bounds)
    bounds[~(np.isfinite(x) & np.isfinite(y))] = np.nan
    minx, miny, maxx, maxy = bounds.T
    nothing = np.broadcast_to(np.nan, len(geometries))
    area_utm, length_utm = measure_in_utm(geometries, x, y) if in_utm else (nothing, nothing)
    return Measures(
        kind=(kind + 16 * shapely.has_z(geometries)).astype(np.int8),
        x=x,
        y=y,
        minx=minx,
        miny=miny,
        maxx=maxx,
        maxy=maxy,
        area=_finite(shapely.area(geometries)),
        length=_finite(shapely.length(geometries)),
        area_utm=area_utm,
        length_utm=length_utm,
        coords=shapely.get_num_coordinates(geometries).astype(np.int32),
    )


def _finite(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, 0.0)


def _centroids(geometries: Geometries, kind: NDArray[np.int64], bounds: Floats) -> tuple[Floats, Floats]:
    """A point is its own centroid; asking for it costs more than all the rest."""
    x, y = bounds[:, 0].copy(), bounds[:, 1].copy()
    others = kind > _POINT
    if others.any():
        # bounds, since asking an empty point for its x is an error
        x[others], y[others] = shapely.bounds(shapely.centroid(geometries[others]))[:, :2].T
    return x, y
