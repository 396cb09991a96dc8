"""The `partition_nongeospatial` step: a table without geometry into files and chunks."""

from functools import partial

import numpy as np
import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.budget import budget
from fused_spec.engine.ingest.columns import check_columns
from fused_spec.engine.ingest.grouping import group, in_order
from fused_spec.engine.ingest.inputs import find_inputs
from fused_spec.engine.ingest.layout import Layout, caps
from fused_spec.engine.ingest.outputs import Ingested, find_outputs, write_outputs
from fused_spec.engine.ingest.prepared import Batches, Prepared, Raw
from fused_spec.engine.ingest.source import Source, plain_source
from fused_spec.engine.storage import Root
from fused_spec.wire import PartitionNongeospatialStep

_MEASURES = pa.schema([("fused_index", pa.int64())])


def partition_nongeospatial(
    step: PartitionNongeospatialStep, storage: Root, job_id: str, memory_limit: int | None = None
) -> None:
    """Read the inputs, group their rows, and write the table; raises `StepFailed`.

    `memory_limit` is in bytes; of an input that would take too much of it the rows wait on disk.
    """
    inputs = find_inputs(step.input, storage)
    outputs = find_outputs(step, storage, inputs)
    source = plain_source(inputs)
    if step.partition_col is not None:
        check_columns([step.partition_col], source.schema.names, "partition_col")
    batches = Batches(source, partial(_prepare, source), budget(memory_limit))
    counts, row_bytes, layout = _survey(batches, source, step, len(inputs))
    measured = outputs.measures is not None
    write_outputs(
        outputs,
        Ingested(
            batches=batches,
            counts=counts,
            layout=layout,
            row_bytes=row_bytes,
            rows=source.schema,
            measures=_MEASURES,
            widen=_numbered if measured else lambda batch, _: batch.rows,
            describe=lambda *_: {},
        ),
        job_id,
    )


def _prepare(source: Source, raw: Raw) -> Prepared:
    rows = source.rows(raw)
    return Prepared(source=raw[0], read=rows.num_rows, rows=rows)


def _survey(
    batches: Batches, source: Source, step: PartitionNongeospatialStep, inputs: int
) -> tuple[list[int], float, Layout]:
    """The sizes of the batches, about what a row takes in bytes, and where the rows go."""
    read = [0] * inputs
    counts, keys, size = [], [], 0
    for batch in batches.first():
        read[batch.source] += batch.read
        counts.append(batch.read)
        size += batch.rows.nbytes
        if step.partition_col is not None:
            keys.append(batch.rows[step.partition_col])
    source.tell(read)
    total = sum(counts)
    if not total:
        raise StepFailed("the inputs hold no rows, so there is nothing to ingest")
    limits = caps(total, step.partitioning_maximum_per_file, step.partitioning_maximum_per_chunk)
    if step.partition_col is None:
        return counts, size / total, in_order(total, limits)
    chunks = [chunk for column in keys for chunk in column.chunks]
    column = pa.chunked_array(chunks, type=source.schema.field(step.partition_col).type)
    return counts, size / total, group(column, step.partition_col, limits)


def _numbered(batch: Prepared, first_row: int) -> pa.Table:
    numbers = pa.array(np.arange(first_row, first_row + batch.rows.num_rows))
    return batch.rows.append_column("fused_index", numbers)
