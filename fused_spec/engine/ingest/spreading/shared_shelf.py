"""A shelf that tasks on many machines fill and empty: files on the exchange, each with its rows of every bucket."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fused_spec.engine.ingest.common.budget import LOT_BYTES
from fused_spec.engine.ingest.passes.shelves import MemoryShelf, read_slices, write_slice
from fused_spec.engine.ingest.spreading.exchange import Exchange


class Filling:
    """Takes the batches of one lot, and delivers what it holds whenever that is much.

    `offsets` says of each delivered file where its buckets begin, and where the last one ends.
    """

    def __init__(self, exchange: Exchange, name: str, ends: Sequence[int]) -> None:
        self.offsets: dict[str, list[int]] = {}
        self._exchange = exchange
        self._name = name
        self._ends = ends
        self._held = MemoryShelf(ends)
        self._held_bytes = 0

    def put(self, batch: pa.Table) -> None:
        self._held.put(batch)
        self._held_bytes += batch.nbytes
        if self._held_bytes >= LOT_BYTES:
            self.deliver()

    def deliver(self) -> None:
        """Deliver what is held, if anything is."""
        if not self._held_bytes:
            return
        name = f"{self._name}.{len(self.offsets)}"
        offsets = [0]
        with self._exchange.workplace() as folder:
            with (folder / name).open("wb") as stream:
                for bucket in range(len(self._ends)):
                    for rows in self._held.slices(bucket):
                        write_slice(stream, rows)
                    offsets.append(stream.tell())
            self._exchange.deliver(folder / name, name)
        self.offsets[name] = offsets
        self._held, self._held_bytes = MemoryShelf(self._ends), 0


class Filled:
    """Gives the rows of one bucket, those of the first file first; `offsets` are those of all files, in their order."""

    def __init__(self, exchange: Exchange, offsets: Mapping[str, NDArray[np.int64]]) -> None:
        self._exchange = exchange
        self._offsets = offsets

    def take(self, bucket: int) -> pa.Table:
        spans = [(name, int(offsets[bucket]), int(offsets[bucket + 1])) for name, offsets in self._offsets.items()]
        contents = self._exchange.read([span for span in spans if span[1] < span[2]])
        return pa.concat_tables([rows for content in contents for rows in read_slices(pa.BufferReader(content))])
