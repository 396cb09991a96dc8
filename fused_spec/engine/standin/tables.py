"""Read ingested tables: the list of chunks, and one chunk, by the documented layout."""

import base64
import io
import os
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
from shapely import box

from fused_spec.engine.storage import local_path

_VERSIONS = (b"4", b"5")


def get_chunks_metadata(url: str) -> gpd.GeoDataFrame:
    """One row per chunk of an ingested table, with `file_id`, `chunk_id` and its box in degrees as geometry."""
    sample = _table(url) / "_sample"
    metadata = pq.read_schema(sample).metadata or {}
    if metadata.get(b"fused:format_version") not in _VERSIONS:
        raise ValueError(f"{url} is not an ingested table of a known version")
    chunks = pd.read_parquet(io.BytesIO(base64.b64decode(metadata[b"fused:_metadata"])))
    boxes = box(chunks["bbox_minx"], chunks["bbox_miny"], chunks["bbox_maxx"], chunks["bbox_maxy"])
    return gpd.GeoDataFrame(chunks, geometry=boxes, crs=4326)


def get_chunk_from_table(
    url: str, file_id: str | int, chunk_id: int | None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """One chunk of an ingested table, as a GeoDataFrame where it has geometry; `chunk_id` None reads the file."""
    path = _table(url) / f"{file_id}.parquet"
    file = pq.ParquetFile(path)
    wanted = list(columns) if columns is not None else None
    table = file.read(columns=wanted) if chunk_id is None else file.read_row_group(int(chunk_id), columns=wanted)
    geo = (table.schema.metadata or {}).get(b"geo")
    if geo is None or not _has_geometry(table.column_names, geo):
        return table.to_pandas()
    return gpd.GeoDataFrame.from_arrow(table)


def _has_geometry(names: Sequence[str], geo: bytes) -> bool:
    import json

    return json.loads(geo)["primary_column"] in names


def _table(url: str) -> Path:
    folder = url.rstrip("/").removesuffix("/_sample").removesuffix("/_metadata")
    return local_path(folder, Path(os.environ["FUSED_SPEC_STORAGE"]))
