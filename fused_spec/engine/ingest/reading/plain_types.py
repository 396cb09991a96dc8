"""Columns as ones that can be put into another order and written as Parquet, with the same values."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fused_spec.engine.failures import StepFailed

_INDEX = pa.int32()


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
    """Without runs and without views of lists, of which a cast makes what is no column."""
    if pa.types.is_run_end_encoded(column.type):
        chunks = [pc.run_end_decode(chunk) for chunk in column.chunks]
        return pa.chunked_array(chunks, type=column.type.value_type)
    if _has_list_views(column.type) and column.num_chunks:
        return pa.chunked_array([_without_list_views(chunk) for chunk in column.chunks])
    return column


def _has_list_views(kind: pa.DataType) -> bool:
    if pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind):
        return True
    return pa.types.is_struct(kind) and any(_has_list_views(field.type) for field in kind)


def _without_list_views(array: pa.Array) -> pa.Array:
    kind = array.type
    if pa.types.is_struct(kind):
        parts = [_without_list_views(array.field(number)) for number in range(kind.num_fields)]
        fields = [pa.field(field.name, part.type) for field, part in zip(kind, parts, strict=True)]
        return pa.StructArray.from_arrays(parts, fields=fields, mask=array.is_null())
    if not _has_list_views(kind):
        return array
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy()
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    form = pa.LargeListArray if pa.types.is_large_list_view(kind) else pa.ListArray
    places = pa.array(offsets, pa.int64() if form is pa.LargeListArray else pa.int32())
    return form.from_arrays(places, _without_list_views(array.flatten()), mask=array.is_null())


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
    if types.is_dictionary(kind):
        # of several dictionaries one is made, to which short indices may not reach
        index = kind.index_type if kind.index_type.bit_width > _INDEX.bit_width else _INDEX
        return pa.dictionary(index, _plain(kind.value_type, name), kind.ordered)
    if types.is_union(kind) or types.is_interval(kind):
        raise StepFailed(
            f"column {name} is {kind}, which Parquet has no type for; write it as another in the input, or leave it out"
        )
    if types.is_struct(kind):
        return pa.struct([_inner(field, name) for field in kind])
    lists = types.is_map(kind) or types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    if lists and "list_view" in str(kind):
        raise StepFailed(f"column {name} is {kind}; views of lists within lists are not read, so write it as lists")
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
    """A field within a column; pyarrow does not read a dictionary there from several row groups at once."""
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    return field.with_type(_plain(kind, name))
