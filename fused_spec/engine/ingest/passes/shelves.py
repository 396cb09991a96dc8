"""Where batches wait between being sorted and being written: in memory, or cut into buckets on disk.

A batch on a shelf is in the order of the table written; its last column is the place of each row there. A bucket is a
run of chunks of one file, few enough to be gathered in memory.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import pyarrow as pa

from fused_spec.engine.ingest.common.budget import BUCKET_BYTES
from fused_spec.engine.ingest.partitioning.layout import Layout

PLACE = "place"
"""The name of the last column; others may have the same name, so it is found by where it stands."""


class Sink(Protocol):
    """Takes whole batches."""

    def put(self, batch: pa.Table) -> None: ...


class Stock(Protocol):
    """Gives the rows of one bucket."""

    def take(self, bucket: int) -> pa.Table: ...


class MemoryShelf:
    """Holds the batches; what it gives are slices of them."""

    def __init__(self, ends: Sequence[int]) -> None:
        self._ends = ends
        self._batches: list[tuple[pa.Table, list[int]]] = []

    def put(self, batch: pa.Table) -> None:
        self._batches.append((batch, _cuts(batch, self._ends)))

    def take(self, bucket: int) -> pa.Table:
        return pa.concat_tables(self.slices(bucket))

    def slices(self, bucket: int) -> list[pa.Table]:
        """The rows that each batch has of a bucket, if it has any."""
        slices = [batch.slice(cuts[bucket], cuts[bucket + 1] - cuts[bucket]) for batch, cuts in self._batches]
        return [one for one in slices if one.num_rows]


class DiskShelf:
    """Appends the rows of each bucket to a file of its own; what it gave it removes."""

    def __init__(self, ends: Sequence[int], folder: Path) -> None:
        self._ends = ends
        self._folder = folder
        folder.mkdir()

    def put(self, batch: pa.Table) -> None:
        cuts = _cuts(batch, self._ends)
        for bucket, (start, stop) in enumerate(pairwise(cuts)):
            if start < stop:
                with self._path(bucket).open("ab") as stream:
                    write_slice(stream, batch.slice(start, stop - start))

    def take(self, bucket: int) -> pa.Table:
        path = self._path(bucket)
        with pa.OSFile(str(path)) as stream:
            tables = read_slices(stream)
        path.unlink()
        return pa.concat_tables(tables)

    def _path(self, bucket: int) -> Path:
        return self._folder / str(bucket)


def write_slice(stream: BinaryIO, rows: pa.Table) -> None:
    """Append rows to a file of a bucket."""
    with pa.ipc.new_stream(stream, rows.schema) as writer:
        writer.write_table(rows)


def read_slices(stream: pa.NativeFile) -> list[pa.Table]:
    """All that was written."""
    slices = []
    while stream.tell() < stream.size():
        slices.append(pa.ipc.open_stream(stream).read_all())
    return slices


def bucket_ends(layout: Layout, row_bytes: float) -> tuple[list[int], list[int]]:
    """The last chunk of each bucket plus one, and the last place plus one: few rows, and never of two files.

    `row_bytes` is about what a row takes in memory.
    """
    most_rows = max(1, int(BUCKET_BYTES / max(1, row_bytes)))
    chunks: list[int] = []
    for file_id in range(layout.num_files):
        began = None
        for chunk in layout.chunks_of(file_id):
            start, stop = layout.rows_of(chunk)
            if began is not None and stop - began > most_rows:
                chunks.append(chunk)
                began = None
            began = start if began is None else began
        chunks.append(layout.chunks_of(file_id).stop)
    return chunks, [layout.rows_of(chunk - 1)[1] for chunk in chunks]


def _cuts(batch: pa.Table, ends: Sequence[int]) -> list[int]:
    """Where each bucket begins in a batch, and where the last one ends."""
    places = batch.column(batch.num_columns - 1).to_numpy()
    return [0, *np.searchsorted(places, ends).tolist()]
