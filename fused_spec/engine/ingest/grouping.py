"""Lay out rows that are nowhere: in their order, or by the values of a column."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.columns import check_columns
from fused_spec.engine.ingest.layout import Caps, Layout, Rows, filled
from fused_spec.engine.ingest.notes import note

_MOST_VALUES = 10_000


def group(table: pa.Table, column: str | None, limits: Caps) -> Layout:
    """Chunks of at most `limits.per_chunk` rows, in their order or, with a column, sorted by its values.

    A chunk then holds one value; only a column of very many values has several in a chunk. Raises `StepFailed`.
    """
    cap = max(1, int(limits.per_chunk))
    order, starts = _sorted_by(table, column) if column is not None else (np.arange(table.num_rows), np.array([0]))
    if len(starts) > _MOST_VALUES:
        note(f"{column} has {len(starts):,} different values, so several share a chunk")
        starts = starts[np.unique(starts // cap, return_index=True)[1]]
    ends = np.append(starts[1:], len(order))
    chunks = [
        order[at : min(at + cap, end)]
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        for at in range(start, end, cap)
    ]
    return filled(chunks, limits.per_file)


def _sorted_by(table: pa.Table, name: str) -> tuple[Rows, Rows]:
    """The rows in the order of a column, equal ones as they came, and where each value begins; nulls are last."""
    check_columns([name], table.column_names, "partition_col")
    column = table[name]
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    try:
        order = pc.sort_indices(column)
        codes = column.take(order).combine_chunks().dictionary_encode(null_encoding="encode").indices.to_numpy()
    except (pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise StepFailed(f"partition_col: rows cannot be sorted by {name}, a column of {column.type}") from error
    begins = np.concatenate([[True], codes[1:] != codes[:-1]])
    return order.to_numpy().astype(np.int64), np.flatnonzero(begins)
