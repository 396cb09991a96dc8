"""The key/value metadata of an ingested table: GeoParquet's, and what Fused's clients read."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from fused_spec.engine.ingest.geometry.measure import Measures
from fused_spec.engine.ingest.geometry.wkb import COVERING, GEOMETRY
from fused_spec.engine.ingest.partitioning.layout import Layout
from fused_spec.engine.ingest.partitioning.totals import Totals
from fused_spec.engine.ingest.reading.columnar.claims import Claims
from fused_spec.engine.ingest.reading.columnar.projjson import as_projjson
from fused_spec.engine.ingest.reading.features import OUTPUT_CRS

Metadata = Mapping[bytes, bytes]

_TYPE_NAMES = (
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "MultiPoint",
    "MultiLineString",
    "MultiPolygon",
    "GeometryCollection",
)
_POINTS = {"Point", "Point Z", "MultiPoint", "MultiPoint Z"}
_CORNERS = ("minx", "miny", "maxx", "maxy")
_COVERING_FIELDS = ("xmin", "ymin", "xmax", "ymax")


def geo_metadata(totals: Totals, chunks: range, claims: Claims, *, covering: bool) -> Metadata:
    """The `geo` key of a file that holds these chunks, as GeoParquet 1.1 says."""
    here = slice(chunks.start, chunks.stop)
    kinds = _type_names(int(np.bitwise_or.reduce(totals.kinds[here])))
    column: dict[str, object] = {
        "encoding": "WKB",
        "geometry_types": kinds,
        "crs": _output_crs(),
        **claims.geometry,
    }
    minx, miny, maxx, maxy = (totals.values[corner][here] for corner in _CORNERS)
    # with edges that are arcs, only those of points hold all
    if np.isfinite(minx).any() and ("edges" not in claims.geometry or set(kinds) <= _POINTS):
        box = (np.nanmin(minx), np.nanmin(miny), np.nanmax(maxx), np.nanmax(maxy))
        column["bbox"] = [float(edge) for edge in box]
    if covering:
        column["covering"] = {"bbox": {field: [COVERING, field] for field in _COVERING_FIELDS}}
    geo = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column, **claims.beside}}
    return {b"geo": json.dumps(geo).encode()}


@cache  # every file of a table has it
def _output_crs() -> Mapping[str, Any]:
    return as_projjson(OUTPUT_CRS)


def covering_column(measures: Measures) -> pa.StructArray:
    """The box of every row; null where a row is nowhere."""
    corners = [pa.array(getattr(measures, corner), from_pandas=True) for corner in _CORNERS]
    return pa.StructArray.from_arrays(corners, names=list(_COVERING_FIELDS), mask=pa.array(~measures.located))


def job_metadata(job_id: str, layout: Layout, *, has_metadata: bool) -> Metadata:
    """The `fused:job_meta` key, in every file of the table."""
    meta = {
        "job_id": job_id,
        "num_files": layout.num_files,
        "num_chunks": layout.num_chunks,
        "num_rows": layout.num_rows,
        "has_sample": True,
        "has_metadata": has_metadata,
    }
    return {b"fused:job_meta": json.dumps(meta).encode()}


def chunk_table(layout: Layout, totals: Totals | None) -> pa.Table:
    """One row for each chunk: where it is, its box in degrees and what it adds up to."""
    file_ids, chunk_ids = zip(*layout.chunk_ids(), strict=True)
    columns: dict[str, object] = {
        "file_id": pa.array([str(file_id) for file_id in file_ids], pa.string()),
        "chunk_id": list(chunk_ids),
    }
    if totals is None:
        return pa.table({**columns, "num_rows": layout.chunk_rows})
    boxes = {f"bbox_{corner}": pa.array(totals.values[corner], from_pandas=True) for corner in _CORNERS}
    sums = {
        f"sum_{name}": pa.array(totals.values[name], from_pandas=True)
        for name in ("area", "length", "area_utm", "length_utm")
    }
    return pa.table({**columns, **boxes, "num_rows": layout.chunk_rows, **sums, "num_coords": totals.values["coords"]})


def _type_names(bits: int) -> list[str]:
    present = [kind for kind in range(32) if bits >> kind & 1]
    return [_TYPE_NAMES[kind % 16] + (" Z" if kind >= 16 else "") for kind in present]
