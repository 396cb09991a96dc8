"""The `partition_nongeospatial` step: a table without geometry into files and chunks."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from fused_spec.engine.ingest.grouping import group
from fused_spec.engine.ingest.inputs import find_inputs
from fused_spec.engine.ingest.layout import caps
from fused_spec.engine.ingest.metadata import chunk_table
from fused_spec.engine.ingest.outputs import Ingested, find_outputs, write_outputs
from fused_spec.engine.ingest.reading import read_rows
from fused_spec.wire import PartitionNongeospatialStep


def partition_nongeospatial(step: PartitionNongeospatialStep, storage: Path, job_id: str) -> None:
    """Read the inputs, group their rows, and write the table; raises `StepFailed`."""
    inputs = find_inputs(step.input, storage)
    outputs = find_outputs(step, storage, inputs)
    table = read_rows(inputs)
    limits = caps(table.num_rows, step.partitioning_maximum_per_file, step.partitioning_maximum_per_chunk)
    layout = group(table, step.partition_col, limits)
    ingested = Ingested(
        rows=table,
        measures=pa.table({"fused_index": np.arange(table.num_rows)}),
        layout=layout,
        chunks=chunk_table(layout, None),
        describe=lambda _: {},
    )
    write_outputs(outputs, ingested, job_id)
