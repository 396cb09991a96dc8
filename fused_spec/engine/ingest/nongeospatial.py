"""The `partition_nongeospatial` step: a table without geometry into files and chunks."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.account import check_read
from fused_spec.engine.ingest.common.notes import named
from fused_spec.engine.ingest.ingestion import Ingestion
from fused_spec.engine.ingest.inputs.files import find_inputs
from fused_spec.engine.ingest.partitioning.grouping import group, in_order
from fused_spec.engine.ingest.partitioning.layout import Partition, caps
from fused_spec.engine.ingest.partitioning.totals import Totals
from fused_spec.engine.ingest.passes.prepared import Prepared
from fused_spec.engine.ingest.passes.survey import Survey
from fused_spec.engine.ingest.reading.columns import check_columns
from fused_spec.engine.ingest.reading.source import Raw, Source, plain_source
from fused_spec.engine.ingest.writing.outputs import find_outputs
from fused_spec.engine.storage import Root
from fused_spec.wire import PartitionNongeospatialStep

_MEASURES = pa.schema([("fused_index", pa.int64())])


def nongeospatial(step: PartitionNongeospatialStep, storage: Root, job_id: str) -> Ingestion:
    """What the step asks for, once its inputs are opened; raises `StepFailed`."""
    inputs = find_inputs(step.input, storage, outputs=(step.output, step.output_metadata))
    outputs = find_outputs(step, storage, inputs)
    source = plain_source(step, inputs)
    columns = [] if step.partition_col is None else [step.partition_col]
    check_columns(columns, source.schema.names, "partition_col")
    return Ingestion(
        job_id=job_id,
        outputs=outputs,
        source=source,
        prepare=partial(_prepare, source),
        keys=partial(_keys, columns),
        lay_out=partial(_lay_out, source, step),
        rows=source.schema,
        measures=_MEASURES,
        widen=_rows if outputs.measures is None else _numbered_rows,
        describe=_described,
    )


def _prepare(source: Source, raw: Raw) -> Prepared:
    rows = source.rows(raw)
    return Prepared(source=raw[0], read=rows.table.num_rows, rows=rows.table, tally=rows.tally)


def _keys(columns: list[str], batch: Prepared) -> pa.Table:
    return batch.rows.select(columns)


def _lay_out(source: Source, step: PartitionNongeospatialStep, found: Survey) -> Partition:
    check_read(source, found)
    source.tell(found.read)
    total = found.num_rows
    if not total:
        raise StepFailed(f"there are no rows in {named(step.input)}, so there is nothing to ingest")
    limits = caps(total, step.partitioning_maximum_per_file, step.partitioning_maximum_per_chunk)
    if step.partition_col is None:
        return in_order(total, limits)
    return group(pa.concat_tables(found.keys)[step.partition_col], step.partition_col, limits)


def _described(_totals: Totals | None, _chunks: range) -> Mapping[bytes, bytes]:
    return {}


def _rows(batch: Prepared, _first_row: int) -> pa.Table:
    return batch.rows


def _numbered_rows(batch: Prepared, first_row: int) -> pa.Table:
    numbers = pa.array(np.arange(first_row, first_row + batch.rows.num_rows))
    return batch.rows.append_column("fused_index", numbers)
