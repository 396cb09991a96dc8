"""The chunks of an ingested table, as its `_sample` lists them: how many rows each has, and where they lie."""

import base64
from io import BytesIO
from math import isfinite

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fused_spec.engine.outputs.model import Bounds

_METADATA = b"fused:_metadata"
_SIDES = ("bbox_minx", "bbox_miny", "bbox_maxx", "bbox_maxy")


def chunks_in(schema: pa.Schema) -> pa.Table | None:
    """A row for each chunk; None for a table that lists none."""
    text = (schema.metadata or {}).get(_METADATA)
    if text is None:
        return None
    with pq.ParquetFile(BytesIO(base64.b64decode(text))) as file:  # `read_table` would import pandas
        return file.read()


def rows_of(chunks: pa.Table) -> int | None:
    return int(pc.sum(chunks["num_rows"]).as_py() or 0) if "num_rows" in chunks.column_names else None


def box_of(chunks: pa.Table) -> Bounds | None:
    """The box around all of them."""
    if not _are_placed(chunks):
        return None
    found = [(pc.min if number < 2 else pc.max)(chunks[side]).as_py() for number, side in enumerate(_SIDES)]
    if any(side is None or not isfinite(side) for side in found):
        return None
    return (found[0], found[1], found[2], found[3])


def boxes_in(chunks: pa.Table) -> list[tuple[Bounds, int | None]]:
    """The box of each chunk that has one, and its rows."""
    if not _are_placed(chunks):
        return []
    counts = chunks["num_rows"].to_pylist() if "num_rows" in chunks.column_names else [None] * len(chunks)
    sides = [chunks[side].to_pylist() for side in _SIDES]
    return [
        ((west, south, east, north), rows)
        for west, south, east, north, rows in zip(*sides, counts, strict=True)
        if None not in (west, south, east, north)
    ]


def _are_placed(chunks: pa.Table) -> bool:
    return set(_SIDES) <= set(chunks.column_names)
