"""Read ingested tables: the list of chunks, and one chunk, by the documented layout."""

import json
from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from shapely import box

from fused_spec.engine.ingest.inputs.chunk_list import read_chunk_list
from fused_spec.engine.storage import local_copy, provided_root


def get_chunks_metadata(url: str) -> pd.DataFrame:
    """One row per chunk of an ingested table, with `file_id`, `chunk_id` and its box in degrees as geometry.

    A chunk of rows without geometry has no box, and a table without geometry no boxes at all.
    """
    chunks = read_chunk_list(_part(url, "_sample"))
    if chunks is None:
        raise ValueError(f"{url} is not an ingested table of a known version")
    if "bbox_minx" not in chunks:
        return chunks
    boxes = box(chunks["bbox_minx"], chunks["bbox_miny"], chunks["bbox_maxx"], chunks["bbox_maxy"])
    boxes = np.where(chunks["bbox_minx"].notna(), boxes, None)
    located: pd.DataFrame = gpd.GeoDataFrame(chunks, geometry=boxes, crs=4326)
    return located


def get_chunk_from_table(
    url: str, file_id: str | int, chunk_id: int | None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """One chunk of an ingested table, as a GeoDataFrame where it has geometry; `chunk_id` None reads the file."""
    wanted = list(columns) if columns is not None else None
    with pq.ParquetFile(_part(url, f"{file_id}.parquet")) as file:
        table = file.read(columns=wanted) if chunk_id is None else file.read_row_group(int(chunk_id), columns=wanted)
    geo = json.loads((table.schema.metadata or {}).get(b"geo", b'{"primary_column": null}'))
    name = geo["primary_column"]
    frame: pd.DataFrame = table.to_pandas()
    if name not in frame:
        return frame
    geometry = gpd.GeoSeries.from_wkb(frame[name], crs=geo["columns"][name].get("crs", "OGC:CRS84"))
    located: pd.DataFrame = gpd.GeoDataFrame(frame.assign(**{name: geometry}), geometry=name)
    return located


def _part(url: str, name: str) -> Path:
    folder = url.rstrip("/").removesuffix("/_sample").removesuffix("/_metadata")
    return local_copy(f"{folder}/{name}", provided_root())
