"""Several tables as one: every column that any of them has, and one geometry for all."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, NamedTuple

import pyarrow as pa

from fused_spec.engine.outputs.geometry import GEO, around, crs_word, flat, geo_of, primary, told_of
from fused_spec.engine.outputs.model import Output, UnreadableOutput
from fused_spec.engine.outputs.tables import Table, first_rows, opened

_THREADS = 8
_APART = "name a folder (-o DIR/) for a file of each"


def joined(outputs: Sequence[Output]) -> Table:
    """The rows of all, in the columns that any of them has; raises `UnreadableOutput` where one has two types.

    Each is opened to learn its columns, and again when it is its turn, so that however many there are, one is open.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        heads = list(pool.map(_head, outputs))
    schema = joined_schema([head.schema for head in heads], [output.name for output in outputs])

    def batches(limit: int | None) -> Iterator[pa.RecordBatch]:
        return first_rows(chain.from_iterable(_with_all(output, schema) for output in outputs), limit)

    counts = [head.rows for head in heads]
    rows = None if None in counts else sum(filter(None, counts))
    return Table(schema=schema, rows=rows, batches=batches, some=batches)


class _Head(NamedTuple):
    schema: pa.Schema
    rows: int | None


def _head(output: Output) -> _Head:
    with opened(output) as table:
        return _Head(table.schema, table.rows)


def _with_all(output: Output, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    with opened(output) as table:
        for batch in table.batches(None):
            columns = [
                batch.column(field.name).cast(field.type)
                if field.name in batch.schema.names
                else pa.nulls(batch.num_rows, field.type)
                for field in schema
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)


def joined_schema(schemas: Sequence[pa.Schema], names: Sequence[str]) -> pa.Schema:
    """Raises `UnreadableOutput` where a column has two types, or geometries two coordinate systems."""
    fields: dict[str, tuple[pa.Field, str]] = {}
    for schema, name in zip(schemas, names, strict=True):
        for field in schema:
            known = fields.get(field.name)
            fields[field.name] = (field, name) if known is None else (_both(*known, field, name), known[1])
    metadata = dict(schemas[0].metadata or {})
    if any(schema.names != schemas[0].names or not schema.equals(schemas[0]) for schema in schemas[1:]):
        metadata.pop(b"pandas", None)  # it describes the columns of one of them
    if (geo := _joined_geo(schemas, names)) is not None:
        metadata[GEO] = json.dumps(geo).encode()
    every = len(schemas)
    return pa.schema(
        [
            field if sum(field.name in schema.names for schema in schemas) == every else field.with_nullable(True)
            for field, _ in fields.values()
        ],
        metadata,
    )


def _both(known: pa.Field, first: str, field: pa.Field, name: str) -> pa.Field:
    """The field that holds the values of both; whole numbers become no floats, since not every one can."""
    if known.type == field.type:
        return known if known.nullable else field
    if pa.types.is_null(known.type):
        return field.with_nullable(True)
    if pa.types.is_null(field.type):
        return known.with_nullable(True)
    try:
        return pa.unify_schemas([pa.schema([known]), pa.schema([field])], promote_options="permissive").field(0)
    except pa.ArrowException:
        raise UnreadableOutput(
            f"column {field.name} is {known.type} in {first} and {field.type} in {name}, which one file cannot hold",
            hint=_APART,
        ) from None


def _joined_geo(schemas: Sequence[pa.Schema], names: Sequence[str]) -> dict[str, Any] | None:
    told = [(schema, geo, name) for schema, name in zip(schemas, names, strict=True) if (geo := geo_of(schema))]
    if not told:
        return None
    first_schema, first, first_name = told[0]
    column = primary(first)
    for schema, geo, name in told[1:]:
        if primary(geo) != column:
            raise UnreadableOutput(
                f"the geometry is {column} in {first_name} and {primary(geo)} in {name}, so no file holds both",
                hint=_APART,
            )
        if told_of(geo, column).get("crs") != told_of(first, column).get("crs"):
            raise UnreadableOutput(
                f"{first_name} is in {crs_word(first_schema) or 'no known coordinate system'} and {name} in "
                f"{crs_word(schema) or 'none'}; a file has one",
                hint=_APART,
            )
    columns = {name: dict(told_of(first, name)) for name in first["columns"]}
    for name, merged in columns.items():
        every = [told_of(geo, name) for _, geo, _ in told]
        kinds = [one.get("geometry_types") or [] for one in every]
        merged["geometry_types"] = sorted({kind for some in kinds for kind in some}) if all(kinds) else []
        box = around(flat(one.get("bbox")) for one in every)
        merged.pop("bbox", None)
        if box is not None:
            merged["bbox"] = list(box)
    return {**first, "columns": columns}
