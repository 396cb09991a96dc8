"""The list of a table's chunks, as its `_sample` carries it: a small Parquet file in base64."""

import base64
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

FORMAT_VERSION = b"5"
_READABLE = (b"4", b"5")
_VERSION_KEY = b"fused:format_version"
_LIST_KEY = b"fused:_metadata"


def as_sample_metadata(chunks: pa.Table) -> dict[bytes, bytes]:
    """The keys by which `_sample` describes the table's chunks."""
    buffer = io.BytesIO()
    pq.write_table(chunks, buffer)
    return {_VERSION_KEY: FORMAT_VERSION, _LIST_KEY: base64.b64encode(buffer.getvalue())}


def read_chunk_list(sample: Path) -> pd.DataFrame | None:
    """One row for each chunk of the table; None for a file that describes none.

    Raises OSError, ValueError or an error of pyarrow for what cannot be read.
    """
    metadata = pq.read_schema(sample).metadata or {}
    if metadata.get(_VERSION_KEY) not in _READABLE:
        return None
    return pd.read_parquet(io.BytesIO(base64.b64decode(metadata[_LIST_KEY])))
