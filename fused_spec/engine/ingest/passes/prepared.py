"""Batches on their way from reading to sorting: kept in memory while there is room, read again where there is not."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa

from fused_spec.engine.ingest.common.tally import Tally
from fused_spec.engine.ingest.common.threads import mapped
from fused_spec.engine.ingest.geometry.measure import Measures
from fused_spec.engine.ingest.reading.source import Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A batch as it will be written, but for its order: `read` rows of input number `source` have become `rows`."""

    source: int
    read: int
    rows: pa.Table
    measures: Measures | None = None
    tally: Tally = field(default_factory=Tally)


Prepare = Callable[[Raw], Prepared]


class Batches:
    """All batches of a stream, twice, in the same order; `held_bytes` of them at most are kept between."""

    def __init__(self, raw: Callable[[], Iterator[Raw]], prepare: Prepare, held_bytes: int) -> None:
        self._raw = raw
        self._prepare = prepare
        self._held_bytes = held_bytes
        self._kept: deque[Prepared] | None = deque()

    @property
    def in_memory(self) -> bool:
        """Whether all batches of the first time are kept for the second one."""
        return self._kept is not None

    def first(self) -> Iterator[Prepared]:
        """Read all batches."""
        held = 0
        for batch in mapped(self._prepare, self._raw()):
            held += batch.rows.nbytes
            if held > self._held_bytes:
                self._kept = None
            if self._kept is not None:
                self._kept.append(batch)
            yield batch

    def again(self) -> Iterator[Callable[[], Prepared]]:
        """For each batch a function that gives it; one that was kept is let go."""
        if self._kept is None:
            yield from unprepared(self._raw(), self._prepare)
            return
        while self._kept:
            yield partial(_itself, self._kept.popleft())


def unprepared(raw: Iterable[Raw], prepare: Prepare) -> Iterator[Callable[[], Prepared]]:
    """For each batch a function that prepares it."""
    return (partial(prepare, one) for one in raw)


def _itself(batch: Prepared) -> Prepared:
    return batch
