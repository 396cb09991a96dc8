"""Store what a UDF returned, each kind in the format that Fused's clients read back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fused_spec.engine import rasters, responses, tables
from fused_spec.engine.stored import JSON, PARQUET, Content, Unstorable
from fused_spec.engine.tiles import Tile

_NEITHER = (bool, int, float, str, bytes, dict)  # table nor array: asked first, since there may be very many


def stored_form(value: Any, formats: Sequence[str] = (), *, tile: Tile | None = None) -> Content:
    """A value as it is kept; raises `Unstorable` for what no format holds.

    `None` is an empty file. Of `formats` the first that the value's kind has is taken; without one a table is Parquet
    and an array a TIFF. An only format that its kind has not is refused.
    """
    if isinstance(value, _NEITHER):
        return _write_other(value, formats)
    table = tables.as_table(value)
    if table is not None:
        return tables.write_table(table, _chosen(formats, tables.FORMATS, rasters.FORMATS, "parquet"), tile)
    raster = rasters.write_raster(value, _chosen(formats, rasters.FORMATS, tables.FORMATS, "tiff"))
    return raster if raster is not None else _write_other(value, formats)


def _chosen(formats: Sequence[str], own: Sequence[str], others: Sequence[str], default: str) -> str:
    """The first format of this kind of value; a word that nobody knows is left for the writer to refuse."""
    return next((word for word in formats if word in own or word not in others), default)


def _write_other(value: Any, formats: Sequence[str]) -> Content:
    match value:
        case None:
            return Content(suffix="none", content_type=PARQUET, content=b"")
        case str():
            return Content(suffix="html", content_type="text/html", content=value.encode("utf-8", "replace"))
        case bytes() | bytearray() | memoryview():
            return _bytes(bytes(value))
        case bool() | int() | float() | list() | tuple() | Mapping() | np.generic():
            return Content(suffix="json", content_type=JSON, content=_json(value))
    if (answer := responses.as_content(value)) is not None:
        return answer
    if hasattr(value, "getvalue"):  # io.BytesIO, io.StringIO
        inside = value.getvalue()
        return _write_other(inside, formats) if isinstance(inside, str) else _bytes(bytes(inside))
    if hasattr(value, "isoformat"):
        return Content(suffix="json", content_type=JSON, content=_json(value))
    if (picture := rasters.write_picture(value, _chosen(formats, rasters.PICTURES, (), "png"))) is not None:
        return picture
    kind = type(value)
    raise Unstorable(
        f"a {kind.__module__}.{kind.__qualname__} cannot be stored; "
        "return a table, a geometry, an array, an image, text, bytes, an HTTP response, or what JSON can hold"
    )


def _bytes(content: bytes) -> Content:
    if content.startswith(b"\x89PNG"):
        return Content(suffix="png", content_type="image/png", content=content)
    if content.startswith((b"II*\0", b"MM\0*")):
        return Content(suffix="tiff", content_type="image/tiff", content=content)
    return Content(suffix="bin", content_type="application/x-binary", content=content)


def _json(value: Any) -> bytes:
    try:
        return (str(value) if type(value) is int else _ENCODER.encode(value)).encode()  # an encoder is slow to begin
    except (TypeError, ValueError) as error:
        why = "it holds NaN or infinity, which JSON has not" if isinstance(error, ValueError) else error
        raise Unstorable(f"the returned {type(value).__name__} cannot be stored as JSON: {why}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"it holds a {type(value).__name__}")


_ENCODER = json.JSONEncoder(default=_plain, allow_nan=False, ensure_ascii=False)
