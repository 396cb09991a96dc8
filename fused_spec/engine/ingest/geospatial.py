"""The `partition_geospatial` step: geometries into files and chunks of neighbours."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.inputs import find_inputs
from fused_spec.engine.ingest.kdtree import partition, space_of
from fused_spec.engine.ingest.layout import caps
from fused_spec.engine.ingest.measure import Measures, measure
from fused_spec.engine.ingest.metadata import COVERING, chunk_table, covering_column, geo_metadata
from fused_spec.engine.ingest.notes import note
from fused_spec.engine.ingest.outputs import Ingested, find_outputs, write_outputs
from fused_spec.engine.ingest.reading import read_features
from fused_spec.engine.ingest.reshape import reshape
from fused_spec.engine.ingest.wkb import GEOMETRY
from fused_spec.wire import PartitionGeospatialStep

_FUSED = {
    "centroid_x": "x",
    "centroid_y": "y",
    "minx": "minx",
    "miny": "miny",
    "maxx": "maxx",
    "maxy": "maxy",
    "area": "area",
    "length": "length",
    "area_utm": "area_utm",
    "length_utm": "length_utm",
    "num_coords": "coords",
}
_NOT_SUPPORTED = ("table_schema", "partitioning_schema_input")


def partition_geospatial(step: PartitionGeospatialStep, storage: Path, job_id: str) -> None:
    """Read the inputs, partition their rows, and write the table; raises `StepFailed`."""
    for name in _NOT_SUPPORTED:
        if getattr(step, name) is not None:
            raise StepFailed(f"{name} is not supported by the embedded service yet; leave it out")
    inputs = find_inputs(step.input, storage, step.file_suffix)
    outputs = find_outputs(step, storage, inputs)
    table = reshape(read_features(step, inputs), step)
    measures = measure(table[GEOMETRY], in_utm=step.partitioning_force_utm is not None)
    space = space_of(measures, step)
    total = space.weight(np.arange(table.num_rows))
    _tell_oddities(step, measures, total)
    limits = caps(
        total,
        step.partitioning_maximum_per_file,
        step.partitioning_maximum_per_chunk,
        step.target_num_chunks,
    )
    layout = partition(measures, space, limits)
    ingested = Ingested(
        rows=_with_covering(table, measures) if step.write_covering_bbox else table,
        measures=_measures_table(measures),
        layout=layout,
        chunks=chunk_table(layout, measures),
        describe=lambda rows: geo_metadata(measures, rows, covering=step.write_covering_bbox),
    )
    write_outputs(outputs, ingested, job_id)


def _tell_oddities(step: PartitionGeospatialStep, measures: Measures, total: float) -> None:
    if total == 0:
        method = step.partitioning_method
        note(f"the {method} of every row is 0, so they all are one chunk; partitioning_method rows would cut them")
    nowhere = int((~measures.located).sum())
    if nowhere:
        note(f"rows without geometry: {nowhere:,}; they come last, in a file of their own")


def _with_covering(table: pa.Table, measures: Measures) -> pa.Table:
    """The table with the box of every row; one it came with is out of date and replaced."""
    if COVERING in table.column_names:
        table = table.drop_columns([COVERING])
    return table.append_column(COVERING, covering_column(measures))


def _measures_table(measures: Measures) -> pa.Table:
    """Row numbers and measures, in the order of the rows read."""
    named = {f"fused_{name}": pa.array(getattr(measures, field), from_pandas=True) for name, field in _FUSED.items()}
    return pa.table({"fused_index": np.arange(len(measures.kind)), **named})
