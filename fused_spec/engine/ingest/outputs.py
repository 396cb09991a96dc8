"""The one or two tables that an ingestion leaves: the rows themselves, and Fused's table of their measures."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.budget import BUCKET_BYTES
from fused_spec.engine.ingest.chunk_list import as_sample_metadata
from fused_spec.engine.ingest.destination import free_place, new_table
from fused_spec.engine.ingest.gather import Buckets, Target, gather, write_sample
from fused_spec.engine.ingest.layout import Layout
from fused_spec.engine.ingest.metadata import Metadata, chunk_table, job_metadata
from fused_spec.engine.ingest.notes import count, note
from fused_spec.engine.ingest.prepared import Batches
from fused_spec.engine.ingest.scatter import Widen, scatter
from fused_spec.engine.ingest.shelves import DiskShelf, MemoryShelf, bucket_ends
from fused_spec.engine.ingest.totals import Totals
from fused_spec.engine.storage import Root, lies_in
from fused_spec.wire import PartitionGeospatialStep, PartitionNongeospatialStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where the tables go, as URLs and as folders."""

    url: str
    rows: Root
    measures: Root | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What is to be written: the batches, whose sizes are `counts`, and where their rows go.

    `widen` gives the columns of both tables side by side, first those of `rows`, then those of `measures`; `describe`
    a file's own metadata from the totals of the table and the file's chunks. `row_bytes` is about what a row takes.
    """

    batches: Batches
    counts: list[int]
    layout: Layout
    row_bytes: float
    rows: pa.Schema
    measures: pa.Schema
    widen: Widen
    describe: Callable[[Totals | None, range], Metadata]


def find_outputs(
    step: PartitionGeospatialStep | PartitionNongeospatialStep, storage: Root, inputs: Sequence[Path]
) -> Outputs:
    """The step's outputs; raises `StepFailed` when one is missing or would harm what is there."""
    if step.output is None:
        raise StepFailed("output is not given; name the folder of the table, such as fd://tables/counties")
    rows = free_place(step.output, storage, inputs, overwrite=step.overwrite)
    if step.output_metadata is None:
        return Outputs(url=step.output, rows=rows, measures=None)
    measures = free_place(step.output_metadata, storage, inputs, overwrite=step.overwrite)
    if lies_in(measures, rows) or lies_in(rows, measures):
        raise StepFailed("output and output_metadata lie one inside the other; name two folders side by side")
    return Outputs(url=step.output, rows=rows, measures=measures)


def write_outputs(outputs: Outputs, ingested: Ingested, job_id: str) -> None:
    """Write both tables, then put them in their places; raises `StepFailed`."""
    layout = ingested.layout
    with ExitStack() as places:
        folder = places.enter_context(new_table(outputs.rows, job_id))
        second = places.enter_context(new_table(outputs.measures, job_id)) if outputs.measures is not None else None
        with _shelved(ingested, folder / ".buckets") as (buckets, totals):
            job = job_metadata(job_id, layout, has_metadata=second is not None)
            targets = _targets(ingested, totals, job, folder, second)
            sample = gather(layout, buckets, targets)
        whole = as_sample_metadata(chunk_table(layout, totals))
        for target, described in zip(targets, (ingested.describe(totals, range(layout.num_chunks)), {}), strict=False):
            write_sample(sample, target, {**described, **job, **whole})
    written = f"{count(layout.num_files, 'file')}, {count(layout.num_chunks, 'chunk')}"
    note(f"wrote {count(layout.num_rows, 'row')} in {written} to {outputs.url}")


@contextmanager
def _shelved(ingested: Ingested, folder: Path) -> Iterator[tuple[Buckets, Totals | None]]:
    """The rows on a shelf, and their totals; a shelf on disk is in `folder`, which is gone at the end."""
    chunk_ends, row_ends = bucket_ends(ingested.layout, max(1, int(BUCKET_BYTES / max(1, ingested.row_bytes))))
    in_memory = ingested.batches.in_memory
    shelf = MemoryShelf(row_ends) if in_memory else DiskShelf(row_ends, folder)
    totals = scatter(ingested.batches, ingested.counts, ingested.layout, ingested.widen, shelf)
    yield Buckets(shelf=shelf, ends=chunk_ends), totals
    if not in_memory:
        folder.rmdir()


def _targets(
    ingested: Ingested, totals: Totals | None, job: Metadata, folder: Path, second: Path | None
) -> list[Target]:
    layout, width = ingested.layout, len(ingested.rows)
    rows = Target(
        folder=folder,
        columns=range(width),
        schema=ingested.rows,
        describe=lambda file_id: {**ingested.describe(totals, layout.chunks_of(file_id)), **job},
    )
    if second is None:
        return [rows]
    columns = range(width, width + len(ingested.measures))
    return [rows, Target(folder=second, columns=columns, schema=ingested.measures, describe=lambda _: job)]
