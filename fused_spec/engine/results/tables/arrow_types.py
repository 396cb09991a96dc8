"""The types of an Arrow table as every reader of Parquet and Feather knows them: the same values, laid out plainly."""

from typing import Any

import pyarrow as pa


def with_plain_types(table: pa.Table) -> pa.Table:
    """The table without views and runs, which polars and others use within, and which many readers do not have."""
    for number, field in enumerate(table.schema):
        kind = _plain(field.type)
        if kind != field.type:
            table = table.set_column(number, field.with_type(kind), _converted(table.column(number), kind))
    return table


def _plain(kind: Any) -> Any:
    if kind in (pa.string_view(), pa.binary_view()):
        return pa.large_string() if kind == pa.string_view() else pa.large_binary()
    if pa.types.is_dictionary(kind):
        return pa.dictionary(kind.index_type, _plain(kind.value_type), kind.ordered)
    if pa.types.is_run_end_encoded(kind):
        return _plain(kind.value_type)
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_plain(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(_plain(kind.key_type), _plain(kind.item_type))
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_plain(kind.value_type)))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_plain(kind.value_type)))
    return kind


def _converted(column: pa.ChunkedArray, kind: Any) -> pa.ChunkedArray:
    if pa.types.is_dictionary(kind):
        chunks = [
            pa.DictionaryArray.from_arrays(one.indices, one.dictionary.cast(kind.value_type), ordered=kind.ordered)
            for one in column.chunks
        ]
        return pa.chunked_array(chunks, type=kind)
    try:
        return column.cast(kind)
    except pa.ArrowException:  # not every pair of nested types has a cast
        return pa.chunked_array([pa.array(column.to_pylist(), type=kind)])
