"""The second pass: sort each batch into the order of the table written, put it on a shelf, and sum up its chunks."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.threads import mapped
from fused_spec.engine.ingest.partitioning.layout import Layout, Rows
from fused_spec.engine.ingest.partitioning.totals import Totals, totals_of
from fused_spec.engine.ingest.passes.prepared import Prepared
from fused_spec.engine.ingest.passes.shelves import PLACE, Sink

Widen = Callable[[Prepared, int], pa.Table]
"""The columns to write of a batch whose first row has this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the survey says of some batches: the number of their first row, the rows of each, and the places of all."""

    first_row: int
    counts: Sequence[int]
    places: Rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A batch to sort: how to get it, the number of its first row, and the places of its rows."""

    get: Callable[[], Prepared]
    first_row: int
    places: Rows


def scatter(
    batches: Iterable[Callable[[], Prepared]], expected: Expected, layout: Layout, widen: Widen, shelf: Sink
) -> list[Totals]:
    """Shelve the batches; the totals of each, or none when they have no measures.

    Raises `StepFailed` when an input is no longer what it was.
    """

    def sort(piece: _Piece) -> tuple[pa.Table, Totals | None]:
        batch = piece.get()
        if batch.rows.num_rows != len(piece.places):
            raise _changed()
        return _sorted(batch, piece, layout, widen)

    totals = []
    for table, part in mapped(sort, _pieces(batches, expected)):
        shelf.put(table)
        if part is not None:
            totals.append(part)
    return totals


def _pieces(batches: Iterable[Callable[[], Prepared]], expected: Expected) -> Iterator[_Piece]:
    start = 0
    for get, count in zip_longest(batches, expected.counts):
        if get is None or count is None:
            raise _changed()
        yield _Piece(get=get, first_row=expected.first_row + start, places=expected.places[start : start + count])
        start += count


def _changed() -> StepFailed:
    return StepFailed("an input changed while it was read; start the job again when nothing writes to it")


def _sorted(batch: Prepared, piece: _Piece, layout: Layout, widen: Widen) -> tuple[pa.Table, Totals | None]:
    order = np.argsort(piece.places)
    places = piece.places[order]
    table = widen(batch, piece.first_row).take(pa.array(order))
    table = pa.table([*table.columns, pa.chunked_array([pa.array(places)])], names=[*table.column_names, PLACE])
    if batch.measures is None:
        return table, None
    chunk = np.searchsorted(layout.chunk_ends, places, side="right")
    return table, totals_of(batch.measures, chunk, order)
