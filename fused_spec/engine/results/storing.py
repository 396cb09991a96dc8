"""Store what a UDF returned, each kind in the format that Fused's clients read back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from fused_spec.engine.calling.tiles import Tile
from fused_spec.engine.results import responses
from fused_spec.engine.results.parts import write_parts
from fused_spec.engine.results.plain_values import write_bytes, write_json, write_text
from fused_spec.engine.results.rasters import arrays as labelled
from fused_spec.engine.results.rasters import images as rasters
from fused_spec.engine.results.stored import Content, Unstorable
from fused_spec.engine.results.tables import formats as table_formats
from fused_spec.engine.results.tables.frames import (
    as_arrow,
    as_table,
    handed_over_as_floats,
    has_numbered_labels,
    is_geoarrow,
)
from fused_spec.engine.results.unfinished import known_step, missing_step
from fused_spec.jobs.folder import EMPTY

_NEITHER = (
    bool,
    int,
    float,
    str,
    bytes,
    dict,
    type(None),
)  # table nor array: asked first, since there may be very many


def stored_form(value: Any, formats: Sequence[str] = (), *, tile: Tile | None = None) -> Content:
    """A value as it is kept; raises `Unstorable` for what no format holds.

    `None` is an empty file. Of `formats` the first that the value's kind has is taken; without one a table is Parquet
    and an array a TIFF. An only format that its kind has not is refused.
    """
    if isinstance(value, _NEITHER):
        return _write_plain(value, formats, tile)
    content = _write_table(value, formats, tile)
    if content is None and labelled.is_labelled(value) and labelled.is_scalar(value):
        content = _write_other(value.values[()], formats)
    if content is not None:
        content.lossy = (*content.lossy, *_lost_before(value))
        return content
    raster = rasters.write_raster(value, _raster_format(value, formats))
    return raster if raster is not None else _write_other(value, formats)


def _write_table(value: Any, formats: Sequence[str], tile: Tile | None) -> Content | None:
    arrow = as_arrow(value)
    chosen = _chosen(formats, table_formats.FORMATS, rasters.FORMATS, "parquet")
    if arrow is not None and chosen in ("parquet", "feather") and not is_geoarrow(arrow):
        return table_formats.write_arrow_table(arrow, chosen)
    table = as_table(value if arrow is None else arrow)
    return None if table is None else table_formats.write_table(table, chosen, tile)


def _lost_before(value: Any) -> Iterator[str]:
    """What is lost where a value becomes a table, or a plain one."""
    if labelled.is_labelled(value):
        yield from labelled.losses(value)
    if has_numbered_labels(value):
        yield "the labels of the series, whole numbers without a name, are left out; rename_axis('…') keeps them"
    for name in handed_over_as_floats(value):
        yield f"column {name}: DuckDB hands over a HUGEINT as a float; cast one of more than 15 digits (::VARCHAR)"


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
        if not isinstance(value, dict) or (formats and "json" not in formats):
            raise
        with suppress(RecursionError):  # it holds itself
            if _is_part(value):
                return write_parts(value, lambda part: stored_form(part, formats, tile=tile))
        raise


def _is_part(value: Any) -> bool:
    """Whether it is, or a dict that holds, what stands in a file of its own where JSON cannot hold it."""
    if isinstance(value, dict):
        return any(_is_part(one) for one in value.values() if one is not value)
    if isinstance(value, _NEITHER):
        return isinstance(value, bytes)
    return rasters.is_picture(value) or as_table(value) is not None or labelled.is_labelled(value)


def _write_other(value: Any, formats: Sequence[str]) -> Content:
    match value:
        case None:
            return Content(suffix="none", content_type=EMPTY, content=b"")
        case str():
            return write_text(value)
        case bytes() | bytearray() | memoryview():
            return write_bytes(bytes(value))
        case bool() | int() | float() | list() | tuple() | Mapping():
            return _json(value)
    if (step := known_step(value)) is not None:  # before it is asked for anything, since some of them have all names
        raise Unstorable(f"{_kind(value)} cannot be stored as it is; {step}")
    if (answer := responses.as_content(value)) is not None:
        return answer
    if hasattr(value, "getvalue"):  # io.BytesIO, io.StringIO
        inside = value.getvalue()
        return write_text(inside) if isinstance(inside, str) else write_bytes(bytes(inside))
    if (step := missing_step(value)) is not None:
        raise Unstorable(f"{_kind(value)} cannot be stored as it is; {step}")
    others = (*table_formats.FORMATS, *rasters.FORMATS)
    if (picture := rasters.write_picture(value, _chosen(formats, rasters.PICTURES, others, "png"))) is not None:
        return picture
    if hasattr(value, "to_html"):  # a styled frame, and the figures of several libraries
        return write_text(str(value.to_html()))
    try:
        return write_json(value)
    except TypeError as error:
        raise Unstorable(_unknown(value, error)) from None
    except (ValueError, RecursionError) as error:
        raise _no_json(value, error) from error


def _unknown(value: Any, error: TypeError) -> str:
    inside = f"it holds a {type(value).__name__}" not in str(error)  # of itself it is nothing to say
    return (
        f"{_kind(value)} cannot be stored{f': {error}' if inside else ''}; "
        "return a table, a geometry, an array, an image, text, bytes, an HTTP response, or what JSON can hold"
    )


def _kind(value: Any) -> str:
    return f"a {type(value).__module__}.{type(value).__qualname__}"


def _json(value: Any) -> Content:
    try:
        return write_json(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise _no_json(value, error) from error


def _no_json(value: Any, error: Exception) -> Unstorable:
    why = "it holds itself, or is nested very deeply" if isinstance(error, RecursionError) else str(error)
    held = list(value) if isinstance(value, list | tuple) else list(value.values()) if isinstance(value, dict) else []
    parts = not isinstance(value, dict) and any(not isinstance(one, dict) and _is_part(one) for one in held)
    advice = "; return one of them, or a dict with a name for each" if parts else ""
    if not parts and (step := next(filter(None, map(_missing_step, held)), None)) is not None:
        advice = f"; {step}"
    return Unstorable(f"the returned {type(value).__name__} cannot be stored as JSON: {why}{advice}")


def _missing_step(value: Any) -> str | None:
    return None if isinstance(value, _NEITHER) or value is None else missing_step(value)
