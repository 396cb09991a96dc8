"""Geometries that lie in lists and structs of coordinates, as GeoArrow and GeoParquet 1.1 have them."""

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from fused_spec.engine.ingest.common.tally import Tally
from fused_spec.engine.ingest.geometry.wkb import WKB, Geometries, NoGeometry, encode

_DEPTHS = {"point": 0, "linestring": 1, "polygon": 2, "multipoint": 1, "multilinestring": 2, "multipolygon": 3}
_SHAPES = {name: getattr(shapely.GeometryType, name.upper()) for name in _DEPTHS}
NATIVE = frozenset({*_DEPTHS, "box"})
"""The encodings that are read here."""

_EDGES = ("xmin", "ymin", "xmax", "ymax")
_WORLD = 180.0


def wkb_of_native(column: pa.ChunkedArray, encoding: str, first_row: int, tally: Tally) -> pa.ChunkedArray:
    """The geometries of a column as WKB; measures, and the heights of boxes, are left out and counted.

    Raises `pa.ArrowInvalid` where the column is not what its encoding says, and `NoGeometry` with the row for
    coordinates that make no geometry; `first_row` is the number of the column's first one.
    """
    arrays = []
    for chunk in column.chunks:
        try:
            arrays.append(_decoded(chunk, encoding, tally))
        except shapely.errors.ShapelyError as error:
            raise NoGeometry(f"row {first_row + _unreadable(chunk, encoding) + 1:,}: no {encoding}: {error}") from error
        first_row += len(chunk)
    return pa.chunked_array([encode(one) for one in arrays], type=WKB)


def _unreadable(array: pa.Array, encoding: str) -> int:
    """The place of the first value that makes no geometry."""
    for place in range(len(array)):
        try:
            _decoded(array.slice(place, 1), encoding, Tally())
        except shapely.errors.ShapelyError:
            return place
    return 0


def _decoded(array: pa.Array, encoding: str, tally: Tally) -> Geometries:
    known = array.is_valid().to_numpy(zero_copy_only=False)
    geometries: Geometries = np.full(len(array), None, dtype=object)
    if known.any():
        filled = array.filter(pa.array(known))  # which leaves nothing behind nulls, and begins at its beginning
        geometries[known] = _boxes(filled, tally) if encoding == "box" else _shapes(filled, encoding, tally)
    return geometries


def _shapes(array: pa.Array, encoding: str, tally: Tally) -> Geometries:
    offsets: list[NDArray[np.int64]] = []
    for _ in range(_DEPTHS[encoding]):
        if not (pa.types.is_list(array.type) or pa.types.is_large_list(array.type)):
            raise _misfit(encoding, array.type)
        places = array.offsets.to_numpy().astype(np.int64)
        offsets.append(places - places[0])
        array = array.flatten()
        if len(array) != offsets[-1][-1] or array.null_count:
            raise pa.ArrowInvalid(f"a part of a {encoding} is null")
    if len(offsets) == _DEPTHS["multipolygon"]:
        offsets[1:] = _with_rings(*offsets[1:])
    coordinates, measured = _coordinates(array, encoding)
    found: Geometries = shapely.from_ragged_array(_SHAPES[encoding], coordinates, tuple(reversed(offsets)) or None)
    if measured:
        tally.measured(len(found))
    return found


def _with_rings(polygons: NDArray[np.int64], rings: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Where the polygons and the rings of multipolygons begin, with a ring of no points for a polygon without rings.

    Without one shapely ends the process.
    """
    hollow = np.diff(polygons) == 0
    starts = polygons[:-1][hollow]
    return [polygons + np.concatenate([[0], np.cumsum(hollow)]), np.insert(rings, starts, rings[starts])]


def _coordinates(array: pa.Array, encoding: str) -> tuple[NDArray[np.float64], bool]:
    """Two or three numbers for each place, and whether there is a measure beside them."""
    if pa.types.is_struct(array.type):
        names = [field.name for field in array.type]
        if not {"x", "y"} <= set(names) <= set("xyzm"):
            raise _misfit(encoding, array.type)
        parts = [_numbers(array.field(name), encoding) for name in "xyz" if name in names]
        return np.ascontiguousarray(np.stack(parts, axis=1)), "m" in names
    if pa.types.is_fixed_size_list(array.type) and array.type.list_size in (2, 3, 4):
        width = array.type.list_size
        names = array.type.value_field.name
        measured = names == "xym" or width == 4
        whole = _numbers(array.flatten(), encoding).reshape(-1, width)
        return np.ascontiguousarray(whole[:, : width - measured]), measured
    raise _misfit(encoding, array.type)


def _numbers(array: pa.Array, encoding: str) -> NDArray[np.float64]:
    if array.null_count:
        raise pa.ArrowInvalid(f"a coordinate of a {encoding} is null")
    if not pa.types.is_floating(array.type):
        raise _misfit(encoding, array.type)
    numbers: NDArray[np.float64] = array.cast(pa.float64()).to_numpy()
    return numbers


def _boxes(array: pa.Array, tally: Tally) -> Geometries:
    """A polygon for each box; of one that goes over the antimeridian a part on either side, of an empty one none."""
    if not pa.types.is_struct(array.type) or not set(_EDGES) <= {field.name for field in array.type}:
        raise _misfit("box", array.type)
    minx, miny, maxx, maxy = (_numbers(array.field(name), "box") for name in _EDGES)
    found: Geometries = shapely.box(minx, miny, maxx, maxy)
    over = (minx > maxx) & (minx <= _WORLD) & (maxx >= -_WORLD) & (miny <= maxy)
    if over.any():
        west = shapely.box(minx[over], miny[over], _WORLD, maxy[over])
        east = shapely.box(-_WORLD, miny[over], maxx[over], maxy[over])
        found[over] = shapely.multipolygons(np.stack([west, east], axis=1))
    found[((minx > maxx) & ~over) | (miny > maxy)] = shapely.Polygon()
    if len(array.type) > len(_EDGES):
        tally.lossy["the heights and measures of boxes are left out"] += len(found)
    return found


def _misfit(encoding: str, kind: pa.DataType) -> pa.ArrowInvalid:
    return pa.ArrowInvalid(f"its geometry is said to be of the encoding {encoding}, and is {kind}")
