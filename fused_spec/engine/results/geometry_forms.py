"""Geometries as WKT and GeoJSON, with every digit of their coordinates."""

from typing import Any

import numpy as np
import shapely
from shapely import GeometryType
from shapely.geometry import LineString, mapping
from shapely.geometry.base import BaseGeometry

from fused_spec.engine.results.stored import Tell

_DIGITS = 20  # behind the point, of which only those are written that are needed to read the same number back
_NO_MEASURES = "the measures (M) of geometries are left out, for which {} has no place"


def as_wkt(geometries: Any) -> np.ndarray:
    """Each geometry as text, None for a missing one; measures are kept."""
    texts: np.ndarray = shapely.to_wkt(np.asarray(geometries, dtype=object), rounding_precision=_DIGITS, trim=True)
    return texts


def as_geojson(geometry: BaseGeometry, tell: Tell) -> Any:
    """A geometry as the object that GeoJSON has for it; raises `ValueError` for coordinates that are no numbers."""
    return all_as_geojson(np.asarray([geometry], dtype=object), tell)[0]


def all_as_geojson(geometries: np.ndarray, tell: Tell) -> list[Any]:
    """The same for many, None for one that is missing."""
    flat = without_measures(geometries, "GeoJSON", tell)
    heights = shapely.get_coordinates(flat[shapely.has_z(flat)], include_z=True)
    if not (np.isfinite(shapely.get_coordinates(flat)).all() and np.isfinite(heights).all()):
        raise ValueError("it holds a geometry with a coordinate that is no number, for which JSON has no word")
    # GeoJSON has no rings of their own; a line that ends where it begins is the same.
    rings = shapely.get_type_id(flat) == GeometryType.LINEARRING
    return [
        None if one is None else mapping(LineString(one.coords) if ring else one)
        for one, ring in zip(flat, rings, strict=True)
    ]


def without_measures(geometries: np.ndarray, form: str, tell: Tell) -> np.ndarray:
    """The geometries without M, which most forms and readers take for heights."""
    if not hasattr(shapely, "has_m"):  # shapely before 2.1 reads none
        return geometries
    measured = shapely.has_m(geometries)
    if not measured.any():
        return geometries
    tell(_NO_MEASURES.format(form))
    kept = geometries.copy()
    high = measured & shapely.has_z(geometries)
    kept[measured & ~high] = shapely.force_2d(geometries[measured & ~high])
    kept[high] = shapely.from_wkb(shapely.to_wkb(geometries[high], output_dimension=3))
    return kept
