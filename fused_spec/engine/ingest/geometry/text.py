"""Geometry that is written as text: WKT, EWKT with its `SRID=…;`, and the hexadecimal digits of WKB and EWKB."""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from fused_spec.engine.ingest.geometry.curve_text import hex_of_curve, is_curve_text, wkb_of_curve
from fused_spec.engine.ingest.geometry.wkb import WKB, Geometries, NoGeometry

_SHOWN = 40
_BLANK = r"^\s*$"
_HEX = r"^\s*(?:\\x)?0[01][0-9a-fA-F]*\s*$"  # PostgreSQL writes \x before the digits of its bytes
_SRID = r"^\s*(?i:SRID)\s*=\s*(?P<srid>[0-9]{1,9})\s*;"
_WKT = re.compile(
    rf"(?:{_SRID})?\s*(?:POINT|LINESTRING|LINEARRING|POLYGON|MULTI(?:POINT|LINESTRING|POLYGON|CURVE|SURFACE)"
    r"|GEOMETRYCOLLECTION|CIRCULARSTRING|COMPOUNDCURVE|CURVEPOLYGON|POLYHEDRALSURFACE|TIN|TRIANGLE)"
    r"\s*(?:Z|M|ZM)?\s*(?:\(|EMPTY)",
    re.IGNORECASE,
)
# The byte order, a type with ISO's thousands or PostGIS's flags, and what follows.
_WKB = re.compile(
    r"\s*(?:\\x)?(?:01(?!00)[0-9a-f]{2}(?:00|03|07|0b)00[02468ace]0|00[02468ace]000(?:00|03|07|0b)(?!00)[0-9a-f]{2})"
    r"(?:[0-9a-f]{2}){4,}\s*",
    re.IGNORECASE,
)
_CURVES = r"(?i)CURVE|CIRCULARSTRING|MULTISURFACE"
_STRAIGHTEN = "it is a curve; make straight lines of it with ogr2ogr -nlt CONVERT_TO_LINEAR"


def is_geometry_text(value: str) -> bool:
    """Whether a value begins as WKT or EWKT does, or has nothing but the digits of WKB."""
    return _WKT.match(value) is not None or _WKB.fullmatch(value) is not None


def wkb_of_text(column: pa.Array | pa.ChunkedArray, name: str, first_row: int) -> pa.ChunkedArray:
    """The geometries of a column of text as WKB with all they have, as EWKB where they name an SRID.

    Blank text is no geometry, as null is. Raises `NoGeometry` with the row for text that is none; `first_row` is the
    number of the column's first one, from 0.
    """
    text = column.cast(pa.large_string())
    text = pc.if_else(pc.match_substring_regex(text, _BLANK), None, text)
    values = text.to_numpy(zero_copy_only=False)
    hexadecimal = _true(pc.match_substring_regex(text, _HEX))
    geometries: Geometries = np.full(len(values), None, dtype=object)
    if hexadecimal.any():
        digits = pc.replace_substring_regex(pc.utf8_trim_whitespace(text), r"^\\x", "")
        digits = digits.to_numpy(zero_copy_only=False)
        geometries[hexadecimal] = _each(shapely.from_wkb, digits[hexadecimal])
    written = _true(pc.is_valid(text)) & ~hexadecimal
    if written.any():
        geometries[written] = _from_wkt(text.filter(pa.array(written)))
    return _encoded(geometries, values, name, first_row)


def _encoded(geometries: Geometries, values: NDArray[np.object_], name: str, first_row: int) -> pa.ChunkedArray:
    unread = np.flatnonzero((geometries == None) & (values != None))  # noqa: E711
    curves = {}
    for place in unread:
        if (curve := _curve(values[place])) is None:
            raise _no_geometry(values[place], name, first_row + int(place))
        curves[place] = curve
    plain = shapely.to_wkb(geometries, flavor="iso")
    srids = shapely.get_srid(geometries)
    if (srids > 0).any():
        own = srids > 0
        plain[own] = shapely.to_wkb(geometries[own], flavor="extended", include_srid=True)
    for place, curve in curves.items():
        plain[place] = curve
    return pa.chunked_array([pa.array(plain, WKB, from_pandas=True)], type=WKB)


def _curve(value: str) -> bytes | None:
    """The WKB of a curve, of which straight lines are made later; None for what is none."""
    if re.match(_HEX, value):
        return hex_of_curve(value.strip().removeprefix("\\x"))
    srid = re.match(_SRID, value)
    text = re.sub(_SRID, "", value)
    return wkb_of_curve(text, int(srid["srid"]) if srid else 0) if is_curve_text(text) else None


def _from_wkt(text: pa.ChunkedArray) -> Geometries:
    """Geometries, None for text that is no WKT or a curve, or has numbers that none can be."""
    srids = pc.struct_field(pc.extract_regex(text, _SRID), "srid")
    values = (text if srids.null_count == len(srids) else pc.replace_substring_regex(text, _SRID, "")).to_numpy(
        zero_copy_only=False
    )
    values = np.where(
        _true(pc.match_substring_regex(text, _CURVES)), "", values
    )  # within a collection they stop others
    with np.errstate(over="ignore"):
        geometries = _each(shapely.from_wkt, values)
    infinite = np.isinf(shapely.bounds(geometries)).any(axis=1)
    if infinite.any():
        # what is written as infinite may be so; a number that no floating-point number holds may not
        written = _true(pc.match_substring_regex(text, r"(?i)\binf"))
        geometries[infinite & ~written] = None
    numbers = pc.fill_null(srids.cast(pa.int64()), 0).to_numpy()
    named = numbers > 0
    geometries[named] = shapely.set_srid(geometries[named], numbers[named])
    return geometries


def _each(read: Callable[..., Any], values: NDArray[np.object_]) -> Geometries:
    """What shapely reads, None for what it does not; a curve, which stops it, is read alone."""
    try:
        geometries: Geometries = read(values, on_invalid="ignore")
    except NotImplementedError:
        geometries = np.full(len(values), None, dtype=object)
        for place, value in enumerate(values):
            with suppress(NotImplementedError):
                geometries[place] = read(value, on_invalid="ignore")
    return geometries


def _no_geometry(value: str, name: str, row: int) -> NoGeometry:
    shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
    return NoGeometry(f"row {row + 1:,}: {shown!r} in column {name} is no geometry: {_why(value)}")


def _why(value: str) -> str:
    if re.search(_CURVES, value):
        return _STRAIGHTEN
    try:
        with np.errstate(over="raise"):
            if re.match(_HEX, value):
                shapely.from_wkb(value.strip().removeprefix("\\x"))
            else:
                shapely.from_wkt(re.sub(_SRID, "", value))
    except (shapely.errors.ShapelyError, ValueError) as error:
        return str(error).strip()
    except FloatingPointError:
        return "it has a number too large to be a coordinate"
    except NotImplementedError:
        return _STRAIGHTEN
    return "it cannot be read"


def _true(flags: pa.Array | pa.ChunkedArray) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.fill_null(flags, False).to_numpy(zero_copy_only=False)
    return found
