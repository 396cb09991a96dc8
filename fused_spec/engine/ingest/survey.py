"""The first pass: read everything once, and keep what decides where each row goes."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from fused_spec.engine.ingest.prepared import Prepared

_ABOUT = b"survey"

Keys = Callable[[Prepared], pa.Table]
"""What of a batch decides where its rows go: a table with a row for each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What batches are like: rows and keys of each, rows read of each input, what was done to them, bytes in all."""

    counts: Sequence[int]
    keys: Sequence[pa.Table]
    read: Counter[int]
    tally: Counter[str]
    size: int

    @property
    def num_rows(self) -> int:
        return sum(self.counts)

    @property
    def row_bytes(self) -> float:
        """About what a row takes in memory."""
        return self.size / self.num_rows

    def as_table(self) -> pa.Table:
        """All of it as one table, to be left for others."""
        about = {"counts": self.counts, "read": self.read, "tally": self.tally, "size": self.size}
        keys = pa.concat_tables(self.keys) if self.keys else pa.table({})
        return keys.replace_schema_metadata({_ABOUT: json.dumps(about)})

    @classmethod
    def from_table(cls, table: pa.Table) -> "Survey":
        """What `as_table` made."""
        about = json.loads(table.schema.metadata[_ABOUT])
        return cls(
            counts=about["counts"],
            keys=[table] if about["counts"] else [],
            read=Counter({int(number): rows for number, rows in about["read"].items()}),
            tally=Counter(about["tally"]),
            size=about["size"],
        )


def survey(batches: Iterable[Prepared], keys: Keys) -> Survey:
    """The survey of these batches."""
    counts, found = [], []
    read, tally = Counter[int](), Counter[str]()
    size = 0
    for batch in batches:
        counts.append(batch.rows.num_rows)
        found.append(keys(batch))
        read[batch.source] += batch.read
        tally.update(batch.tally)
        size += batch.rows.nbytes
    return Survey(counts=counts, keys=found, read=read, tally=tally, size=size)


def joined(surveys: Sequence[Survey]) -> Survey:
    """The survey of the batches of all of these, in their order."""
    return Survey(
        counts=[count for one in surveys for count in one.counts],
        keys=[keys for one in surveys for keys in one.keys],
        read=sum((one.read for one in surveys), Counter[int]()),
        tally=sum((one.tally for one in surveys), Counter[str]()),
        size=sum(one.size for one in surveys),
    )
