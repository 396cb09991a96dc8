"""Read one file: Parquet and CSV with pyarrow, everything else with GDAL, none of it through geometry objects."""

import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.columns import check_unique
from fused_spec.engine.ingest.notes import note, shown
from fused_spec.engine.ingest.wkb import GEOMETRY, WKB, encode
from fused_spec.wire import GdalConfig

Choice = Callable[[Sequence[str]], list[str]]
"""Given the names of the columns that are there, those to read."""

_PARQUET = frozenset({".parquet", ".pq", ".geoparquet"})
_ARCHIVED = (".shp", ".gpkg", ".geojson", ".json", ".fgb", ".gml", ".kml", ".csv")
_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_LARGEST_CSV_BLOCK = 2**31 - 2
_UNREADABLE = (OSError, pa.ArrowException, DataSourceError, DataLayerError, FieldError, GeometryError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What a file holds: attributes, and the WKB of its geometry in coordinates of `crs` (None: it says none)."""

    attributes: pa.Table
    geometry: pa.ChunkedArray | None = None
    crs: Any = None


def read_layer(path: Path, choose: Choice, gdal: GdalConfig, *, plain: bool) -> Layer:
    """Read a file; `plain` leaves geometry alone. Raises `StepFailed` when the file cannot be read."""
    suffix = path.suffix.lower()
    try:
        if suffix in _PARQUET:
            layer = _read_parquet(path, choose, plain=plain)
        elif suffix in _DELIMITERS and plain:
            layer = _read_csv(path, choose)
        else:
            layer = _read_gdal(path, choose, gdal, plain=plain)
    except _UNREADABLE as error:
        raise StepFailed(f"{shown(path)} cannot be read: {error}") from error
    check_unique(layer.attributes.column_names)
    return layer


def _read_parquet(path: Path, choose: Choice, *, plain: bool) -> Layer:
    with pq.ParquetFile(path) as file:  # not read_table: it would make columns of the folders' names
        schema = file.schema_arrow
        name, described = (None, {}) if plain else _geometry_of(schema)
        chosen = [one for one in choose(schema.names) if one != name]
        attributes = file.read(columns=chosen).replace_schema_metadata(None)
        if name is None:
            return Layer(attributes=attributes)
        if described.get("encoding") == "WKB":
            geometry = file.read(columns=[name])[name].cast(WKB)
        else:
            decoded = gpd.read_parquet(path, columns=[name]).geometry.to_numpy()
            geometry = pa.chunked_array([encode(decoded)], type=WKB)
    # GeoParquet: no crs means CRS84, a null means that nobody knows.
    return Layer(attributes=attributes, geometry=geometry, crs=described.get("crs", "OGC:CRS84"))


def _geometry_of(schema: pa.Schema) -> tuple[str | None, dict[str, Any]]:
    """The name of the geometry column, and what the file says of it."""
    text = (schema.metadata or {}).get(b"geo")
    if text is not None:
        try:
            geo = json.loads(text)
            name = geo["primary_column"]
            return name, geo["columns"][name]
        except (ValueError, KeyError, TypeError) as error:
            raise pa.ArrowInvalid("its GeoParquet metadata is broken") from error
    position = schema.get_field_index(GEOMETRY)
    if position >= 0 and (pa.types.is_binary(kind := schema.field(position).type) or pa.types.is_large_binary(kind)):
        return GEOMETRY, {"encoding": "WKB", "crs": None}
    return None, {}


def _read_csv(path: Path, choose: Choice) -> Layer:
    # One block, so that a column's type comes from all of its rows and not from the first megabyte.
    block = min(max(path.stat().st_size, 1) + 1, _LARGEST_CSV_BLOCK)
    table = pyarrow.csv.read_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(block_size=block),
        parse_options=pyarrow.csv.ParseOptions(delimiter=_DELIMITERS[path.suffix.lower()], newlines_in_values=True),
    )
    check_unique(table.column_names)
    for field in table.schema:
        if pa.types.is_binary(field.type):
            raise StepFailed(f"{shown(path)} cannot be read: column {field.name} is not UTF-8 text; convert the file")
    return Layer(attributes=table.select(choose(table.column_names)))


def _read_gdal(path: Path, choose: Choice, gdal: GdalConfig, *, plain: bool) -> Layer:
    options = dict(gdal.open_options)
    source = _within_archive(path)
    if path.suffix.lower() in _DELIMITERS:
        options.setdefault("AUTODETECT_TYPE", "YES")
    layer = gdal.layer if gdal.layer is not None else _first_layer(source)
    present = [str(name) for name in pyogrio.read_info(source, layer=layer, **options)["fields"]]
    chosen = choose(present)
    meta, table = pyogrio.read_arrow(source, layer=layer, columns=chosen, read_geometry=not plain, **options)
    name = meta["geometry_name"] or "wkb_geometry"
    attributes = table.select(chosen).replace_schema_metadata(None)
    if plain or name not in table.column_names:
        return Layer(attributes=attributes)
    return Layer(attributes=attributes, geometry=table[name].cast(WKB), crs=meta["crs"])


def _within_archive(path: Path) -> str:
    """The path as GDAL takes it: of a zip archive with one table in it, at whatever depth, that table's."""
    if path.suffix.lower() != ".zip" or not zipfile.is_zipfile(path):  # spreadsheets are zip archives too
        return str(path)
    with zipfile.ZipFile(path) as archive:
        tables = [name for name in archive.namelist() if name.lower().endswith(_ARCHIVED) and "__MACOSX" not in name]
    return f"/vsizip/{path}/{tables[0]}" if len(tables) == 1 else f"/vsizip/{path}"


def _first_layer(source: str) -> str | None:
    names = [str(name) for name, _ in pyogrio.list_layers(source)]
    if len(names) > 1:
        note(
            f"{shown(Path(source))} has the layers {', '.join(names)}; "
            "the first is read, gdal_config.layer names another"
        )
    return names[0] if names else None
