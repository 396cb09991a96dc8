"""Parquet files that lie elsewhere: the footer comes with the size or, where it is longer, in one more request."""

import pyarrow as pa
import pyarrow.parquet as pq

from fused_spec.engine.outputs.ranged import RangedFile

_BUFFER = 64 * 1024
_MAGIC = b"PAR1"
_ENDING = 8  # bytes: how long the footer is, and the magic


def parquet_file(content: RangedFile) -> pq.ParquetFile:
    """Raises what pyarrow does for what is none."""
    if content.tail.endswith(_MAGIC) and not content.is_whole:
        length = int.from_bytes(content.tail[-_ENDING:-4], "little")
        content.prefetch([(max(0, content.size - length - _ENDING), content.size)])
    return pq.ParquetFile(pa.PythonFile(content, mode="r"), buffer_size=_BUFFER, pre_buffer=False)
