"""Write a laid-out table: a file for each file of the layout, a row group for each chunk, and `_sample`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fused_spec.engine.ingest.layout import Chunks, Layout, Rows
from fused_spec.engine.ingest.metadata import Metadata
from fused_spec.engine.ingest.wkb import GEOMETRY

_THREADS = 2
_SAMPLE_ROWS = 1000

Describe = Callable[[Rows], Metadata]
"""The schema metadata of a file that holds these rows."""


def write_table(table: pa.Table, layout: Layout, folder: Path, describe: Describe, whole: Metadata) -> None:
    """Write `0.parquet`, `1.parquet`, … and `_sample`, whose metadata `whole` describes all of them."""
    table = table.combine_chunks()  # taking rows from many chunks would join them once for each file

    def write(file_id: int) -> None:
        chunks = layout.files[file_id]
        _write(table, chunks, folder / f"{file_id}.parquet", describe(np.concatenate(chunks)))

    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(write, range(layout.num_files)))
    rows = _sampled(layout.order)
    _write(table, (rows,), folder / "_sample", {**describe(rows), **whole})


def _sampled(order: Rows) -> Rows:
    """Rows from all over the table."""
    places = np.linspace(0, len(order) - 1, min(len(order), _SAMPLE_ROWS))
    return order[places.astype(np.int64)]


def _write(table: pa.Table, chunks: Chunks, path: Path, metadata: Metadata) -> None:
    taken = _with_short_offsets(table.take(pa.array(np.concatenate(chunks)))).replace_schema_metadata(dict(metadata))
    with pq.ParquetWriter(path, taken.schema, compression="zstd", use_dictionary=_repetitive(taken.schema)) as writer:
        start = 0
        for rows in chunks:
            writer.write_table(taken.slice(start, len(rows)), row_group_size=len(rows))
            start += len(rows)


def _with_short_offsets(table: pa.Table) -> pa.Table:
    """The geometry as other writers store it, marked as Fused's own tables are."""
    position = table.schema.get_field_index(GEOMETRY)
    if position < 0 or not pa.types.is_large_binary(table.schema.field(position).type):
        return table
    field = pa.field(GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "ogc.wkb"})
    return table.set_column(position, field, table[GEOMETRY].cast(pa.binary()))


def _repetitive(schema: pa.Schema) -> list[str]:
    """The columns worth a dictionary: text, not numbers or geometry, where trying one only takes time."""
    return [
        field.name
        for field in schema
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type) or pa.types.is_dictionary(field.type)
    ]
