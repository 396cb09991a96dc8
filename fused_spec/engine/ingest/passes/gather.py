"""The third pass: write a table from its shelf, a file for each file of the layout, a row group for each chunk."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fused_spec.engine.ingest.common.threads import mapped
from fused_spec.engine.ingest.partitioning.layout import Layout
from fused_spec.engine.ingest.passes.large import first_taken, taken
from fused_spec.engine.ingest.passes.shelves import Stock
from fused_spec.engine.ingest.writing.metadata import Metadata

_SAMPLE_ROWS = 1000
_SAMPLE_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One table to write: its folder, its columns by their positions on the shelf, and the metadata of each file."""

    folder: Path
    columns: Sequence[int]
    schema: pa.Schema
    describe: Callable[[int], Metadata]


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """The shelf and how it is cut: the number behind the last chunk of each bucket."""

    shelf: Stock
    ends: Sequence[int]


def gather(layout: Layout, buckets: Buckets, targets: Sequence[Target]) -> pa.Table:
    """Write `0.parquet`, `1.parquet`, … of every target; rows from all over the table, with all columns, as sample."""

    def write(file_id: int) -> list[pa.Table]:
        return write_file(file_id, layout, buckets, targets)

    return joined_sample(part for parts in mapped(write, range(layout.num_files)) for part in parts)


def write_file(file_id: int, layout: Layout, buckets: Buckets, targets: Sequence[Target]) -> list[pa.Table]:
    """Write one file of every target; what of its rows belongs to the sample."""
    samples = []
    room = _SAMPLE_BYTES
    wanted = _sample_places(layout.num_rows)
    with ExitStack() as stack:
        schemas = [target.schema.with_metadata(dict(target.describe(file_id))) for target in targets]
        writers = [
            stack.enter_context(_writer(target.folder / f"{file_id}.parquet", schema))
            for target, schema in zip(targets, schemas, strict=True)
        ]
        for bucket, chunks in _buckets_of(layout.chunks_of(file_id), buckets.ends):
            rows = _in_place(buckets.shelf.take(bucket))
            first, last = layout.rows_of(chunks.start)[0], layout.rows_of(chunks.stop - 1)[1]
            here = wanted[np.searchsorted(wanted, first) : np.searchsorted(wanted, last)]
            samples.append(first_taken(rows, here - first, room))
            room -= samples[-1].nbytes
            spans = [layout.rows_of(chunk) for chunk in chunks]
            for target, schema, writer in zip(targets, schemas, writers, strict=True):
                _write_chunks(writer, _columns(rows, target.columns, schema), spans)
    return samples


def joined_sample(parts: Iterable[pa.Table]) -> pa.Table:
    """The parts as one sample; the first of them, where all would be very large."""
    kept: list[pa.Table] = []
    room = _SAMPLE_BYTES
    for part in parts:
        kept.append(part if part.nbytes <= room else first_taken(part, range(len(part)), room))
        room -= kept[-1].nbytes
    return pa.concat_tables(kept)


def write_sample(sample: pa.Table, target: Target, metadata: Metadata) -> None:
    """Write the `_sample` of a target, whose metadata describe the table."""
    schema = target.schema.with_metadata(dict(metadata))
    with _writer(target.folder / "_sample", schema) as writer:
        writer.write_table(_columns(sample.unify_dictionaries().combine_chunks(), target.columns, schema))


def _write_chunks(writer: pq.ParquetWriter, rows: pa.Table, spans: Sequence[tuple[int, int]]) -> None:
    """One row group for each chunk of a bucket."""
    first = spans[0][0]
    for start, stop in spans:
        writer.write_table(rows.slice(start - first, stop - start), row_group_size=stop - start)


def _buckets_of(chunks: range, ends: Sequence[int]) -> Iterator[tuple[int, range]]:
    """The buckets of a file's chunks, with the chunks of each."""
    start = chunks.start
    bucket = int(np.searchsorted(ends, start, side="right"))
    while start < chunks.stop:
        yield bucket, range(start, ends[bucket])
        start = ends[bucket]
        bucket += 1


def _in_place(rows: pa.Table) -> pa.Table:
    """The rows of a bucket in the order of the table; those of one batch are in it already."""
    places = rows.column(rows.num_columns - 1).to_numpy()
    rows = rows.unify_dictionaries()
    if (places[1:] > places[:-1]).all():
        return rows.combine_chunks()
    return taken(rows, np.argsort(places))


def _columns(rows: pa.Table, columns: Sequence[int], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_arrays([rows.column(number) for number in columns], schema=schema)


@contextmanager
def _writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    with (
        pa.OSFile(str(path), "wb") as sink,  # a path would be looked at three times
        pq.ParquetWriter(sink, schema, compression="zstd", use_dictionary=_repetitive(schema)) as writer,
    ):
        yield writer


def _repetitive(schema: pa.Schema) -> list[str]:
    """The columns worth a dictionary: text, not numbers or geometry, where trying one only takes time."""
    return [
        field.name
        for field in schema
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type) or pa.types.is_dictionary(field.type)
    ]


@lru_cache(maxsize=1)  # every file of a table asks
def _sample_places(rows: int) -> NDArray[np.int64]:
    """Places from all over the table."""
    return np.linspace(0, rows - 1, min(rows, _SAMPLE_ROWS)).astype(np.int64)
