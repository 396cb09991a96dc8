"""Sort each batch into the order of the table written, put it on a shelf, and sum up its chunks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.layout import Layout, Rows
from fused_spec.engine.ingest.prepared import Batches, Prepared
from fused_spec.engine.ingest.shelves import PLACE, Shelf
from fused_spec.engine.ingest.threads import mapped
from fused_spec.engine.ingest.totals import Totals, sum_up, totals_of

Widen = Callable[[Prepared, int], pa.Table]
"""The columns to write of a batch whose first row has this number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A batch to sort: how to get it, the number of its first row, and the places of its rows."""

    get: Callable[[], Prepared]
    first_row: int
    places: Rows


def scatter(batches: Batches, counts: list[int], layout: Layout, widen: Widen, shelf: Shelf) -> Totals | None:
    """Shelve all batches, `counts` being their rows; None for totals when they have no measures.

    Raises `StepFailed` when an input is no longer what it was.
    """

    def sort(piece: _Piece) -> tuple[pa.Table, Totals | None]:
        batch = piece.get()
        if batch.rows.num_rows != len(piece.places):
            raise StepFailed("an input changed while it was read; start the job again when nothing writes to it")
        return _sorted(batch, piece, layout, widen)

    totals = []
    for table, part in mapped(sort, _pieces(batches, counts, layout)):
        shelf.put(table)
        if part is not None:
            totals.append(part)
    return sum_up(totals, layout.num_chunks) if totals else None


def _pieces(batches: Batches, counts: list[int], layout: Layout) -> Iterator[_Piece]:
    places = layout.places()
    start = 0
    for number, get in enumerate(batches.again()):
        count = counts[number] if number < len(counts) else -1
        yield _Piece(get=get, first_row=start, places=places[start : start + count] if count >= 0 else places[:0])
        start += count


def _sorted(batch: Prepared, piece: _Piece, layout: Layout, widen: Widen) -> tuple[pa.Table, Totals | None]:
    order = np.argsort(piece.places)
    places = piece.places[order]
    table = widen(batch, piece.first_row).take(pa.array(order))
    table = pa.table([*table.columns, pa.chunked_array([pa.array(places)])], names=[*table.column_names, PLACE])
    if batch.measures is None:
        return table, None
    chunk = np.searchsorted(layout.chunk_ends, places, side="right")
    return table, totals_of(batch.measures, chunk, order)
