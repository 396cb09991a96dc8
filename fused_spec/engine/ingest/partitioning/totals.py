"""What the rows of each chunk add up to, summed batch by batch."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fused_spec.engine.ingest.geometry.measure import Measures

_LOWS = ("minx", "miny")
_HIGHS = ("maxx", "maxy")
_SUMS = ("area", "length", "area_utm", "length_utm", "coords")


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Arrays by the names of `Measures`, with an entry for each of `chunks`: boxes, sums, and bits of `kinds`."""

    chunks: NDArray[np.int64]
    values: dict[str, NDArray[Any]] = field(default_factory=dict)
    kinds: NDArray[np.uint32]

    def as_table(self) -> pa.Table:
        """All of it as one table, to be left for others."""
        return pa.table({"chunks": self.chunks, "kinds": self.kinds, **self.values})

    @classmethod
    def from_table(cls, table: pa.Table) -> "Totals":
        """What `as_table` made."""
        arrays = {name: table[name].to_numpy() for name in table.column_names}
        return cls(chunks=arrays.pop("chunks"), kinds=arrays.pop("kinds"), values=arrays)


def totals_of(measures: Measures, chunk: NDArray[np.int64], order: NDArray[np.int64]) -> Totals:
    """The totals of a batch. `order` are its rows sorted by chunk, `chunk` the number of the chunk of each, sorted."""
    starts = np.flatnonzero(np.append(True, chunk[1:] != chunk[:-1])) if len(chunk) else np.empty(0, np.int64)
    values = {}
    for names, combine in ((_LOWS, np.fmin), (_HIGHS, np.fmax), (_SUMS, np.add)):
        for name in names:
            values[name] = _reduced(combine, getattr(measures, name)[order], starts)
    bits = np.where(measures.kind >= 0, np.uint32(1) << np.maximum(measures.kind, 0).astype(np.uint32), np.uint32(0))
    return Totals(chunks=chunk[starts], values=values, kinds=_reduced(np.bitwise_or, bits[order], starts))


def sum_up(parts: Iterable[Totals], num_chunks: int) -> Totals | None:
    """The totals of all batches, with an entry for each chunk of the table; None when there are none.

    The order of the batches decides the last digits of a sum.
    """
    values: dict[str, NDArray[Any]] = {
        **{name: np.full(num_chunks, np.nan) for name in (*_LOWS, *_HIGHS)},
        **{name: np.zeros(num_chunks, np.int64 if name == "coords" else np.float64) for name in _SUMS},
    }
    kinds = np.zeros(num_chunks, np.uint32)
    part = None
    for part in parts:
        for names, combine in ((_LOWS, np.fmin), (_HIGHS, np.fmax), (_SUMS, np.add)):
            for name in names:
                values[name][part.chunks] = combine(values[name][part.chunks], part.values[name])
        kinds[part.chunks] |= part.kinds
    return None if part is None else Totals(chunks=np.arange(num_chunks), values=values, kinds=kinds)


def _reduced(combine: np.ufunc, values: NDArray[Any], starts: NDArray[np.int64]) -> NDArray[Any]:
    return combine.reduceat(values, starts) if len(starts) else values[:0]
