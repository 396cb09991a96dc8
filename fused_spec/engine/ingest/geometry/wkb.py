"""Between columns of WKB and arrays of geometry objects."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.pandas_compat  # `from_pandas` wants it, in each process anew where it is not there yet
import shapely
from numpy.typing import NDArray

from fused_spec.engine.failures import StepFailed

GEOMETRY = "geometry"
"""The name of the geometry column, in every table from reading to writing."""

COVERING = "bbox"
"""The name of the GeoParquet covering column."""

WKB = pa.binary()  # ends at 2 GiB, which no batch of rows comes near
HAS_Z, HAS_M, HAS_SRID = 0x80000000, 0x40000000, 0x20000000
"""What PostGIS adds to the number of a type; ISO adds 1000 and 2000."""

Geometries: TypeAlias = NDArray[Any]
"""An array of geometry objects, with None where a row has none."""

_SLICE_ROWS = 8_192  # geometry objects take many times the memory of their bytes
_POINT = np.dtype([("little_endian", "u1"), ("type", "<u4"), ("x", "<f8"), ("y", "<f8")])


class NoGeometry(StepFailed):
    """Bytes that are no WKB; whoever knows of which input they are says so."""


def unreadable(column: pa.ChunkedArray) -> int | None:
    """The place of the first value that is no WKB."""
    for place, value in enumerate(column.to_pylist()):
        try:
            with suppress(NotImplementedError):  # a curve, which others read
                shapely.from_wkb(value)
        except shapely.errors.ShapelyError:
            return place
    return None


def decode(column: pa.Array | pa.ChunkedArray) -> Geometries:
    """The geometries of a column; raises `NoGeometry` for bytes that are none."""
    try:
        decoded: Geometries = shapely.from_wkb(column.to_numpy(zero_copy_only=False))
    except shapely.errors.ShapelyError as error:
        raise NoGeometry(f"a geometry cannot be read: {error}") from error
    return decoded


def encode(geometries: Geometries) -> pa.Array:
    """The column of some geometries in the ISO form that GeoParquet asks for, without the measures that it has not."""
    measured = _has_m(geometries)
    if measured.any():
        geometries = geometries.copy()
        for dimensions, these in (
            (3, measured & shapely.has_z(geometries)),
            (2, measured & ~shapely.has_z(geometries)),
        ):
            geometries[these] = shapely.from_wkb(shapely.to_wkb(geometries[these], output_dimension=dimensions))
    return pa.array(shapely.to_wkb(geometries, flavor="iso"), type=WKB, from_pandas=True)


def _has_m(geometries: Geometries) -> NDArray[np.bool_]:
    """Before 2.1 shapely has no measures, and leaves them out when it reads."""
    known = getattr(shapely, "has_m", None)
    return np.zeros(len(geometries), np.bool_) if known is None else np.asarray(known(geometries), np.bool_)


def slices(column: pa.ChunkedArray) -> Iterator[pa.ChunkedArray]:
    """The column in slices that are cheap to decode; at least one, so that an empty column has a first."""
    for start in range(0, max(len(column), 1), _SLICE_ROWS):
        yield column.slice(start, _SLICE_ROWS)


def content_of(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """The bytes of a column, and where in them each value begins and the last one ends."""
    array = pa.concat_arrays(column.chunks) if column.num_chunks != 1 else column.chunk(0)
    _, offset_buffer, content = array.buffers()
    offsets = np.frombuffer(offset_buffer, np.int32, count=len(array) + 1, offset=4 * array.offset).astype(np.int64)
    first, last = int(offsets[0]), int(offsets[-1])
    if first == last:
        return offsets - first, np.empty(0, np.uint8)
    return offsets - first, np.frombuffer(content, np.uint8, count=last - first, offset=first)


def points_of(column: pa.ChunkedArray) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """The coordinates of a column that holds nothing but points in the plane, taken from the bytes as they lie.

    None for any other column. Making geometry objects of millions of points would take most of an ingestion's time.
    """
    if len(column) == 0 or column.null_count:
        return None
    offsets, content = content_of(column)
    if not (np.diff(offsets) == _POINT.itemsize).all():
        return None
    points = content.view(_POINT)
    if not ((points["little_endian"] == 1) & (points["type"] == 1)).all():
        return None
    return points["x"].copy(), points["y"].copy()


def recode(column: pa.ChunkedArray, change: Callable[[Geometries], Geometries]) -> pa.ChunkedArray:
    """The column with every geometry changed, slice by slice."""
    return pa.chunked_array([encode(change(decode(batch))) for batch in slices(column)], type=WKB)


def with_geometry(attributes: pa.Table, geometry: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The table of some attributes and, last, their geometry; a column of that name before is replaced."""
    names = [name for name in attributes.column_names if name != GEOMETRY]
    # not append_column: a table without columns has forgotten how many rows it had
    return pa.table([*(attributes[name] for name in names), geometry], names=[*names, GEOMETRY])
