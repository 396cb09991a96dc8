"""Read Parquet, with the geometry that GeoParquet, Parquet itself or a bare column named `geometry` gives it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from fused_spec.engine.ingest.budget import batch_rows
from fused_spec.engine.ingest.columns import check_unique
from fused_spec.engine.ingest.inputs import Input
from fused_spec.engine.ingest.layer import Batch, Choice, Layer
from fused_spec.engine.ingest.wkb import GEOMETRY, WKB, encode

_FIRST_ROWS = 1024
_EXTENSION = b"ARROW:extension:name"
_WKB_EXTENSIONS = (b"geoarrow.wkb", b"ogc.wkb")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """How a file is read: which columns, the geometry's name and encoding, the rows of a batch, and the row groups of
    each part.
    """

    chosen: Sequence[str]
    geometry: str | None
    encoding: str
    rows: int
    parts: Sequence[range]


def open_parquet(file: Input, choose: Choice, *, plain: bool) -> Layer:
    """The layer of a Parquet file; raises what pyarrow does."""
    with _opened(file) as parquet:
        schema, meta = parquet.schema_arrow, parquet.metadata
        row_bytes = _row_bytes(parquet)
    rows = batch_rows(row_bytes)
    group_rows = [meta.row_group(number).num_rows for number in range(meta.num_row_groups)]
    parts = _parts(group_rows, rows)
    check_unique(schema.names)
    name, described = (None, {}) if plain else _geometry_of(schema)
    boxes = _covering_columns(described)
    chosen = [one for one in choose([each for each in schema.names if each not in boxes]) if one != name]
    encoding = described.get("encoding", "WKB")
    # GeoParquet: no crs means CRS84, a null means that nobody knows.
    crs = described.get("crs", "OGC:CRS84") if name is not None else None
    if name is not None and crs is None and encoding == "WKB":
        crs = _crs_of_values(file, name)
    read = _Read(chosen=chosen, geometry=name, encoding=encoding, rows=rows, parts=parts)
    return Layer(
        attributes=pa.schema([_takeable(schema.field(one)) for one in chosen]),
        parts=[int(row_bytes * sum(group_rows[part.start : part.stop])) for part in parts],
        batches=partial(_batches, file, read),
        has_geometry=name is not None,
        crs=crs,
    )


@contextmanager
def _opened(file: Input) -> Iterator[pq.ParquetFile]:
    """The file; of a remote one only what is asked for is fetched."""
    if isinstance(file.place, Path):
        with pq.ParquetFile(file.place) as parquet:  # not a dataset: it would make columns of the folders' names
            yield parquet
        return
    filesystem, name = file.place.open()
    with filesystem.open(name, "rb", cache_type="none") as stream, pq.ParquetFile(stream, pre_buffer=True) as parquet:
        yield parquet


def _row_bytes(parquet: pq.ParquetFile) -> float:
    """About what a row takes, from the size of the file and of its first rows: repeated text is larger in memory."""
    meta = parquet.metadata
    filled = [number for number in range(meta.num_row_groups) if meta.row_group(number).num_rows]
    if not filled:
        return 1.0
    in_file = sum(meta.row_group(number).total_byte_size for number in filled) / meta.num_rows
    first = next(parquet.iter_batches(batch_size=_FIRST_ROWS, row_groups=filled[:1]))
    return float(max(in_file, first.nbytes / len(first)))


def _parts(group_rows: Sequence[int], rows: int) -> list[range]:
    """Runs of row groups, each of them a batch or more."""
    parts: list[range] = []
    start = held = 0
    for stop, count in enumerate(group_rows, start=1):
        held += count
        if held >= rows or stop == len(group_rows):
            parts.append(range(start, stop))
            start, held = stop, 0
    return parts


def _batches(file: Input, read: _Read, parts: range) -> Iterator[Batch]:
    chosen, name = list(read.chosen), read.geometry
    columns = [*chosen, *([name] if name is not None else [])]
    with _opened(file) as parquet:
        for part in parts:
            groups = [number for number in read.parts[part] if number < parquet.metadata.num_row_groups]
            for batch in parquet.iter_batches(batch_size=read.rows, row_groups=groups, columns=columns):
                table = pa.Table.from_batches([batch])
                geometry = None if name is None else _wkb(table, name, read.encoding)
                attributes = table.select(chosen).replace_schema_metadata(None)
                yield Batch(attributes=_taken(attributes), geometry=geometry)


def _wkb(table: pa.Table, name: str, encoding: str) -> pa.ChunkedArray:
    column = table[name]
    if encoding == "WKB":
        return column.cast(WKB)
    field = pa.field(name, column.type, metadata={_EXTENSION: f"geoarrow.{encoding}".encode()})
    decoded = gpd.GeoDataFrame.from_arrow(pa.table([column], schema=pa.schema([field])))[name]
    return pa.chunked_array([encode(decoded.to_numpy())], type=WKB)


def _takeable(field: pa.Field) -> pa.Field:
    """The column as one whose rows pyarrow can put into another order: it cannot those of views."""
    if pa.types.is_string_view(field.type):
        return field.with_type(pa.large_string())
    return field.with_type(pa.large_binary()) if pa.types.is_binary_view(field.type) else field


def _taken(table: pa.Table) -> pa.Table:
    schema = pa.schema([_takeable(field) for field in table.schema])
    return table if schema == table.schema else table.cast(schema)


def _covering_columns(described: Mapping[str, Any]) -> set[str]:
    """The columns of boxes, which are part of the geometry and out of date once that is changed."""
    covering = described.get("covering")
    boxes = covering.get("bbox") if isinstance(covering, Mapping) else None
    paths = boxes.values() if isinstance(boxes, Mapping) else ()
    return {path[0] for path in paths if isinstance(path, list) and len(path) > 1}


def _crs_of_values(file: Input, name: str) -> str | None:
    """What the first geometry says of its own coordinate system, as those from PostGIS do."""
    with _opened(file) as parquet:
        for batch in parquet.iter_batches(batch_size=_FIRST_ROWS, columns=[name]):
            known = batch.column(0).drop_null()
            if len(known):
                code = int(shapely.get_srid(shapely.from_wkb(known[0].as_py(), on_invalid="ignore")))
                return f"EPSG:{code}" if code > 0 else None
    return None


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
