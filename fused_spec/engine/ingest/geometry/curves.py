"""Make straight lines of arcs, and polygons of the faces of surfaces, as GeoParquet has no others; GDAL does it."""

import ctypes

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.gdal_library import library
from fused_spec.engine.ingest.common.gdal_messages import Messages, heard
from fused_spec.engine.ingest.common.tally import Seen, Tally
from fused_spec.engine.ingest.geometry.wkb import HAS_SRID, WKB, NoGeometry, content_of

ARCS = "arcs became straight lines, with a corner every 4 degrees of the arc"
SURFACES = "surfaces of many faces (TIN, PolyhedralSurface) became MultiPolygons, and triangles Polygons"

_HEADER = 5
_COLLECTION, _FIRST_CURVE, _LAST = 7, 8, 17
_NAMES = {8: "CIRCULARSTRING", 9: "COMPOUNDCURVE", 10: "CURVEPOLYGON", 11: "MULTICURVE", 12: "MULTISURFACE"}
# What becomes of a polyhedral surface, a TIN and a triangle; with height it has a flag.
_FACES = {15: 6, 16: 6, 17: 3}
_HEIGHT = -(2**31)
_AS_IT_IS = 0.0  # the step between corners: GDAL's own
_LITTLE_ENDIAN = 1


def straightened(column: pa.ChunkedArray, tally: Tally) -> pa.ChunkedArray:
    """The column of WKB without curves and surfaces of many faces, which are counted; most columns are not touched.

    Raises `NoGeometry` for what cannot be changed.
    """
    kinds = _kinds(column)
    odd = np.flatnonzero((kinds >= _COLLECTION) & (kinds <= _LAST))
    if not len(odd):
        return column
    with heard(Messages()):  # what fails here is told by what calls it
        changed = {int(place): new for place in odd if (new := _changed(column, int(place), int(kinds[place]), tally))}
    if not changed:
        return column
    values = column.to_pylist()
    for place, new in changed.items():
        values[place] = new
    return pa.chunked_array([pa.array(values, WKB)])


def _kinds(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """The number of each geometry's type in the plane, 0 for none."""
    offsets, content = content_of(column)
    kinds = np.zeros(len(column), np.int64)
    filled = np.flatnonzero(np.diff(offsets) >= _HEADER)
    starts = offsets[filled]
    # beyond two bytes there are only PostGIS's flags
    low, high = content[starts + 1], content[starts + 2]
    big = content[starts] != _LITTLE_ENDIAN
    if big.any():
        low, high = np.where(big, content[starts + 4], low), np.where(big, content[starts + 3], high)
    kinds[filled] = (low | high.astype(np.uint16) << 8) % 1000
    return kinds


def _changed(column: pa.ChunkedArray, place: int, kind: int, tally: Tally) -> bytes | None:
    """The geometry in its new form, None where it has no need of one."""
    content = without_srid(column[place].as_py())
    gdal = library()
    if gdal is None:
        if kind == _COLLECTION:
            return None
        raise NoGeometry(
            f"geometry {place + 1} of a batch is a {_NAMES.get(kind, 'surface')}, which this installation of pyogrio "
            "cannot straighten; ogr2ogr -nlt CONVERT_TO_LINEAR straight.gpkg INPUT does"
        )
    geometry = ctypes.c_void_p()
    if gdal.OGR_G_CreateFromWkb(content, None, ctypes.byref(geometry), len(content)) != 0:
        raise NoGeometry("a geometry cannot be read: its WKB is broken")
    made = geometry
    try:
        arcs = bool(gdal.OGR_G_HasCurveGeometry(geometry, 1))
        if gdal.OGR_G_HasCurveGeometry(geometry, 0):
            made = ctypes.c_void_p(gdal.OGR_G_GetLinearGeometry(geometry, _AS_IT_IS, None))
        elif kind in _FACES:
            target = _FACES[kind] + (_HEIGHT if gdal.OGR_G_Is3D(geometry) else 0)
            geometry = made = ctypes.c_void_p(gdal.OGR_G_ForceTo(geometry, target, None))
        else:
            return None
        if not made:
            raise NoGeometry(f"a {_NAMES.get(kind, 'surface')} cannot be made of straight lines")
        if arcs:
            tally.seen[Seen.CURVED] += 1
        if arcs or kind in _FACES:
            tally.lossy[ARCS if arcs else SURFACES] += 1
        return _bytes(gdal, made)
    finally:
        if made is not geometry:
            gdal.OGR_G_DestroyGeometry(made)
        gdal.OGR_G_DestroyGeometry(geometry)


def without_srid(content: bytes) -> bytes:
    """WKB without the number of a coordinate system, which PostGIS adds and GDAL does not read."""
    little = content[:1] == b"\1"
    code = int.from_bytes(content[1:_HEADER], "little" if little else "big")
    if not code & HAS_SRID:
        return content
    plain = (code & ~HAS_SRID).to_bytes(4, "little" if little else "big")
    return content[:1] + plain + content[_HEADER + 4 :]


def _bytes(gdal: ctypes.PyDLL, geometry: ctypes.c_void_p) -> bytes:
    buffer = ctypes.create_string_buffer(gdal.OGR_G_WkbSize(geometry))
    if gdal.OGR_G_ExportToIsoWkb(geometry, _LITTLE_ENDIAN, buffer) != 0:
        raise StepFailed("GDAL cannot write the WKB of a straightened geometry")
    return buffer.raw
