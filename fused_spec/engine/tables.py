"""Tables that a UDF returned, in the formats in which Fused hands them out."""

from io import BytesIO
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
from shapely.geometry.base import BaseGeometry

from fused_spec.engine.stored import JSON, PARQUET, Content, Unstorable
from fused_spec.engine.tiles import Tile, extent

FORMATS = ("parquet", "geojson", "json", "csv", "html", "feather", "mvt", "xml")
_FEATHER = "application/vnd.apache.arrow.file"
_MVT = "application/vnd.mapbox-vector-tile"


def as_table(value: Any) -> pd.DataFrame | None:
    """A frame, a series or a geometry as a frame; None for any other value."""
    match value:
        case gpd.GeoSeries():
            return _geo_frame(value)
        case gpd.GeoDataFrame() if value.active_geometry_name is None:
            return pd.DataFrame(value)
        case pd.DataFrame():
            return value
        case pd.Series():
            return value.to_frame(name=value.name if value.name is not None else "value")
        case BaseGeometry():
            return _geo_frame(gpd.GeoSeries([value], crs=4326))
        case pa.Table():
            return pd.DataFrame(value.to_pandas())
    kind = f"{type(value).__module__.partition('.')[0]}.{type(value).__name__}"
    if kind == "polars.DataFrame":
        return pd.DataFrame(value.to_arrow().to_pandas())
    return _of_cells(value) if kind in ("xarray.Dataset", "xarray.DataArray") else None


def _of_cells(labelled: Any) -> pd.DataFrame | None:
    """One row for each cell of an xarray; None for one that is an image, or a stack of them."""
    variables = list(labelled.data_vars.values()) if hasattr(labelled, "data_vars") else [labelled]
    if len(variables) == 1 and variables[0].ndim in (2, 3):
        return None
    named = labelled if hasattr(labelled, "data_vars") or labelled.name else labelled.rename("value")
    return pd.DataFrame(named.to_dataframe().reset_index())


def write_table(table: pd.DataFrame, output_format: str, tile: Tile | None = None) -> Content:
    """The table in one of `FORMATS`; raises `Unstorable` for what that cannot hold."""
    match output_format:
        case "parquet":
            return Content(suffix="parquet", content_type=PARQUET, content=_parquet(table))
        case "feather":
            buffer = BytesIO()
            _named(table).reset_index(drop=True).to_feather(buffer)
            return Content(
                suffix="feather", content_type="application/vnd.apache.arrow.file", content=buffer.getvalue()
            )
        case "mvt" if isinstance(table, gpd.GeoDataFrame):
            return Content(suffix="mvt", content_type=_MVT, content=_vector_tile(table, tile))
        case "geojson" if isinstance(table, gpd.GeoDataFrame):
            text = table.to_json(to_wgs84=table.crs is not None)
            return Content(suffix="geojson", content_type="application/geo+json", content=text.encode())
        case "json" | "geojson":
            text = _without_geometry(table).to_json(orient="records", date_format="iso")
            return Content(suffix="json", content_type=JSON, content=text.encode())
        case "csv":
            text = _without_geometry(table).to_csv(index=False)
            return Content(suffix="csv", content_type="text/csv", content=text.encode())
        case "xml":
            text = _without_geometry(_named(table)).to_xml(index=False, parser="etree")
            return Content(suffix="xml", content_type="application/xml", content=text.encode())
        case "html":
            text = _without_geometry(table).to_html()
            return Content(suffix="html", content_type="text/html", content=text.encode())
    known = ", ".join(FORMATS)
    raise Unstorable(f"no output format {output_format} for this table; there are {known}")


def _geo_frame(geometry: gpd.GeoSeries) -> pd.DataFrame:
    frame: pd.DataFrame = gpd.GeoDataFrame(geometry=geometry)
    return frame


def _named(table: pd.DataFrame) -> pd.DataFrame:
    """Parquet's columns have text names."""
    return table.rename(columns=str)


def _without_geometry(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its geometry as WKT text."""
    return pd.DataFrame(table.to_wkt()) if isinstance(table, gpd.GeoDataFrame) else table


def _parquet(table: pd.DataFrame) -> bytes:
    buffer = BytesIO()
    try:
        # An index worth keeping is one that has a name.
        _named(table).to_parquet(buffer, index=any(name is not None for name in table.index.names))
    except (ValueError, TypeError, NotImplementedError) as error:
        raise Unstorable(f"the returned table cannot be stored as Parquet: {error}") from error
    return buffer.getvalue()


def _vector_tile(table: gpd.GeoDataFrame, tile: Tile | None) -> bytes:
    """One layer of the tile's extent, by the Mapbox Vector Tile specification 2.1."""
    import mapbox_vector_tile

    if tile is None:
        raise Unstorable("mvt is a format of tiles; ask for /tiles/{z}/{x}/{y}")
    located = table if table.crs is not None else table.set_crs(4326)
    west, south, east, north = gpd.GeoSeries.from_xy(*_corners(tile), crs=4326).to_crs(3857).total_bounds
    projected = located.to_crs(3857)
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
