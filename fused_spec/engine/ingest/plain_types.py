"""Columns as ones that can be put into another order and written as Parquet, with the same values."""

import pyarrow as pa

from fused_spec.engine.failures import StepFailed


def plain_field(field: pa.Field) -> pa.Field:
    """The field as the table has it; raises `StepFailed` for a type that Parquet has no place for."""
    return pa.field(field.name, _plain(field.type, field.name), field.nullable)


def plain_table(table: pa.Table) -> pa.Table:
    """The table with the types of `plain_field`."""
    schema = pa.schema([plain_field(field) for field in table.schema])
    if schema.equals(table.schema):
        return table
    columns = [
        column if column.type == field.type else _decoded(column).cast(field.type)
        for column, field in zip(table.columns, schema, strict=True)
    ]
    return pa.table(columns, schema=schema)


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Without runs, which only a function of their own takes apart."""
    if not pa.types.is_run_end_encoded(column.type):
        return column
    chunks = [pa.compute.run_end_decode(chunk) for chunk in column.chunks]
    return pa.chunked_array(chunks, type=column.type.value_type)


def _plain(kind: pa.DataType, name: str) -> pa.DataType:
    """The type without views, whose rows pyarrow cannot put into another order, and without runs."""
    types = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        return kind
    if types.is_string_view(kind):
        return pa.large_string()
    if types.is_binary_view(kind):
        return pa.large_binary()
    if types.is_run_end_encoded(kind):
        return _plain(kind.value_type, name)
    if types.is_union(kind) or types.is_interval(kind):
        raise StepFailed(
            f"column {name} is {kind}, which Parquet has no type for; write it as another in the input, or leave it out"
        )
    if types.is_struct(kind):
        return pa.struct([_inner(field, name) for field in kind])
    if types.is_map(kind):
        return pa.map_(_inner(kind.key_field, name), _inner(kind.item_field, name), kind.keys_sorted)
    if types.is_fixed_size_list(kind):
        return pa.list_(_inner(kind.value_field, name), kind.list_size)
    if types.is_list_view(kind) or types.is_list(kind):
        return pa.list_(_inner(kind.value_field, name))
    if types.is_large_list_view(kind) or types.is_large_list(kind):
        return pa.large_list(_inner(kind.value_field, name))
    return kind


def _inner(field: pa.Field, name: str) -> pa.Field:
    return field.with_type(_plain(field.type, name))
