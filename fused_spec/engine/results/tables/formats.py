"""Tables in the formats in which Fused hands them out."""

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from fused_spec.engine.calling.tiles import Tile
from fused_spec.engine.results.stored import JSON, PARQUET, Content, Tell, Unstorable
from fused_spec.engine.results.tables.arrow import feather, parquet, write_arrow
from fused_spec.engine.results.tables.as_json import as_geojson_features, as_json
from fused_spec.engine.results.tables.described import facts_of, facts_of_arrow
from fused_spec.engine.results.tables.flat import without_geometry
from fused_spec.engine.results.tables.frames import named, with_index
from fused_spec.engine.results.tables.texts import as_csv, as_html, as_xml
from fused_spec.engine.results.tables.vector_tile import vector_tile

FORMATS = ("parquet", "geojson", "json", "csv", "html", "feather", "mvt", "xml", "excel")
_ONE_KIND = "give each column values of one kind (astype(str) makes text of any)"
_FEATHER = "application/vnd.apache.arrow.file"
_VECTOR_TILE = "application/vnd.mapbox-vector-tile"


def write_table(table: pd.DataFrame, output_format: str, tile: Tile | None = None) -> Content:
    """The table in one of `FORMATS`; raises `Unstorable` for what that cannot hold."""
    if not isinstance(table, gpd.GeoDataFrame):
        output_format = {"geojson": "json", "mvt": "mvt without geometry"}.get(output_format, output_format)
    _check_format(output_format)
    lossy: dict[str, None] = {}
    tell = lossy.setdefault
    flat = named(table, tell)
    _check_names(list(flat.columns))
    try:
        content = _written(flat, output_format, tile, tell)
    except Unstorable:
        raise
    # A frame may hold any object, and each of these libraries has errors of its own for what it cannot write.
    except Exception as error:
        raise Unstorable(
            f"the returned table cannot be stored as {output_format}: {_why(error)}; {_ONE_KIND}"
        ) from error
    if table.attrs and output_format not in ("parquet", "feather"):
        tell("the attrs of the table are not kept")
    content.lossy, content.facts = tuple(lossy), facts_of(table)
    return content


def write_arrow_table(table: pa.Table, output_format: str) -> Content:
    """An Arrow table as Parquet or Feather, with the types that it has."""
    _check_names(table.column_names)
    lossy: dict[str, None] = {}
    try:
        content = write_arrow(table, output_format, lossy.setdefault)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise Unstorable(
            f"the returned table cannot be stored as {output_format}: {_why(error)}; give each column another type"
        ) from error
    content_type = PARQUET if output_format == "parquet" else _FEATHER
    return Content(
        suffix=output_format,
        content_type=content_type,
        content=content,
        lossy=tuple(lossy),
        facts=facts_of_arrow(table),
    )


def _written(table: pd.DataFrame, output_format: str, tile: Tile | None, tell: Tell) -> Content:
    if output_format == "excel":
        from fused_spec.engine.results.tables.excel import write_excel  # seldom needed

        return write_excel(without_geometry(with_index(table), "Excel", tell), tell)
    if output_format == "mvt":
        return Content(suffix="mvt", content_type=_VECTOR_TILE, content=vector_tile(table, tile, tell))
    content_type, write = _WRITERS[output_format]
    return Content(suffix=output_format, content_type=content_type, content=write(table, tell))


_WRITERS: Mapping[str, tuple[str, Callable[[Any, Tell], bytes]]] = {
    "parquet": (PARQUET, parquet),
    "feather": (_FEATHER, feather),
    "geojson": ("application/geo+json", as_geojson_features),
    "json": (JSON, as_json),
    "csv": ("text/csv", as_csv),
    "xml": ("application/xml", as_xml),
    "html": ("text/html", as_html),
}


def _check_format(output_format: str) -> None:
    if output_format not in FORMATS:
        raise Unstorable(f"no output format {output_format} for this table; there are {', '.join(FORMATS)}")


def _check_names(names: list[str]) -> None:
    """Each name once, and such as a file can hold."""
    known = set[str]()
    for name in names:
        if name in known:
            raise Unstorable(f"two columns of the returned table are named {name}; rename one of them")
        known.add(name)
        if not name.isascii() and name.encode("utf-8", "ignore").decode() != name:
            raise Unstorable("the name of a column holds half a character (a lone surrogate), which UTF-8 has not")


def _why(error: Exception) -> str:
    """What a library says; pyarrow says it in several pieces."""
    if isinstance(error, UnicodeEncodeError):
        return "a text holds half a character (a lone surrogate), which UTF-8 has not"
    said = error.args if all(isinstance(piece, str) for piece in error.args) else (str(error),)
    return "; ".join(piece.strip().rstrip(".") for piece in said) or type(error).__name__
