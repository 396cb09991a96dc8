"""Curves, and surfaces of many faces, that are written as text: GDAL reads what shapely does not."""

import ctypes
import re
import struct

from fused_spec.engine.ingest.common.gdal_library import library
from fused_spec.engine.ingest.common.gdal_messages import Messages, heard
from fused_spec.engine.ingest.geometry.curves import without_srid
from fused_spec.engine.ingest.geometry.wkb import HAS_M, HAS_SRID, HAS_Z

_WRITTEN = re.compile(r"CURVE|CIRCULARSTRING|MULTISURFACE|POLYHEDRALSURFACE|TIN\b|TRIANGLE", re.IGNORECASE)
_LITTLE_ENDIAN = 1


def is_curve_text(text: str) -> bool:
    """Whether a part of some WKT is a curve, or a surface of many faces."""
    return _WRITTEN.search(text) is not None


def wkb_of_curve(text: str, srid: int) -> bytes | None:
    """The WKB of some WKT, EWKB where it has an SRID; None where GDAL cannot read it."""
    gdal = library()
    if gdal is None:
        return None
    rest, geometry = ctypes.c_char_p(text.encode()), ctypes.c_void_p()
    with heard(Messages()):  # else pyogrio's own handler would be called, outside of a call of its own
        failed = gdal.OGR_G_CreateFromWkt(ctypes.byref(rest), None, ctypes.byref(geometry))
    try:
        if failed or (rest.value or b"").strip():
            return None
        buffer = ctypes.create_string_buffer(gdal.OGR_G_WkbSize(geometry))
        if gdal.OGR_G_ExportToIsoWkb(geometry, _LITTLE_ENDIAN, buffer) != 0:
            return None
        return _with_srid(buffer.raw, srid) if srid else buffer.raw
    finally:
        if geometry:
            gdal.OGR_G_DestroyGeometry(geometry)


def hex_of_curve(digits: str) -> bytes | None:
    """The bytes of hexadecimal digits that GDAL reads as WKB or EWKB; None for others."""
    gdal = library()
    try:
        content = bytes.fromhex(digits)
    except ValueError:
        return None
    if gdal is None:
        return None
    plain, geometry = without_srid(content), ctypes.c_void_p()
    with heard(Messages()):
        failed = gdal.OGR_G_CreateFromWkb(plain, None, ctypes.byref(geometry), len(plain))
    if failed:
        return None
    gdal.OGR_G_DestroyGeometry(geometry)
    return content


def _with_srid(iso: bytes, srid: int) -> bytes:
    code = int.from_bytes(iso[1:5], "little")
    flags = {0: 0, 1: HAS_Z, 2: HAS_M, 3: HAS_Z | HAS_M}[code // 1000]
    return iso[:1] + struct.pack("<II", code % 1000 | flags | HAS_SRID, srid) + iso[5:]
