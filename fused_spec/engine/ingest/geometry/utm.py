"""Measure geometries in metres, each in the zone of the Universal Transverse Mercator grid that holds it."""

from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from fused_spec.engine.ingest.geometry.wkb import Geometries

_RADIUS = 6_371_007.2  # metres; of the sphere with the area of the Earth
_WIDEST_DEGREES = 30.0
Floats = NDArray[np.float64]


def measure_in_utm(geometries: Geometries, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Area in square metres and length in metres of geometries in degrees; `x` and `y` say whose zone is whose.

    What is much wider than a zone is measured on a sphere instead, its length roughly. Not a number where there is
    no place.
    """
    area, length = np.full(len(geometries), np.nan), np.full(len(geometries), np.nan)
    known = np.isfinite(x) & np.isfinite(y)
    zones = np.zeros(len(geometries), dtype=np.int64)
    zones[known] = _zones(x[known], y[known])
    for zone in np.unique(zones[known]):
        (rows,) = np.nonzero(zones == zone)
        projected = _project(geometries[rows], int(zone))
        area[rows], length[rows] = shapely.area(projected), shapely.length(projected)
    bounds = shapely.bounds(geometries)
    wide = known & ((bounds[:, 2] - bounds[:, 0] > _WIDEST_DEGREES) | ~np.isfinite(area) | ~np.isfinite(length))
    area[wide], length[wide] = _measure_on_sphere(geometries[wide], y[wide])
    return area, length


def zones_of(x: Floats, y: Floats) -> NDArray[np.int16]:
    """Numbers of the zones in which places lie, -1 for those that are nowhere."""
    zones = np.full(len(x), -1, np.int16)
    known = np.isfinite(x) & np.isfinite(y)
    zones[known] = _zones(x[known], y[known]) - 32600
    return zones


def _measure_on_sphere(geometries: Geometries, y: Floats) -> tuple[Floats, Floats]:
    equal_area = shapely.transform(
        geometries,
        lambda degrees: _RADIUS * np.column_stack([np.radians(degrees[:, 0]), np.sin(np.radians(degrees[:, 1]))]),
    )
    shrink = np.sqrt(np.cos(np.radians(y)))  # between what a degree is to the north and to the east
    return shapely.area(equal_area), shapely.length(geometries) * np.radians(_RADIUS) * shrink


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
