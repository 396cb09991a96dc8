"""Lay out rows as another table is laid out: each goes to the chunk in whose box its centroid lies."""

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.geometry.measure import Floats
from fused_spec.engine.ingest.inputs.chunk_list import read_chunk_list
from fused_spec.engine.ingest.partitioning.layout import Layout, Partition
from fused_spec.engine.storage import Root, local_copy

_CORNERS = ["bbox_minx", "bbox_miny", "bbox_maxx", "bbox_maxy"]
_PLACE = ["file_id", "chunk_id"]


def read_boxes(url: str, storage: Root) -> pd.DataFrame:
    """One row for each box, in the order of files and chunks.

    `url` names an ingested table, its `_sample`, or a Parquet file with a row for each chunk. Raises `StepFailed`.
    """
    path = local_copy(url.rstrip("/").removesuffix("/_metadata"), storage)
    sample = path / "_sample" if path.is_dir() else path
    if not sample.is_file():
        raise StepFailed(f"partitioning_schema_input: {url} is no ingested table, and no Parquet file of boxes")
    try:
        chunks = read_chunk_list(sample)
        if chunks is None:
            chunks = pd.read_parquet(sample)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise StepFailed(f"partitioning_schema_input: {url} cannot be read: {error}") from error
    missing = [name for name in (*_PLACE, *_CORNERS) if name not in chunks]
    if missing:
        raise StepFailed(f"partitioning_schema_input: {url} has no column {missing[0]}; name an ingested table")
    boxes = chunks.dropna(subset=_CORNERS).reset_index(drop=True)
    if boxes.empty:
        raise StepFailed(f"partitioning_schema_input: {url} has no boxes")
    order = pd.DataFrame({"file": _numbered(boxes["file_id"]), "chunk": boxes["chunk_id"]})
    return boxes.loc[order.sort_values(["file", "chunk"], kind="stable").index].reset_index(drop=True)


def follow(boxes: pd.DataFrame, x: Floats, y: Floats) -> Partition:
    """Rows in the box that holds them (of several the first), else in the nearest; those nowhere in a last file."""
    located = np.isfinite(x) & np.isfinite(y)
    chunk = np.full(len(x), len(boxes), dtype=np.int64)
    chunk[located] = _nearest(boxes, shapely.points(x[located], y[located]))
    order = np.argsort(chunk, kind="stable")
    present, counts = np.unique(chunk, return_counts=True)
    files = np.append(pd.factorize(boxes["file_id"])[0], len(boxes))[present]
    last = np.append(files[1:] != files[:-1], True)
    layout = Layout(chunk_ends=np.cumsum(counts), file_ends=np.flatnonzero(last) + 1)
    return Partition(order=order, layout=layout)


def _nearest(boxes: pd.DataFrame, points: object) -> NDArray[np.int64]:
    tree = shapely.STRtree(shapely.box(*(boxes[corner].to_numpy() for corner in _CORNERS)))
    point, box = tree.query_nearest(points, all_matches=True)
    order = np.lexsort((box, point))
    found: NDArray[np.int64] = box[order][np.unique(point[order], return_index=True)[1]]
    return found


def _numbered(file_ids: pd.Series) -> pd.Series:
    """File ids as numbers where all of them are, so that 10 comes after 9."""
    numbers = pd.to_numeric(file_ids, errors="coerce")
    return numbers if numbers.notna().all() else file_ids.astype(str)
