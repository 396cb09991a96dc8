"""The key/value metadata of an ingested table: GeoParquet's, and what Fused's clients read.

Layout of `_sample`: format version 5, and a small Parquet file in base64 with a row for each chunk.
"""

import base64
import io
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fused_spec.engine.ingest.layout import Layout, Rows
from fused_spec.engine.ingest.measure import Floats, Measures
from fused_spec.engine.ingest.reading import OUTPUT_CRS
from fused_spec.engine.ingest.wkb import GEOMETRY

Metadata = Mapping[bytes, bytes]

_FORMAT_VERSION = b"5"
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
COVERING = "bbox"
"""The name of the GeoParquet covering column."""

_CORNERS = ("minx", "miny", "maxx", "maxy")
_COVERING_FIELDS = ("xmin", "ymin", "xmax", "ymax")


def geo_metadata(measures: Measures, rows: Rows, *, covering: bool) -> Metadata:
    """The `geo` key of a file that holds these rows, as GeoParquet 1.1 says."""
    column: dict[str, object] = {
        "encoding": "WKB",
        "geometry_types": _type_names(measures.kind[rows]),
        "crs": _projjson(),
    }
    located = rows[measures.located[rows]]
    if len(located):
        minx, miny, maxx, maxy = (getattr(measures, corner)[located] for corner in _CORNERS)
        column["bbox"] = [float(minx.min()), float(miny.min()), float(maxx.max()), float(maxy.max())]
    if covering:
        column["covering"] = {COVERING: {field: [COVERING, field] for field in _COVERING_FIELDS}}
    geo = {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}
    return {b"geo": json.dumps(geo).encode()}


def _projjson() -> dict[str, Any]:
    """The coordinate system, without the ids of its datum's realisations: older readers refuse those."""
    crs = OUTPUT_CRS.to_json_dict()
    for member in crs["datum_ensemble"]["members"]:
        member.pop("id", None)
    return crs


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


def sample_metadata(chunks: pa.Table) -> Metadata:
    """The keys by which `_sample` describes the table's chunks."""
    buffer = io.BytesIO()
    pq.write_table(chunks, buffer)
    return {b"fused:format_version": _FORMAT_VERSION, b"fused:_metadata": base64.b64encode(buffer.getvalue())}


def chunk_table(layout: Layout, measures: Measures | None) -> pa.Table:
    """One row for each chunk: where it is, its box in degrees and what it adds up to."""
    places = [(str(file_id), chunk_id, len(rows)) for file_id, chunk_id, rows in layout.chunks()]
    file_ids, chunk_ids, num_rows = (list(column) for column in zip(*places, strict=True))
    columns: dict[str, object] = {"file_id": pa.array(file_ids, pa.string()), "chunk_id": chunk_ids}
    if measures is None:
        return pa.table({**columns, "num_rows": num_rows})
    starts = np.concatenate([[0], np.cumsum(num_rows)[:-1]])
    order = layout.order

    def per_chunk(combine: np.ufunc, values: Floats | NDArray[np.int64]) -> pa.Array:
        return pa.array(combine.reduceat(values[order], starts), from_pandas=True)

    return pa.table(
        {
            **columns,
            "bbox_minx": per_chunk(np.fmin, measures.minx),
            "bbox_miny": per_chunk(np.fmin, measures.miny),
            "bbox_maxx": per_chunk(np.fmax, measures.maxx),
            "bbox_maxy": per_chunk(np.fmax, measures.maxy),
            "num_rows": num_rows,
            "sum_area": per_chunk(np.add, measures.area),
            "sum_length": per_chunk(np.add, measures.length),
            "sum_area_utm": per_chunk(np.add, measures.area_utm),
            "sum_length_utm": per_chunk(np.add, measures.length_utm),
            "num_coords": per_chunk(np.add, measures.coords),
        }
    )


def _type_names(kinds: NDArray[np.int64]) -> list[str]:
    present = np.unique(kinds[kinds >= 0])
    return [_TYPE_NAMES[kind % 16] + (" Z" if kind >= 16 else "") for kind in present.tolist()]
