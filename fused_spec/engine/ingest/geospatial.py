"""The `partition_geospatial` step: geometries into files and chunks of neighbours."""

from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.account import check_read
from fused_spec.engine.ingest.common.notes import named, note, shown
from fused_spec.engine.ingest.common.tally import Seen, Tally
from fused_spec.engine.ingest.geometry.measure import Floats, measure
from fused_spec.engine.ingest.geometry.reshape import check_reshape, reshape, tell_reshape
from fused_spec.engine.ingest.geometry.utm import zones_of
from fused_spec.engine.ingest.geometry.wkb import GEOMETRY, NoGeometry
from fused_spec.engine.ingest.ingestion import Ingestion
from fused_spec.engine.ingest.inputs.files import find_inputs
from fused_spec.engine.ingest.partitioning.boxes import follow, read_boxes
from fused_spec.engine.ingest.partitioning.layout import Layout, Partition
from fused_spec.engine.ingest.partitioning.partition import partition, weights_of
from fused_spec.engine.ingest.partitioning.totals import Totals
from fused_spec.engine.ingest.passes.prepared import Prepared
from fused_spec.engine.ingest.passes.survey import Survey
from fused_spec.engine.ingest.passes.wide import measure_schema, row_schema, widened
from fused_spec.engine.ingest.reading.columnar.claims import Claims
from fused_spec.engine.ingest.reading.oddities import BEYOND, beyond_degrees, look_at, row_of_unreadable
from fused_spec.engine.ingest.reading.source import Raw, Source, feature_source
from fused_spec.engine.ingest.writing.metadata import Metadata, geo_metadata
from fused_spec.engine.ingest.writing.outputs import find_outputs
from fused_spec.engine.storage import Root
from fused_spec.wire import PartitionGeospatialStep

_MANY_FILES = 100
_UNITS = {
    "rows": "rows",
    "area": "square degrees, or square metres with partitioning_force_utm",
    "length": "degrees, or metres with partitioning_force_utm",
    "coords": "coordinates",
}


def geospatial(step: PartitionGeospatialStep, storage: Root, job_id: str) -> Ingestion:
    """What the step asks for, once its inputs are opened; raises `StepFailed`."""
    check_reshape(step)
    inputs = find_inputs(step.input, storage, step.file_suffix, outputs=(step.output, step.output_metadata))
    outputs = find_outputs(step, storage, inputs)
    boxes = None if step.partitioning_schema_input is None else read_boxes(step.partitioning_schema_input, storage)
    source = feature_source(step, inputs)
    covering = step.write_covering_bbox
    return Ingestion(
        job_id=job_id,
        outputs=outputs,
        source=source,
        prepare=partial(_prepare, source, step),
        keys=partial(_keys, step),
        lay_out=partial(_lay_out, source, step, boxes),
        rows=row_schema(source.schema, covering=covering),
        measures=measure_schema(),
        widen=partial(widened, covering=covering, measured=outputs.measures is not None),
        describe=partial(_described, source.claims, covering=covering),
    )


def _prepare(source: Source, step: PartitionGeospatialStep, raw: Raw) -> Prepared:
    try:
        read = source.rows(raw)
        tally = read.tally
        look_at(read.table[GEOMETRY], tally)
        reshaped = reshape(read.table, step, tally)
        measures = measure(reshaped[GEOMETRY], in_utm=step.partitioning_force_utm is not None)
        if beyond := beyond_degrees(measures):
            tally.lossy[BEYOND] += beyond
        tally.seen[Seen.EMPTY] += int(((measures.kind >= 0) & (measures.coords == 0)).sum())
    except NoGeometry as error:
        place = row_of_unreadable(raw[1])
        raise StepFailed(f"{shown(source.paths[raw[0]])}: {place}{error}; mend the file, or leave it out") from error
    return Prepared(source=raw[0], read=read.table.num_rows, rows=reshaped, measures=measures, tally=tally)


def _keys(step: PartitionGeospatialStep, batch: Prepared) -> pa.Table:
    """Where the rows are, and what they weigh unless that is the same for all."""
    assert batch.measures is not None
    keys = {"x": batch.measures.x, "y": batch.measures.y}
    if (weights := weights_of(batch.measures, step)) is not None:
        keys["weight"] = weights
    return pa.table(keys)


def _lay_out(source: Source, step: PartitionGeospatialStep, boxes: pd.DataFrame | None, found: Survey) -> Partition:
    check_read(source, found)
    source.tell(found.read)
    tell_reshape(step, found.tally)
    if not found.num_rows:
        raise StepFailed(_nothing(step, found.tally))
    x, y = _floats(found, "x"), _floats(found, "y")
    weights = _floats(found, "weight") if "weight" in found.keys[0].column_names else None
    _tell_oddities(step, x, weights)
    zones = None if step.partitioning_force_utm is None else zones_of(x, y)
    placed = follow(boxes, x, y) if boxes is not None else partition(x, y, weights, zones, step)
    _tell_crumbs(placed.layout, step)
    return placed


def _floats(found: Survey, name: str) -> Floats:
    """A key of all rows, in an array of its own."""
    return np.concatenate([chunk.to_numpy() for keys in found.keys for chunk in keys[name].chunks])


def _described(claims: Claims, totals: Totals | None, chunks: range, *, covering: bool) -> Metadata:
    assert totals is not None
    return geo_metadata(totals, chunks, claims, covering=covering)


def _tell_crumbs(layout: Layout, step: PartitionGeospatialStep) -> None:
    """Caps are in units of the method, which is easily forgotten."""
    if layout.num_files > _MANY_FILES and 2 * layout.num_files > layout.num_rows:
        note(
            f"{layout.num_files:,} files for {layout.num_rows:,} rows: partitioning_maximum_per_file counts "
            f"{_UNITS[step.partitioning_method]}; raise it, or give null for a tenth of the whole"
        )


def _nothing(step: PartitionGeospatialStep, tally: Tally) -> str:
    if tally.seen[Seen.OUT_OF_BOUNDS]:
        return "every row is out of bounds; check the coordinate system, and which column is the longitude"
    return f"there are no rows in {named(step.input)}, so there is nothing to ingest"


def _tell_oddities(step: PartitionGeospatialStep, x: Floats, weights: Floats | None) -> None:
    if weights is not None and weights.sum() == 0:
        method = step.partitioning_method
        note(f"the {method} of every row is 0, so they all are one chunk; partitioning_method rows would cut them")
    nowhere = int((~np.isfinite(x)).sum())
    if nowhere:
        note(f"rows without geometry: {nowhere:,}; they come last, in a file of their own")
