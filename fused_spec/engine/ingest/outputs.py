"""The one or two tables that an ingestion leaves: the rows themselves, and Fused's table of their measures."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.destination import free_place, new_table
from fused_spec.engine.ingest.layout import Layout, Rows
from fused_spec.engine.ingest.metadata import Metadata, job_metadata, sample_metadata
from fused_spec.engine.ingest.notes import count, note
from fused_spec.engine.ingest.writing import write_table
from fused_spec.wire import PartitionGeospatialStep, PartitionNongeospatialStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where the tables go, as URLs and as folders."""

    url: str
    rows: Path
    measures: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What is to be written; `describe` gives a file's own metadata from the rows in it."""

    rows: pa.Table
    measures: pa.Table
    layout: Layout
    chunks: pa.Table
    describe: Callable[[Rows], Metadata]


def find_outputs(
    step: PartitionGeospatialStep | PartitionNongeospatialStep, storage: Path, inputs: Sequence[Path]
) -> Outputs:
    """The step's outputs; raises `StepFailed` when one is missing or would harm what is there."""
    if step.output is None:
        raise StepFailed("output is not given; name the folder of the table, such as fd://tables/counties")
    rows = free_place(step.output, storage, inputs, overwrite=step.overwrite)
    if step.output_metadata is None:
        return Outputs(url=step.output, rows=rows, measures=None)
    measures = free_place(step.output_metadata, storage, inputs, overwrite=step.overwrite)
    if measures.is_relative_to(rows) or rows.is_relative_to(measures):
        raise StepFailed("output and output_metadata lie one inside the other; name two folders side by side")
    return Outputs(url=step.output, rows=rows, measures=measures)


def write_outputs(outputs: Outputs, ingested: Ingested, job_id: str) -> None:
    """Write both tables, then put them in their places."""
    layout = ingested.layout
    job = job_metadata(job_id, layout, has_metadata=outputs.measures is not None)
    whole = {**job, **sample_metadata(ingested.chunks)}
    with ExitStack() as places:
        folder = places.enter_context(new_table(outputs.rows, job_id))
        write_table(ingested.rows, layout, folder, lambda rows: {**ingested.describe(rows), **job}, whole)
        if outputs.measures is not None:
            folder = places.enter_context(new_table(outputs.measures, job_id))
            write_table(ingested.measures, layout, folder, lambda _: job, whole)
    written = f"{count(layout.num_files, 'file')}, {count(layout.num_chunks, 'chunk')}"
    note(f"wrote {count(layout.num_rows, 'row')} in {written} to {outputs.url}")
