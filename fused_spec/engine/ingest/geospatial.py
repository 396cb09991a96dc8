"""The `partition_geospatial` step: geometries into files and chunks of neighbours."""

from collections import Counter
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.boxes import follow, read_boxes
from fused_spec.engine.ingest.budget import budget
from fused_spec.engine.ingest.inputs import find_inputs
from fused_spec.engine.ingest.layout import Layout
from fused_spec.engine.ingest.measure import Floats, measure
from fused_spec.engine.ingest.metadata import geo_metadata
from fused_spec.engine.ingest.notes import note
from fused_spec.engine.ingest.outputs import Ingested, find_outputs, write_outputs
from fused_spec.engine.ingest.partition import partition, weights_of
from fused_spec.engine.ingest.prepared import Batches, Prepared, Raw
from fused_spec.engine.ingest.reshape import check_reshape, reshape, tell_reshape
from fused_spec.engine.ingest.source import Source, feature_source
from fused_spec.engine.ingest.utm import zones_of
from fused_spec.engine.ingest.wide import measure_schema, row_schema, widened
from fused_spec.engine.ingest.wkb import GEOMETRY
from fused_spec.engine.storage import Root
from fused_spec.wire import PartitionGeospatialStep


@dataclass(frozen=True, slots=True, kw_only=True)
class _Survey:
    """What one reading of all batches tells: their sizes, and where their rows are and what they weigh."""

    counts: list[int]
    row_bytes: float
    x: Floats
    y: Floats
    weights: Floats | None
    zones: NDArray[np.int16] | None


def partition_geospatial(
    step: PartitionGeospatialStep, storage: Root, job_id: str, memory_limit: int | None = None
) -> None:
    """Read the inputs, partition their rows, and write the table; raises `StepFailed`.

    `memory_limit` is in bytes; of an input that would take too much of it the rows wait on disk.
    """
    check_reshape(step)
    inputs = find_inputs(step.input, storage, step.file_suffix)
    outputs = find_outputs(step, storage, inputs)
    boxes = None if step.partitioning_schema_input is None else read_boxes(step.partitioning_schema_input, storage)
    source = feature_source(step, inputs)
    batches = Batches(source, partial(_prepare, source, step), budget(memory_limit))
    survey = _survey(batches, source, step, len(inputs))
    layout = _laid_out(survey, step) if boxes is None else follow(boxes, survey.x, survey.y)
    covering = step.write_covering_bbox
    write_outputs(
        outputs,
        Ingested(
            batches=batches,
            counts=survey.counts,
            layout=layout,
            row_bytes=survey.row_bytes,
            rows=row_schema(source.schema, covering=covering),
            measures=measure_schema(),
            widen=partial(widened, covering=covering, measured=outputs.measures is not None),
            describe=lambda totals, chunks: geo_metadata(totals, chunks, covering=covering) if totals else {},
        ),
        job_id,
    )


def _prepare(source: Source, step: PartitionGeospatialStep, raw: Raw) -> Prepared:
    table = source.rows(raw)
    reshaped, tally = reshape(table, step)
    measures = measure(reshaped[GEOMETRY], in_utm=step.partitioning_force_utm is not None)
    return Prepared(source=raw[0], read=table.num_rows, rows=reshaped, measures=measures, tally=tally)


def _survey(batches: Batches, source: Source, step: PartitionGeospatialStep, inputs: int) -> _Survey:
    """Read everything once, and tell the user what it was."""
    read, tally = [0] * inputs, Counter[str]()
    counts: list[int] = []
    x, y, weights = [], [], []
    size = 0
    for batch in batches.first():
        assert batch.measures is not None
        read[batch.source] += batch.read
        tally.update(batch.tally)
        counts.append(batch.rows.num_rows)
        size += batch.rows.nbytes
        x.append(batch.measures.x)
        y.append(batch.measures.y)
        if (weight := weights_of(batch.measures, step)) is not None:
            weights.append(weight)
    source.tell(read)
    tell_reshape(step, tally)
    if not sum(counts):
        raise StepFailed(_nothing(tally))
    places = np.concatenate(x), np.concatenate(y)
    total = np.concatenate(weights) if weights else None
    _tell_oddities(step, places[0], total)
    return _Survey(
        counts=counts,
        row_bytes=size / sum(counts),
        x=places[0],
        y=places[1],
        weights=total,
        zones=None if step.partitioning_force_utm is None else zones_of(*places),
    )


def _laid_out(survey: _Survey, step: PartitionGeospatialStep) -> Layout:
    return partition(survey.x, survey.y, survey.weights, survey.zones, step)


def _nothing(tally: Counter[str]) -> str:
    if tally["out_of_bounds"]:
        return "every row is out of bounds; check the coordinate system, and which column is the longitude"
    return "the inputs hold no rows, so there is nothing to ingest"


def _tell_oddities(step: PartitionGeospatialStep, x: Floats, weights: Floats | None) -> None:
    if weights is not None and weights.sum() == 0:
        method = step.partitioning_method
        note(f"the {method} of every row is 0, so they all are one chunk; partitioning_method rows would cut them")
    nowhere = int((~np.isfinite(x)).sum())
    if nowhere:
        note(f"rows without geometry: {nowhere:,}; they come last, in a file of their own")
