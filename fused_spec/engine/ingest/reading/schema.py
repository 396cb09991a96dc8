"""The one schema of a table: what its inputs have in all, or what the user forces."""

from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import PurePath
from typing import Any

import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import shown
from fused_spec.engine.ingest.common.tally import Tally
from fused_spec.engine.ingest.geometry.wkb import GEOMETRY
from fused_spec.engine.ingest.reading.casting import cast
from fused_spec.engine.ingest.reading.columns import check_unique
from fused_spec.engine.ingest.reading.types import arrow_type

# Columns that Fused makes of its own, which a schema taken from another table may name.
_RESERVED = (GEOMETRY, "fused_index")
_DIGITS = {8: 3, 16: 5, 32: 10, 64: 20}  # of the longest integers of so many bits


def united(
    schemas: Sequence[pa.Schema], paths: Sequence[PurePath], types: Mapping[str, pa.DataType] | None = None
) -> pa.Schema:
    """The columns of all inputs, some in the types that the user says; numbers widen to what holds all of them.

    Raises `StepFailed`.
    """
    schemas = _alike([_retyped(schema, types or {}) for schema in schemas])
    whole = schemas[0].remove_metadata()
    for schema, path in zip(schemas[1:], paths[1:], strict=True):
        try:
            whole = pa.unify_schemas([whole, schema.remove_metadata()], promote_options="permissive")
        except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
            raise StepFailed(
                f"{shown(path)} does not fit the inputs before it: {error}; "
                "give a column the same type in all inputs, or leave it out"
            ) from error
    return pa.schema([field.with_nullable(True).remove_metadata() for field in whole])


def _retyped(schema: pa.Schema, types: Mapping[str, pa.DataType]) -> pa.Schema:
    return pa.schema([field.with_type(types.get(field.name, field.type)) for field in schema])


def _alike(schemas: Sequence[pa.Schema]) -> list[pa.Schema]:
    """Columns of types that pyarrow does not unite, although each value of one is a value of another.

    One that only some inputs have as a dictionary, or each as another one, is what the dictionaries hold; times of
    several zones are in UTC, and integers beside decimals are decimals too.
    """
    kinds: dict[str, set[pa.DataType]] = {}
    for field in (field for schema in schemas for field in schema):
        kinds.setdefault(field.name, set()).add(field.type)
    several = {name: kind for name, kind in kinds.items() if len(kind) > 1}
    return [
        pa.schema([_common(field, several[field.name]) if field.name in several else field for field in schema])
        for schema in schemas
    ]


def _common(field: pa.Field, kinds: Set[pa.DataType]) -> pa.Field:
    if pa.types.is_dictionary(field.type):
        return field.with_type(field.type.value_type)
    if pa.types.is_integer(field.type) and any(map(pa.types.is_decimal, kinds)):
        return field.with_type(pa.decimal128(_DIGITS[field.type.bit_width], 0))  # pyarrow reckons with too few
    zones = {kind.tz for kind in kinds if pa.types.is_timestamp(kind)}
    if len(zones) > 1 and None not in zones and pa.types.is_timestamp(field.type):
        return field.with_type(pa.timestamp(field.type.unit, "UTC"))
    return field


def fitted(table: pa.Table, schema: pa.Schema, path: PurePath, tally: Tally, rows: int | None = None) -> pa.Table:
    """The table with these columns; one that it lacks is null. Raises `StepFailed` for a value that does not fit.

    Values that are not quite the same in another type are counted in `tally`. `rows` says how many there are when the
    table may be without columns.
    """
    if table.schema.equals(schema):
        return table
    number = table.num_rows if rows is None else rows
    columns = []
    for field in schema:
        position = table.schema.get_field_index(field.name)
        if position < 0:
            columns.append(pa.nulls(number, field.type))
            continue
        column = table.column(position)
        try:
            columns.append(column if column.type == field.type else cast(column, field.type, field.name, tally))
        except StepFailed as error:
            raise StepFailed(f"{shown(path)}: {error}") from error
        except pa.ArrowException as error:
            raise StepFailed(
                f"{shown(path)}: column {field.name} does not fit {field.type}, its type in the table: {error}"
            ) from error
    return pa.table(columns, schema=schema)


def forced(present: pa.Schema, described: Mapping[str, Any]) -> pa.Schema:
    """The columns that `table_schema` names, in its order and types; raises `StepFailed`.

    One that no input has is null in every row; one that it does not name is left out.
    """
    wanted = list(_fields(described))
    schema = pa.schema(wanted)
    check_unique(schema.names)
    if wanted and not set(schema.names) & set(present.names):
        raise StepFailed(f"table_schema: no input has any of its columns; there are {', '.join(present.names)}")
    return schema


def described_fields(described: Mapping[str, Any]) -> dict[str, pa.DataType]:
    """The columns that `table_schema` names, and their types; raises `StepFailed`."""
    return {field.name: field.type for field in _fields(described)}


def _fields(described: Mapping[str, Any]) -> Iterator[pa.Field]:
    fields = described.get("fields")
    if not isinstance(fields, list):
        raise StepFailed("table_schema: fields is not a list; write {fields: [{name: height, type: Float64}]}")
    for number, field in enumerate(fields):
        if not isinstance(field, Mapping) or not isinstance(field.get("name"), str) or "type" not in field:
            raise StepFailed(f"table_schema: field {number + 1} needs a name and a type")
        if field["name"] not in _RESERVED:
            yield pa.field(field["name"], arrow_type(field["type"], field["name"]))
