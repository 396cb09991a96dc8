"""An ingestion as a value: what is read, how rows are placed, and what is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from fused_spec.engine.ingest.account import Account, account_of
from fused_spec.engine.ingest.inputs.chunk_list import as_sample_metadata
from fused_spec.engine.ingest.partitioning.layout import Layout, Partition
from fused_spec.engine.ingest.partitioning.totals import Totals
from fused_spec.engine.ingest.passes.gather import Target, write_sample
from fused_spec.engine.ingest.passes.prepared import Prepare
from fused_spec.engine.ingest.passes.scatter import Widen
from fused_spec.engine.ingest.passes.survey import Keys, Survey
from fused_spec.engine.ingest.reading.source import Source
from fused_spec.engine.ingest.writing.expected import Missing, check_table
from fused_spec.engine.ingest.writing.metadata import Metadata, chunk_table, job_metadata
from fused_spec.engine.ingest.writing.outputs import Outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingestion:
    """An ingestion with its inputs opened; it may be sent to another machine.

    `lay_out` decides where each row goes, and tells the user what was read. `widen` gives the columns of both tables
    side by side, first those of `rows`, then those of `measures`; `describe` a file's own metadata from the totals of
    the table and the file's chunks.
    """

    job_id: str
    outputs: Outputs
    source: Source
    prepare: Prepare
    keys: Keys
    lay_out: Callable[[Survey], Partition]
    rows: pa.Schema
    measures: pa.Schema
    widen: Widen
    describe: Callable[[Totals | None, range], Metadata]

    def targets(self, layout: Layout, totals: Totals | None, folders: Sequence[Path]) -> list[Target]:
        """The tables as they are written into these folders."""
        job, width = self._job(layout), len(self.rows)
        rows = Target(
            folder=folders[0],
            columns=range(width),
            schema=self.rows,
            describe=lambda file_id: {**self.describe(totals, layout.chunks_of(file_id)), **job},
        )
        columns = range(width, width + len(self.measures))
        measures = [
            Target(folder=folder, columns=columns, schema=self.measures, describe=lambda _: job)
            for folder in folders[1:]
        ]
        return [rows, *measures]

    @property
    def never_null(self) -> list[str]:
        """The columns of which no value may be missing."""
        return [name for name in self.outputs.expected.get("not_null") or () if name in self.rows.names]

    def check(self, layout: Layout, totals: Totals | None, missing: Missing) -> None:
        """Raise `StepFailed` when the table is not as the spec expects."""
        check_table(self.outputs.url, self.rows, layout, totals, missing, self.outputs.expected)

    def write_samples(self, sample: pa.Table, layout: Layout, totals: Totals | None, folders: Sequence[Path]) -> None:
        """Write what makes a folder a table: its `_sample`."""
        whole = {**self._job(layout), **as_sample_metadata(chunk_table(layout, totals))}
        described: list[Metadata] = [self.describe(totals, range(layout.num_chunks)), {}]
        for target, own in zip(self.targets(layout, totals, folders), described, strict=False):
            write_sample(sample, target, {**own, **whole})

    def account(self, found: Survey, layout: Layout) -> Account:
        """What becomes of every row and column."""
        return {"output": self.outputs.url, **account_of(self.source, found, self.rows, layout)}

    def _job(self, layout: Layout) -> Metadata:
        return job_metadata(self.job_id, layout, has_metadata=self.outputs.measures is not None)
