"""Tables in the formats in which Fused hands them out."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from fused_spec.engine.jsonable import jsonable
from fused_spec.engine.stored import JSON, PARQUET, Content, Unstorable
from fused_spec.engine.tables import has_telling_index, named, with_index
from fused_spec.engine.tiles import Tile, extent

FORMATS = ("parquet", "geojson", "json", "csv", "html", "feather", "mvt", "xml", "excel")
_DIGITS = 15
_NO_XML_NAME = r"^(?=[^A-Za-z_])|[^A-Za-z0-9_.-]"


def write_table(table: pd.DataFrame, output_format: str, tile: Tile | None = None) -> Content:
    """The table in one of `FORMATS`; raises `Unstorable` for what that cannot hold."""
    if not isinstance(table, gpd.GeoDataFrame):
        output_format = {"geojson": "json", "mvt": "mvt without geometry"}.get(output_format, output_format)
    if output_format not in FORMATS:
        raise Unstorable(f"no output format {output_format} for this table; there are {', '.join(FORMATS)}")
    table = named(table)
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise Unstorable(f"two columns of the returned table are named {twice}; rename one of them")
    try:
        if output_format == "mvt":
            return Content(
                suffix="mvt", content_type="application/vnd.mapbox-vector-tile", content=_vector_tile(table, tile)
            )
        if output_format == "excel":
            from fused_spec.engine.excel import write_excel  # seldom needed

            return write_excel(_without_geometry(with_index(table)))
        content_type, write = _WRITERS[output_format]
        return Content(suffix=output_format, content_type=content_type, content=write(table))
    except Unstorable:
        raise
    # A frame may hold any object, and each of these libraries has errors of its own for what it cannot write.
    except Exception as error:
        raise Unstorable(
            f"the returned table cannot be stored as {output_format}: {_why(error)}; {_advice(table)}"
        ) from error


def _parquet(table: pd.DataFrame) -> bytes:
    buffer = BytesIO()
    table.to_parquet(buffer, index=has_telling_index(table))
    return buffer.getvalue()


def _feather(table: pd.DataFrame) -> bytes:
    buffer = BytesIO()
    with_index(table).reset_index(drop=True).to_feather(buffer)
    return buffer.getvalue()


def _geojson(table: pd.DataFrame) -> bytes:
    whole: gpd.GeoDataFrame = with_index(table).reset_index(drop=True)
    others = [name for name in whole.columns[whole.dtypes == "geometry"] if name != whole.active_geometry_name]
    whole = whole.assign(**{str(name): whole[name].to_wkt() for name in others})
    whole = whole.replace([np.inf, -np.inf], np.nan)  # which are missing too in JSON
    return str(whole.to_json(to_wgs84=whole.crs is not None, default=jsonable)).encode()


def _json(table: pd.DataFrame) -> bytes:
    flat = _without_geometry(with_index(table))
    text = flat.to_json(orient="records", date_format="iso", double_precision=_DIGITS, default_handler=jsonable)
    return text.encode()


def _csv(table: pd.DataFrame) -> bytes:
    return _without_geometry(with_index(table)).to_csv(index=False).encode()


def _html(table: pd.DataFrame) -> bytes:
    with pd.option_context("display.max_colwidth", None):
        return _without_geometry(table).to_html().encode()


def _xml(table: pd.DataFrame) -> bytes:
    flat = _without_geometry(with_index(table)).reset_index(drop=True)
    objects = flat[flat.columns[flat.dtypes == "object"]]
    texts = objects.apply(lambda column: column.map(lambda one: one if pd.api.types.is_scalar(one) else str(one)))
    flat = flat.assign(**{str(name): texts[name] for name in texts})
    flat.columns = flat.columns.astype(str).str.replace(_NO_XML_NAME, "_", regex=True)
    return flat.to_xml(index=False, parser="etree").encode()


_WRITERS: Mapping[str, tuple[str, Callable[[pd.DataFrame], bytes]]] = {
    "parquet": (PARQUET, _parquet),
    "feather": ("application/vnd.apache.arrow.file", _feather),
    "geojson": ("application/geo+json", _geojson),
    "json": (JSON, _json),
    "csv": ("text/csv", _csv),
    "xml": ("application/xml", _xml),
    "html": ("text/html", _html),
}


def _without_geometry(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its geometry as WKT text."""
    return pd.DataFrame(table.to_wkt()) if isinstance(table, gpd.GeoDataFrame) else table


def _why(error: Exception) -> str:
    """What a library says; pyarrow says it in several pieces."""
    said = error.args if all(isinstance(piece, str) for piece in error.args) else (str(error),)
    return "; ".join(piece.strip().rstrip(".") for piece in said) or type(error).__name__


def _advice(table: pd.DataFrame) -> str:
    for name in table.columns[table.dtypes == "object"]:
        if any(isinstance(value, BaseGeometry) for value in table[name]):
            return f"{name} holds geometries, so return a GeoDataFrame: geopandas.GeoDataFrame(df, geometry={name!r})"
    return "give each column values of one kind (astype(str) makes text of any)"


def _vector_tile(table: pd.DataFrame, tile: Tile | None) -> bytes:
    """One layer of the tile's extent, by the Mapbox Vector Tile specification 2.1."""
    import mapbox_vector_tile

    if tile is None:
        raise Unstorable("mvt is a format of tiles; ask for /tiles/{z}/{x}/{y}")
    assert isinstance(table, gpd.GeoDataFrame)
    located = table if table.crs is not None else table.set_crs(4326)
    west, south, east, north = gpd.GeoSeries.from_xy(*_corners(tile), crs=4326).to_crs(3857).total_bounds
    projected = with_index(located.to_crs(3857))
    columns = [name for name in projected.columns if name != projected.geometry.name]
    features = [
        {
            "geometry": geometry,
            "properties": {str(name): _plain(value) for name, value in zip(columns, row, strict=True)},
        }
        for geometry, row in zip(projected.geometry, projected[columns].itertuples(index=False), strict=True)
        if geometry is not None and not geometry.is_empty
    ]
    layers = [{"name": "udf", "features": features}]
    encoded: bytes = mapbox_vector_tile.encode(
        layers, default_options={"quantize_bounds": (west, south, east, north), "extents": 4096}
    )
    return encoded


def _corners(tile: Tile) -> tuple[list[float], list[float]]:
    west, south, east, north = extent(tile)
    return [west, east], [south, north]


def _plain(value: Any) -> Any:
    """A property as the format holds it: text, a number or a truth value."""
    value = value.item() if hasattr(value, "item") else value
    return value if isinstance(value, str | int | float | bool) else str(value)
