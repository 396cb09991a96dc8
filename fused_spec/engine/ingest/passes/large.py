"""Take rows of tables that may have more than 2 GiB in a column, which is more than the offsets of its type count."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fused_spec.engine.failures import StepFailed

_WIDE = {pa.binary(): pa.large_binary(), pa.string(): pa.large_string()}
_PIECE_BYTES = 2**30


def taken(rows: pa.Table, places: NDArray[np.int64]) -> pa.Table:
    """The rows at these places, each at most once; raises `StepFailed` for so many bytes that none of it can hold."""
    order = pa.array(places)
    try:
        return rows.take(order)
    except pa.ArrowInvalid:
        columns = [_taken(column, order, name) for name, column in zip(rows.column_names, rows.columns, strict=True)]
        return pa.table(columns, schema=rows.schema)


def first_taken(rows: pa.Table, places: NDArray[np.int64] | range, most_bytes: int) -> pa.Table:
    """The rows at the first of these places, as many as are no more than some bytes in all."""
    try:
        sample = rows.take(pa.array(places, pa.int64()))
        if sample.nbytes <= most_bytes:
            return sample
    except pa.ArrowInvalid:
        pass  # more than a column holds, so more than some
    each = [rows.slice(place, 1) for place in places]
    kept = int(np.searchsorted(np.cumsum([row.nbytes for row in each]), most_bytes, side="right"))
    return pa.concat_tables([rows.slice(0, 0), *each[:kept]]).take(pa.array(range(kept), pa.int64()))  # a copy


def _taken(column: pa.ChunkedArray, order: pa.Array, name: str) -> pa.ChunkedArray:
    wide = _WIDE.get(column.type)
    if wide is not None:
        return pa.chunked_array(_pieces(column.cast(wide).take(order), column.type), type=column.type)
    try:
        return column.take(order)
    except pa.ArrowInvalid as error:
        raise StepFailed(
            f"column {name} has more than 2 GiB in one chunk of the table, which {column.type} does not hold; "
            "lower partitioning_maximum_per_chunk"
        ) from error


def _pieces(column: pa.ChunkedArray, kind: pa.DataType) -> Iterator[pa.Array]:
    """The column in chunks of a type whose offsets are short."""
    if column.nbytes > _PIECE_BYTES and len(column) > 1:
        half = len(column) // 2
        yield from _pieces(column.slice(0, half), kind)
        yield from _pieces(column.slice(half), kind)
    else:
        copied = column.take(pa.array(range(len(column)), pa.int64()))  # whose offsets begin at 0
        yield from copied.cast(kind).chunks
