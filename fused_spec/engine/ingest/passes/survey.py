"""The first pass: read everything once, and keep what decides where each row goes."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from fused_spec.engine.ingest.common.tally import Tally
from fused_spec.engine.ingest.passes.prepared import Prepared

_ABOUT = b"survey"

Keys = Callable[[Prepared], pa.Table]
"""What of a batch decides where its rows go: a table with a row for each of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What batches are like: rows and keys of each; rows read of each input, rows that came of them, and what was seen
    in them; bytes in all.
    """

    counts: Sequence[int]
    keys: Sequence[pa.Table]
    read: Counter[int]
    kept: Counter[int]
    tallies: Mapping[int, Tally]
    size: int

    @property
    def num_rows(self) -> int:
        return sum(self.counts)

    @property
    def tally(self) -> Tally:
        """What was seen in the rows of all inputs."""
        return _sum(self.tallies.values())

    @property
    def row_bytes(self) -> float:
        """About what a row takes in memory."""
        return self.size / self.num_rows

    def as_table(self) -> pa.Table:
        """All of it as one table, to be left for others."""
        about = {
            "counts": self.counts,
            "read": self.read,
            "kept": self.kept,
            "tallies": {number: tally.as_json() for number, tally in self.tallies.items()},
            "size": self.size,
        }
        keys = pa.concat_tables(self.keys) if self.keys else pa.table({})
        return keys.replace_schema_metadata({_ABOUT: json.dumps(about)})

    @classmethod
    def from_table(cls, table: pa.Table) -> "Survey":
        """What `as_table` made."""
        about = json.loads(table.schema.metadata[_ABOUT])
        return cls(
            counts=about["counts"],
            keys=[table] if about["counts"] else [],
            read=_by_number(about["read"]),
            kept=_by_number(about["kept"]),
            tallies={int(number): Tally.from_json(tally) for number, tally in about["tallies"].items()},
            size=about["size"],
        )


def survey(batches: Iterable[Prepared], keys: Keys) -> Survey:
    """The survey of these batches."""
    counts, found = [], []
    read, kept = Counter[int](), Counter[int]()
    tallies: defaultdict[int, Tally] = defaultdict(Tally)
    size = 0
    for batch in batches:
        counts.append(batch.rows.num_rows)
        found.append(keys(batch))
        read[batch.source] += batch.read
        kept[batch.source] += batch.rows.num_rows
        tallies[batch.source].add(batch.tally)
        size += batch.rows.nbytes
    return Survey(counts=counts, keys=found, read=read, kept=kept, tallies=tallies, size=size)


def joined(surveys: Sequence[Survey]) -> Survey:
    """The survey of the batches of all of these, in their order."""
    return Survey(
        counts=[count for one in surveys for count in one.counts],
        keys=[keys for one in surveys for keys in one.keys],
        read=sum((one.read for one in surveys), Counter[int]()),
        kept=sum((one.kept for one in surveys), Counter[int]()),
        tallies={
            number: _sum(one.tallies[number] for one in surveys if number in one.tallies)
            for number in sorted({number for one in surveys for number in one.tallies})
        },
        size=sum(one.size for one in surveys),
    )


def _sum(tallies: Iterable[Tally]) -> Tally:
    whole = Tally()
    for tally in tallies:
        whole.add(tally)
    return whole


def _by_number(counts: Mapping[str, int]) -> Counter[int]:
    return Counter({int(number): rows for number, rows in counts.items()})
