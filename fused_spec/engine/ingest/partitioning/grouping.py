"""Lay out rows that are nowhere: in their order, or by the values of a column."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import note
from fused_spec.engine.ingest.partitioning.layout import Caps, Partition, Rows, filled, numbers

_MOST_VALUES = 10_000


def in_order(count: int, limits: Caps) -> Partition:
    """Chunks of at most `limits.per_chunk` rows, in the order in which they were read."""
    return _chunked(numbers(count), np.array([0]), limits)


def group(column: pa.ChunkedArray, name: str, limits: Caps) -> Partition:
    """Chunks of at most `limits.per_chunk` rows, sorted by the values of a column.

    A chunk then holds one value; only a column of very many values has several in a chunk. Raises `StepFailed`.
    """
    order, starts = _sorted_by(column, name)
    if len(starts) > _MOST_VALUES:
        note(f"{name} has {len(starts):,} different values, so several share a chunk")
        starts = starts[np.unique(starts // _most(limits), return_index=True)[1]]
    return _chunked(order, starts, limits)


def _chunked(order: Rows, starts: NDArray[np.int64], limits: Caps) -> Partition:
    """The rows in this order, cut where a value starts and where a chunk is full."""
    cap = _most(limits)
    stops = np.append(starts[1:], len(order))
    ends = [
        min(at + cap, stop)
        for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)
        for at in range(start, stop, cap)
    ]
    return Partition(order=order, layout=filled(ends, limits.per_file))


def _most(limits: Caps) -> int:
    return max(1, int(limits.per_chunk))


def _sorted_by(column: pa.ChunkedArray, name: str) -> tuple[Rows, NDArray[np.int64]]:
    """The rows in the order of a column, equal ones as they came, and where each value begins; nulls are last."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    try:
        order = pc.sort_indices(column)
        codes = column.take(order).combine_chunks().dictionary_encode(null_encoding="encode").indices.to_numpy()
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise StepFailed(f"partition_col: rows cannot be sorted by {name}, a column of {column.type}") from error
    begins = np.concatenate([[True], codes[1:] != codes[:-1]])
    return order.to_numpy().astype(np.int64), np.flatnonzero(begins)
