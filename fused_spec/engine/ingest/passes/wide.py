"""The columns that an ingestion writes, side by side: of the table of rows, and of Fused's table of measures."""

import numpy as np
import pyarrow as pa

from fused_spec.engine.ingest.geometry.measure import Measures
from fused_spec.engine.ingest.geometry.wkb import COVERING, GEOMETRY
from fused_spec.engine.ingest.passes.prepared import Prepared
from fused_spec.engine.ingest.writing.metadata import covering_column

_MEASURES = {
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
_COVERING_TYPE = pa.struct([(name, pa.float64()) for name in ("xmin", "ymin", "xmax", "ymax")])


def row_schema(schema: pa.Schema, *, covering: bool) -> pa.Schema:
    """The schema of the table of rows; its geometry is marked as Fused's own tables mark it."""
    marked = pa.field(GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "ogc.wkb"})
    fields = [marked if field.name == GEOMETRY else field for field in schema]
    if covering:
        fields.append(pa.field(COVERING, _COVERING_TYPE))
    return pa.schema(fields)


def measure_schema() -> pa.Schema:
    """The schema of the table of measures."""
    kinds = {name: pa.int64() if name == "num_coords" else pa.float64() for name in _MEASURES}
    return pa.schema([("fused_index", pa.int64()), *((f"fused_{name}", kind) for name, kind in kinds.items())])


def widened(batch: Prepared, first_row: int, *, covering: bool, measured: bool) -> pa.Table:
    """The columns of a batch for `row_schema` and, if `measured`, for `measure_schema`."""
    assert batch.measures is not None
    rows = batch.rows
    if covering:
        rows = rows.append_column(COVERING, covering_column(batch.measures))
    if not measured:
        return rows
    added = _measures(batch.measures, first_row)
    return pa.table([*rows.columns, *added.columns], names=[*rows.column_names, *added.column_names])


def _measures(measures: Measures, first_row: int) -> pa.Table:
    numbers = np.arange(first_row, first_row + len(measures.kind))
    columns = [pa.array(getattr(measures, field), from_pandas=True) for field in _MEASURES.values()]
    schema = measure_schema()
    return pa.table([pa.array(numbers), *columns], names=schema.names).cast(schema)
