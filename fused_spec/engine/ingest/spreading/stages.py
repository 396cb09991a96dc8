"""An ingestion in tasks for many machines: each stage is a task for each lot of the inputs, or for each file written.

Rows and all that is known of them travel over the exchange, as tables and files; whoever hands out the tasks sees
nothing of it. The batches, and all that is computed of them, are those of an ingestion that runs alone.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from fused_spec.engine.ingest.account import Account, check_written
from fused_spec.engine.ingest.common.threads import mapped
from fused_spec.engine.ingest.ingestion import Ingestion
from fused_spec.engine.ingest.inputs.files import drop_copies
from fused_spec.engine.ingest.partitioning.layout import Layout
from fused_spec.engine.ingest.partitioning.totals import Totals, sum_up
from fused_spec.engine.ingest.passes.gather import Buckets, joined_sample, write_file
from fused_spec.engine.ingest.passes.prepared import unprepared
from fused_spec.engine.ingest.passes.scatter import Expected, scatter
from fused_spec.engine.ingest.passes.shelves import bucket_ends
from fused_spec.engine.ingest.passes.survey import Survey, joined, survey
from fused_spec.engine.ingest.reading.source import Lot
from fused_spec.engine.ingest.spreading.exchange import Exchange
from fused_spec.engine.ingest.spreading.shared_shelf import Filled, Filling
from fused_spec.engine.ingest.writing.expected import missing_in

_MEASURED, _CUTS, _TOTALS, _SHELVES, _PLACES, _SAMPLE = "survey", "cuts", "totals", "shelves", "places", "sample"
_ACCOUNT = "account"


@dataclass(frozen=True, kw_only=True)
class Spread:
    """An ingestion, the lots in which its inputs are read, and where its tasks meet.

    Its methods are the tasks, in their order; those of one name may run side by side. Each process that runs some has
    one of these, and reads only once what all of them need.
    """

    ingestion: Ingestion
    lots: Sequence[Lot]
    exchange: Exchange

    def survey(self, lot: int) -> None:
        """Read a lot, and leave what decides where its rows go."""
        batches = mapped(self.ingestion.prepare, self.ingestion.source.raw(self.lots[lot]))
        self.exchange.put(_of(_MEASURED, lot), survey(batches, self.ingestion.keys).as_table())
        drop_copies()

    def lay_out(self) -> int:
        """Decide where every row goes; the number of files."""
        surveys = [Survey.from_table(table) for [table] in self.exchange.get_all(self._of_lots(_MEASURED))]
        counts = [one.counts for one in surveys]
        found = joined(surveys)
        del surveys
        partition, row_bytes = self.ingestion.lay_out(found), found.row_bytes
        layout = partition.layout
        self.exchange.put(_ACCOUNT, pa.table({"account": [json.dumps(self.ingestion.account(found, layout))]}))
        del found
        places = partition.places()
        for lot, (start, stop) in enumerate(pairwise(accumulate(map(sum, counts), initial=0))):
            about = pa.table({"first_row": [start], "counts": pa.array([counts[lot]], pa.list_(pa.int64()))})
            self.exchange.put(_of(_PLACES, lot), pa.table({"places": places[start:stop]}), about)
        chunks, rows = bucket_ends(layout, row_bytes)
        cuts = _Cuts(chunks=layout.chunk_ends, files=layout.file_ends, buckets=chunks, bucket_rows=rows)
        self.exchange.put(_CUTS, cuts.as_table())
        return layout.num_files

    def scatter(self, lot: int) -> None:
        """Read a lot once more, and shelve its rows in the order of the table written."""
        cuts = self._cuts
        [[places, about]] = self.exchange.get_all([_of(_PLACES, lot)])
        expected = Expected(
            first_row=about["first_row"][0].as_py(),
            counts=about["counts"][0].as_py(),
            places=places["places"].to_numpy(),
        )
        batches = unprepared(self.ingestion.source.raw(self.lots[lot]), self.ingestion.prepare)
        shelf = Filling(self.exchange, f"shelf.{lot}", cuts.bucket_rows)
        totals = scatter(batches, expected, cuts.layout, self.ingestion.widen, shelf)
        shelf.deliver()
        self.exchange.put(_of(_SHELVES, lot), pa.table(shelf.offsets))
        self.exchange.put(_of(_TOTALS, lot), *(one.as_table() for one in totals))
        drop_copies()

    def sum_up(self) -> None:
        """Put together what the lots have left."""
        parts = (
            Totals.from_table(table) for tables in self.exchange.get_all(self._of_lots(_TOTALS)) for table in tables
        )
        totals = sum_up(parts, self._cuts.layout.num_chunks)
        self.exchange.put(_TOTALS, *([] if totals is None else [totals.as_table()]))
        shelves = [table for [table] in self.exchange.get_all(self._of_lots(_SHELVES))]
        offsets = {name: table[name] for table in shelves for name in table.column_names}
        self.exchange.put(_SHELVES, pa.table(offsets))

    def gather(self, file_id: int) -> None:
        """Write one file of every table."""
        cuts = self._cuts
        buckets = Buckets(shelf=Filled(self.exchange, self._offsets), ends=cuts.buckets)
        with self.exchange.workplace() as work:
            folders = self._folders(work)
            targets = self.ingestion.targets(cuts.layout, self._totals, folders)
            sample = write_file(file_id, cuts.layout, buckets, targets)
            written = folders[0] / f"{file_id}.parquet"
            check_written(cuts.layout, {file_id: written})
            missing = {column: [missing_in([written], column)] for column in self.ingestion.never_null}
            self._deliver(folders)
        self.exchange.put(_of(_SAMPLE, file_id), pa.table(missing), *sample)

    def finish(self) -> Account:
        """Write the samples; what became of every row and column."""
        layout = self._cuts.layout
        left = list(self.exchange.get_all([_of(_SAMPLE, file_id) for file_id in range(layout.num_files)]))
        missing = pa.concat_tables(first for first, *_ in left)
        self.ingestion.check(layout, self._totals, lambda column: sum(missing[column].to_pylist()))
        sample = joined_sample(table for _, *tables in left for table in tables)
        with self.exchange.workplace() as work:
            folders = self._folders(work)
            self.ingestion.write_samples(sample, layout, self._totals, folders)
            self._deliver(folders)
        account: Account = json.loads(self.exchange.get(_ACCOUNT)["account"][0].as_py())
        return account

    @cached_property
    def _cuts(self) -> "_Cuts":
        return _Cuts.from_table(self.exchange.get(_CUTS))

    @cached_property
    def _totals(self) -> Totals | None:
        [tables] = self.exchange.get_all([_TOTALS])
        return Totals.from_table(tables[0]) if tables else None

    @cached_property
    def _offsets(self) -> dict[str, NDArray[np.int64]]:
        table = self.exchange.get(_SHELVES)
        return {name: table[name].to_numpy() for name in table.column_names}

    def _of_lots(self, name: str) -> list[str]:
        return [_of(name, lot) for lot in range(len(self.lots))]

    def _folders(self, work: Path) -> list[Path]:
        """A folder for each table."""
        folders = [work / str(number) for number in range(len(self.ingestion.outputs.places))]
        for folder in folders:
            folder.mkdir()
        return folders

    def _deliver(self, folders: Sequence[Path]) -> None:
        for number, folder in enumerate(folders):
            for file in folder.iterdir():
                self.exchange.deliver(file, f"{table_prefix(number)}{file.name}")


def table_prefix(number: int) -> str:
    """How the names of a table's files begin on the exchange."""
    return f"table.{number}."


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cuts:
    """Where chunks and files end, and the buckets: by their chunks and by their rows."""

    chunks: NDArray[np.int64]
    files: NDArray[np.int64]
    buckets: Sequence[int]
    bucket_rows: Sequence[int]

    @property
    def layout(self) -> Layout:
        return Layout(chunk_ends=self.chunks, file_ends=self.files)

    def as_table(self) -> pa.Table:
        return pa.table({field.name: [getattr(self, field.name)] for field in fields(self)})

    @classmethod
    def from_table(cls, table: pa.Table) -> "_Cuts":
        ends = {name: table[name].chunk(0).values.to_numpy() for name in table.column_names}
        lists = {name: ends.pop(name).tolist() for name in ("buckets", "bucket_rows")}
        return cls(**ends, **lists)


def _of(name: str, number: int) -> str:
    return f"{name}.{number}"
