"""Read Parquet, with the geometry that GeoParquet, Parquet itself or a bare column named `geometry` gives it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq

from fused_spec.engine.ingest.budget import batch_rows
from fused_spec.engine.ingest.columns import check_unique
from fused_spec.engine.ingest.layer import Batch, Choice, Layer
from fused_spec.engine.ingest.wkb import GEOMETRY, WKB, encode

_FIRST_ROWS = 1024
_EXTENSION = b"ARROW:extension:name"
_WKB_EXTENSIONS = (b"geoarrow.wkb", b"ogc.wkb")


def open_parquet(path: Path, choose: Choice, *, plain: bool) -> Layer:
    """The layer of a Parquet file; raises what pyarrow does."""
    with pq.ParquetFile(path) as file:  # not a dataset: it would make columns of the folders' names
        schema = file.schema_arrow
        rows = _rows_at_a_time(file)
    check_unique(schema.names)
    name, described = (None, {}) if plain else _geometry_of(schema)
    chosen = [one for one in choose(schema.names) if one != name]
    encoding = described.get("encoding", "WKB")
    return Layer(
        attributes=pa.schema([schema.field(one) for one in chosen]),
        batches=lambda: _batches(path, chosen, name, encoding, rows),
        has_geometry=name is not None,
        # GeoParquet: no crs means CRS84, a null means that nobody knows.
        crs=described.get("crs", "OGC:CRS84") if name is not None else None,
    )


def _rows_at_a_time(file: pq.ParquetFile) -> int:
    """The rows of a batch, from the size of the file and of its first rows: repeated text is larger in memory."""
    meta = file.metadata
    in_file = sum(meta.row_group(number).total_byte_size for number in range(meta.num_row_groups))
    first = next(file.iter_batches(batch_size=_FIRST_ROWS), None)
    if first is None or not len(first):
        return 1
    return min(batch_rows(in_file, meta.num_rows), batch_rows(first.nbytes, len(first)))


def _batches(path: Path, chosen: Sequence[str], name: str | None, encoding: str, rows: int) -> Iterator[Batch]:
    columns = [*chosen, *([name] if name is not None else [])]
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=rows, columns=columns):
            table = pa.Table.from_batches([batch])
            geometry = None if name is None else _wkb(table, name, encoding)
            yield Batch(attributes=table.select(list(chosen)).replace_schema_metadata(None), geometry=geometry)


def _wkb(table: pa.Table, name: str, encoding: str) -> pa.ChunkedArray:
    column = table[name]
    if encoding == "WKB":
        return column.cast(WKB)
    field = pa.field(name, column.type, metadata={_EXTENSION: f"geoarrow.{encoding}".encode()})
    decoded = gpd.GeoDataFrame.from_arrow(pa.table([column], schema=pa.schema([field])))[name]
    return pa.chunked_array([encode(decoded.to_numpy())], type=WKB)


def _geometry_of(schema: pa.Schema) -> tuple[str | None, Mapping[str, Any]]:
    """The name of the geometry column, and what the file says of it."""
    text = (schema.metadata or {}).get(b"geo")
    if text is not None:
        try:
            geo = json.loads(text)
            name = geo["primary_column"]
            schema.field(name)
            return name, geo["columns"][name]
        except (ValueError, KeyError, TypeError) as error:
            raise pa.ArrowInvalid("its GeoParquet metadata is broken") from error
    for field in schema:
        if (field.metadata or {}).get(_EXTENSION) in _WKB_EXTENSIONS:
            return field.name, {"encoding": "WKB", "crs": _crs_of(field)}
    position = schema.get_field_index(GEOMETRY)
    if position >= 0 and (pa.types.is_binary(kind := schema.field(position).type) or pa.types.is_large_binary(kind)):
        return GEOMETRY, {"encoding": "WKB", "crs": None}
    return None, {}


def _crs_of(field: pa.Field) -> Any:
    """What the metadata of an extension type say of the coordinate system, None where they say nothing."""
    text = field.metadata.get(b"ARROW:extension:metadata", b"")
    try:
        return json.loads(text or b"{}").get("crs")
    except (ValueError, AttributeError) as error:
        raise pa.ArrowInvalid(f"the metadata of its column {field.name} are broken") from error
