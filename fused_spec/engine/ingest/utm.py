"""Measure geometries in metres, each in the zone of the Universal Transverse Mercator grid that holds it."""

from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from fused_spec.engine.ingest.wkb import Geometries

_METRES_PER_DEGREE = 111_320.0
Floats = NDArray[np.float64]


def measure_in_utm(geometries: Geometries, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Area in square metres and length in metres of geometries in degrees; `x` and `y` say whose zone is whose.

    What a zone cannot show, being most of a hemisphere away from it, is measured by its size in degrees there.
    Not a number where there is no place.
    """
    area, length = np.full(len(geometries), np.nan), np.full(len(geometries), np.nan)
    known = np.isfinite(x) & np.isfinite(y)
    zones = np.zeros(len(geometries), dtype=np.int64)
    zones[known] = _zones(x[known], y[known])
    for zone in np.unique(zones[known]):
        (rows,) = np.nonzero(zones == zone)
        projected = _project(geometries[rows], int(zone))
        area[rows], length[rows] = shapely.area(projected), shapely.length(projected)
    lost = known & ~(np.isfinite(area) & np.isfinite(length))
    if lost.any():
        shrink = np.cos(np.radians(y[lost]))
        area[lost] = shapely.area(geometries[lost]) * _METRES_PER_DEGREE**2 * shrink
        length[lost] = shapely.length(geometries[lost]) * _METRES_PER_DEGREE * np.sqrt(shrink)
    return area, length


def _zones(x: Floats, y: Floats) -> NDArray[np.int64]:
    """The EPSG codes of the zones: 32601 to 32660 in the north, 32701 to 32760 in the south."""
    number = np.clip(np.floor((x + 180) / 6), 0, 59).astype(np.int64) + 1
    return np.where(y >= 0, 32600, 32700) + number


def _project(geometries: Geometries, zone: int) -> Geometries:
    flat = shapely.force_2d(geometries)
    into = _transformer(zone)
    coordinates = shapely.get_coordinates(flat)
    moved = np.column_stack(into.transform(coordinates[:, 0], coordinates[:, 1]))
    projected: Geometries = shapely.set_coordinates(flat, moved)
    return projected


@lru_cache(maxsize=128)
def _transformer(zone: int) -> Transformer:
    return Transformer.from_crs(4326, zone, always_xy=True)
