"""Store what a UDF returned, each kind in the format that Fused's clients read back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

PARQUET = "application/octet-stream"
JSON = "application/json"


class Unstorable(Exception):
    """A value that has no stored form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResult:
    name: str
    content_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    suffix: str
    content_type: str
    content: bytes


def write_result(value: Any, folder: Path, index: int, output_format: str | None = None) -> StoredResult:
    """Store a value as `<index>.<suffix>`; raises `Unstorable` for what no format holds.

    `None` is an empty file. `output_format` (parquet, geojson, json, csv, html) chooses the format of tables.
    """
    table = _as_table(value)
    content = _write_table(table, output_format or "parquet") if table is not None else _write_other(value)
    name = f"{index}.{content.suffix}"
    (folder / name).write_bytes(content.content)
    return StoredResult(name=name, content_type=content.content_type)


def _as_table(value: Any) -> pd.DataFrame | None:
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
    return None


def _geo_frame(geometry: gpd.GeoSeries) -> pd.DataFrame:
    frame: pd.DataFrame = gpd.GeoDataFrame(geometry=geometry)
    return frame


def _write_table(table: pd.DataFrame, output_format: str) -> _Content:
    match output_format:
        case "parquet":
            return _Content(suffix="parquet", content_type=PARQUET, content=_parquet(table))
        case "geojson" if isinstance(table, gpd.GeoDataFrame):
            text = table.to_json(to_wgs84=table.crs is not None)
            return _Content(suffix="geojson", content_type="application/geo+json", content=text.encode())
        case "json" | "geojson":
            text = _without_geometry(table).to_json(orient="records", date_format="iso")
            return _Content(suffix="json", content_type=JSON, content=text.encode())
        case "csv":
            text = _without_geometry(table).to_csv(index=False)
            return _Content(suffix="csv", content_type="text/csv", content=text.encode())
        case "html":
            text = _without_geometry(table).to_html()
            return _Content(suffix="html", content_type="text/html", content=text.encode())
    raise Unstorable(f"no output format {output_format} for a table; there are parquet, geojson, json, csv, html")


def _without_geometry(table: pd.DataFrame) -> pd.DataFrame:
    """The table with its geometry as WKT text."""
    return pd.DataFrame(table.to_wkt()) if isinstance(table, gpd.GeoDataFrame) else table


def _parquet(table: pd.DataFrame) -> bytes:
    # Parquet's columns have text names, and an index worth keeping is one that has a name.
    named = table.rename(columns=str)
    buffer = BytesIO()
    try:
        named.to_parquet(buffer, index=any(name is not None for name in table.index.names))
    except (ValueError, TypeError, NotImplementedError) as error:
        raise Unstorable(f"the returned table cannot be stored as Parquet: {error}") from error
    return buffer.getvalue()


def _write_other(value: Any) -> _Content:
    match value:
        case None:
            return _Content(suffix="none", content_type=PARQUET, content=b"")
        case str():
            return _Content(suffix="html", content_type="text/html", content=value.encode("utf-8", "replace"))
        case bytes() | bytearray() | memoryview():
            return _bytes(bytes(value))
        case np.ndarray():
            return _array(value)
        case (np.ndarray() as array, _):
            return _array(array)
        case bool() | int() | float() | list() | tuple() | Mapping() | np.generic():
            return _Content(suffix="json", content_type=JSON, content=_json(value))
    if hasattr(value, "body") and hasattr(value, "media_type"):  # an HTTP response, as starlette's
        return _Content(suffix="html", content_type=value.media_type or PARQUET, content=bytes(value.body))
    if hasattr(value, "getvalue"):  # io.BytesIO
        return _bytes(bytes(value.getvalue()))
    if hasattr(value, "to_dataframe"):  # xarray
        return _write_table(value.to_dataframe().reset_index(), "parquet")
    kind = type(value)
    raise Unstorable(
        f"a {kind.__module__}.{kind.__qualname__} cannot be stored; "
        "return a table, a geometry, an array, text, bytes, or what JSON can hold"
    )


def _bytes(content: bytes) -> _Content:
    if content.startswith(b"\x89PNG"):
        return _Content(suffix="png", content_type="image/png", content=content)
    if content.startswith((b"II*\0", b"MM\0*")):
        return _Content(suffix="tiff", content_type="image/tiff", content=content)
    return _Content(suffix="bin", content_type="application/x-binary", content=content)


def _array(array: np.ndarray) -> _Content:
    if array.dtype.hasobject:
        raise Unstorable("an array of objects cannot be stored; give it a numeric type")
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return _Content(suffix="npy", content_type="application/x-numpy-data", content=buffer.getvalue())


def _json(value: Any) -> bytes:
    try:
        return json.dumps(value, default=_plain, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise Unstorable(f"the returned {type(value).__name__} cannot be stored as JSON: {error}") from error


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"it holds a {type(value).__name__}")
