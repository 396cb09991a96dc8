"""Store what a UDF returned, each kind in the format that Fused's clients read back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fused_spec.engine import labelled, rasters, responses, table_formats
from fused_spec.engine.jsonable import jsonable
from fused_spec.engine.parts import write_parts
from fused_spec.engine.stored import JSON, Content, Unstorable
from fused_spec.engine.tables import as_table
from fused_spec.engine.tiles import Tile
from fused_spec.jobdir import EMPTY

_NEITHER = (bool, int, float, str, bytes, dict)  # table nor array: asked first, since there may be very many


def stored_form(value: Any, formats: Sequence[str] = (), *, tile: Tile | None = None) -> Content:
    """A value as it is kept; raises `Unstorable` for what no format holds.

    `None` is an empty file. Of `formats` the first that the value's kind has is taken; without one a table is Parquet
    and an array a TIFF. An only format that its kind has not is refused.
    """
    if isinstance(value, _NEITHER):
        return _write_plain(value, formats, tile)
    table = as_table(value)
    if table is not None:
        chosen = _chosen(formats, table_formats.FORMATS, rasters.FORMATS, "parquet")
        return table_formats.write_table(table, chosen, tile)
    if labelled.is_labelled(value) and labelled.is_scalar(value):
        return _write_other(value.item(), formats)
    raster = rasters.write_raster(value, _raster_format(value, formats))
    return raster if raster is not None else _write_other(value, formats)


def _chosen(formats: Sequence[str], own: Sequence[str], others: Sequence[str], default: str) -> str:
    """The first format of this kind of value; a word that nobody knows is left for the writer to refuse."""
    return next((word for word in formats if word in own or word not in others), default)


def _raster_format(value: Any, formats: Sequence[str]) -> str:
    """An npy has no place for coordinates: what has them gets one only where nothing else is asked for."""
    located = labelled.is_labelled(value) or rasters.bounds_of(value) is not None
    fitting = [word for word in formats if word != "npy"] if located else []
    fitting = [word for word in fitting if word in rasters.FORMATS] or list(formats)
    return _chosen(fitting, rasters.FORMATS, table_formats.FORMATS, "tiff")


def _write_plain(value: Any, formats: Sequence[str], tile: Tile | None) -> Content:
    """What is no table and no array; but a dict may hold some, for clients that read JSON and so archives too."""
    try:
        return _write_other(value, formats)
    except Unstorable:
        if isinstance(value, dict) and (not formats or "json" in formats) and any(map(_is_large, value.values())):
            return write_parts(value, lambda part: stored_form(part, formats, tile=tile))
        raise


def _is_large(value: Any) -> bool:
    return as_table(value) is not None or labelled.is_labelled(value)


def _write_other(value: Any, formats: Sequence[str]) -> Content:
    match value:
        case None:
            return Content(suffix="none", content_type=EMPTY, content=b"")
        case str():
            return Content(suffix="html", content_type="text/html", content=value.encode("utf-8", "replace"))
        case bytes() | bytearray() | memoryview():
            return _bytes(bytes(value))
        case bool() | int() | float() | list() | tuple() | Mapping():
            return Content(suffix="json", content_type=JSON, content=_json(value))
    if (answer := responses.as_content(value)) is not None:
        return answer
    if hasattr(value, "getvalue"):  # io.BytesIO, io.StringIO
        inside = value.getvalue()
        return _write_other(inside, formats) if isinstance(inside, str) else _bytes(bytes(inside))
    others = (*table_formats.FORMATS, *rasters.FORMATS)
    if (picture := rasters.write_picture(value, _chosen(formats, rasters.PICTURES, others, "png"))) is not None:
        return picture
    if hasattr(value, "to_html"):  # a styled frame, and the figures of several libraries
        return _write_other(str(value.to_html()), formats)
    try:
        return Content(suffix="json", content_type=JSON, content=_json(jsonable(value)))
    except TypeError:
        kind = type(value)
        raise Unstorable(
            f"a {kind.__module__}.{kind.__qualname__} cannot be stored; "
            "return a table, a geometry, an array, an image, text, bytes, an HTTP response, or what JSON can hold"
        ) from None


def _bytes(content: bytes) -> Content:
    if content.startswith(b"\x89PNG"):
        return Content(suffix="png", content_type="image/png", content=content)
    if content.startswith((b"II*\0", b"MM\0*")):
        return Content(suffix="tiff", content_type="image/tiff", content=content)
    return Content(suffix="bin", content_type="application/x-binary", content=content)


def _json(value: Any) -> bytes:
    try:
        return (str(value) if type(value) is int else _ENCODER.encode(value)).encode()  # an encoder is slow to begin
    except (TypeError, ValueError, RecursionError):  # something in it needs another form first, or has none
        pass
    try:
        return _ENCODER.encode(jsonable(value)).encode()
    except RecursionError as error:
        raise _no_json(value, "it holds itself, or is nested very deeply") from error
    except (TypeError, ValueError) as error:
        raise _no_json(value, str(error)) from error


def _no_json(value: Any, why: str) -> Unstorable:
    return Unstorable(f"the returned {type(value).__name__} cannot be stored as JSON: {why}")


_ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False)
