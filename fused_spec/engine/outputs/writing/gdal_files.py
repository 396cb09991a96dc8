"""Tables in the formats that GDAL writes, which takes them as a stream of Arrow; what it has no type for is text."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

from fused_spec.engine.outputs.frames import as_frame
from fused_spec.engine.outputs.geometry import crs_of, geo_of, primary, told_of
from fused_spec.engine.outputs.model import UnreadableOutput
from fused_spec.engine.outputs.tables import Table, geo_table
from fused_spec.engine.results.jsonable import jsonable
from fused_spec.engine.results.stored import Tell

_ERRORS = (DataLayerError, DataSourceError, FieldError, GeometryError, RuntimeError)


def write_with_gdal(table: Table, driver: str, place: Path, tell: Tell) -> None:
    geo = geo_of(table.schema)
    located = None if geo is None else primary(geo)
    fields = [_field(field, driver, tell, is_geometry=field.name == located) for field in table.schema]
    schema = pa.schema(fields)
    kinds = [] if geo is None else told_of(geo, primary(geo)).get("geometry_types") or []

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in table.batches(None):
            taken = batch if geo is None else _as_wkb(batch, table.schema, geo)
            columns = [_as(taken.column(field.name), field.type, tell) for field in fields]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    try:
        pyogrio.write_arrow(
            pa.RecordBatchReader.from_batches(schema, batches()),
            place,
            layer=place.stem.lstrip("."),
            driver=driver,
            geometry_name=located,
            geometry_type=kinds[0] if len(kinds) == 1 else "Unknown",
            crs=None if geo is None else crs_of(geo),
        )
    except _ERRORS as error:
        why, hint = str(error), "parquet holds it as it is"
        if "NULL geometry" in why:
            why, hint = "it has rows without geometry", "parquet, geojson, geopackage and csv hold such rows"
        raise UnreadableOutput(f"the table cannot be written as {driver}: {why}", hint=hint) from error


def _as_wkb(batch: pa.RecordBatch, schema: pa.Schema, geo: dict[str, Any]) -> pa.RecordBatch:
    """The rows with geometry as WKB, which GeoParquet may also keep in other encodings."""
    if all(told_of(geo, name).get("encoding", "WKB") == "WKB" for name in geo["columns"]):
        return batch
    return geo_table(as_frame(pa.Table.from_batches([batch], schema))).combine_chunks().to_batches()[0]


def _field(field: pa.Field, driver: str, tell: Tell, *, is_geometry: bool) -> pa.Field:
    kind = field.type
    if pa.types.is_timestamp(kind) and kind.tz not in (None, "UTC"):
        tell(f"column {field.name}: its times are kept as moments in UTC, without the name of the zone ({kind.tz})")
    if is_geometry or _is_plain(kind):
        return pa.field(field.name, pa.binary() if is_geometry else _wide(kind))
    if pa.types.is_dictionary(kind) and _is_plain(kind.value_type):
        return pa.field(field.name, _wide(kind.value_type))
    tell(f"column {field.name}: {driver} has no type for {kind}, so its values are text")
    return pa.field(field.name, pa.string())


def _is_plain(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_boolean(kind)
        or (types.is_integer(kind) and kind != pa.uint64())
        or types.is_floating(kind)
        or types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_date32(kind)
        or types.is_timestamp(kind)
    )


def _wide(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_large_binary(kind):
        return pa.binary()
    # Milliseconds are what these formats keep, and of zones only UTC is understood by every reader.
    return pa.timestamp("ms", kind.tz and "UTC") if pa.types.is_timestamp(kind) else kind


def _as(column: pa.Array, kind: pa.DataType, tell: Tell) -> pa.Array:
    if column.type == kind:
        return column
    if pa.types.is_dictionary(column.type):
        return _as(column.dictionary_decode(), kind, tell)
    if pa.types.is_timestamp(kind):
        cut = column.cast(kind, safe=False)
        if column.type.unit in ("us", "ns") and not pc.all(pc.equal(cut.cast(column.type), column)).as_py():
            tell("times are kept to the millisecond")
        return cut
    if kind == pa.string() and not pa.types.is_large_string(column.type):
        return pa.array([None if value is None else _text(value, tell) for value in column.to_pylist()], kind)
    return column.cast(kind)


def _text(value: Any, tell: Tell) -> str:
    if isinstance(value, dict | list):
        return json.dumps(jsonable(value, tell), ensure_ascii=False)
    return str(value)
