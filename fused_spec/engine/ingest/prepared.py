"""Batches on their way from reading to sorting: kept in memory while there is room, read again where there is not."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa

from fused_spec.engine.ingest.budget import Budget
from fused_spec.engine.ingest.layer import Batch
from fused_spec.engine.ingest.measure import Measures
from fused_spec.engine.ingest.source import Source
from fused_spec.engine.ingest.threads import mapped

Raw = tuple[int, Batch]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A batch as it will be written, but for its order: `read` rows of input number `source` have become `rows`."""

    source: int
    read: int
    rows: pa.Table
    measures: Measures | None = None
    tally: Counter[str] = field(default_factory=Counter)


Prepare = Callable[[Raw], Prepared]


class Batches:
    """All batches of a source, twice, in the same order."""

    def __init__(self, source: Source, prepare: Prepare, budget: Budget) -> None:
        self._source = source
        self._prepare = prepare
        self._held_bytes = budget.held_bytes
        self._kept: deque[Prepared] | None = deque()

    @property
    def in_memory(self) -> bool:
        """Whether all batches of the first time are kept for the second one."""
        return self._kept is not None

    def first(self) -> Iterator[Prepared]:
        """Read all batches."""
        held = 0
        for batch in mapped(self._prepare, self._source.raw()):
            held += batch.rows.nbytes
            if held > self._held_bytes:
                self._kept = None
            if self._kept is not None:
                self._kept.append(batch)
            yield batch

    def again(self) -> Iterator[Callable[[], Prepared]]:
        """For each batch a function that gives it; one that was kept is let go."""
        if self._kept is None:
            yield from (partial(self._prepare, raw) for raw in self._source.raw())
            return
        while self._kept:
            yield partial(_itself, self._kept.popleft())


def _itself(batch: Prepared) -> Prepared:
    return batch
