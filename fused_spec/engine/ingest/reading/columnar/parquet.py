"""Read Parquet, in runs of its row groups."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.budget import batch_rows
from fused_spec.engine.ingest.common.notes import shown
from fused_spec.engine.ingest.inputs.files import Input
from fused_spec.engine.ingest.reading.columnar.files import Columns, columns_of, layer_of
from fused_spec.engine.ingest.reading.columnar.int96 import MICRO, far_times, unit_of
from fused_spec.engine.ingest.reading.columnar.parquet_schema import check_counts, leaves, natives, nested_geometry
from fused_spec.engine.ingest.reading.columnar.row_runs import runs
from fused_spec.engine.ingest.reading.layer import Batch, Choice, Layer
from fused_spec.engine.ingest.reading.options import Reading

_FIRST_ROWS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """How a file is read: which columns, the rows of a batch, the row groups of each part and how many rows come before
    each group; and the unit of the times of its `int96` columns.
    """

    columns: Columns
    rows: int
    parts: Sequence[range]
    before: Sequence[int]
    unit: str
    int96: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Times:
    """The columns with INT96 times, the unit that holds them, and what is lost in it."""

    unit: str
    columns: Sequence[str]
    lost: Sequence[str]


def open_parquet(file: Input, choose: Choice, reading: Reading, *, plain: bool) -> Layer:
    """The layer of a Parquet file; raises `StepFailed`, and what pyarrow does."""
    try:
        return _open(file, choose, reading, plain=plain)
    except OSError as error:
        if "decrypt" not in str(error):
            raise
        raise StepFailed(
            f"{shown(file.name)} is encrypted; decrypt it (pyarrow.parquet.read_table with decryption_properties), and "
            "write it without encryption"
        ) from error


def _open(file: Input, choose: Choice, reading: Reading, *, plain: bool) -> Layer:
    with _opened(file, MICRO) as parquet:
        row_bytes = _row_bytes(parquet)  # before all else: to look at an encrypted column chunk aborts the process
        check_counts(parquet)
        int96 = sorted({leaf.name for leaf in leaves(parquet) if leaf.column.physical_type == "INT96"})
        unit, lost = unit_of(parquet, int96, partial(_opened, file)) if int96 else (MICRO, [])
        if unit == MICRO:
            return _layer(file, parquet, choose, reading, _Times(unit, int96, lost), row_bytes, plain=plain)
    with _opened(file, unit) as parquet:
        return _layer(file, parquet, choose, reading, _Times(unit, int96, lost), row_bytes, plain=plain)


def _layer(
    file: Input,
    parquet: pq.ParquetFile,
    choose: Choice,
    reading: Reading,
    times: _Times,
    row_bytes: float,
    *,
    plain: bool,
) -> Layer:
    meta = parquet.metadata
    group_rows = [meta.row_group(number).num_rows for number in range(meta.num_row_groups)]
    first_rows, texts = partial(_first_rows, parquet, group_rows), meta.metadata or {}
    columns = columns_of(parquet.schema_arrow, natives(parquet), texts, choose, reading, first_rows, plain=plain)
    within = [
        f"geometry within a column, {name}, stays the bytes that it is, without its coordinate system"
        for name in nested_geometry(parquet)
    ]
    rows = batch_rows(row_bytes)
    parts = runs(group_rows, rows)
    read = _Read(
        columns=columns,
        rows=rows,
        parts=parts,
        before=list(accumulate(group_rows, initial=0)),
        unit=times.unit,
        int96=[name for name in times.columns if name in columns.read],
    )
    return layer_of(
        columns,
        rows=sum(group_rows),
        parts=[int(row_bytes * sum(group_rows[part.start : part.stop])) for part in parts],
        batches=partial(_batches, file, read),
        lossy=[*times.lost, *within],
        kinds=dict.fromkeys(times.columns, "INT96"),
    )


@contextmanager
def _opened(file: Input, unit: str) -> Iterator[pq.ParquetFile]:
    """The file, its INT96 as times of this unit; of a remote one only what is asked for is fetched."""
    options = {"coerce_int96_timestamp_unit": unit, "page_checksum_verification": True}
    if isinstance(file.place, Path):
        # not a dataset: it would make columns of the folders' names
        with pq.ParquetFile(file.place, **options) as parquet:
            yield parquet
        return
    filesystem, name = file.place.open()
    with (
        filesystem.open(name, "rb", cache_type="none") as stream,
        pq.ParquetFile(stream, pre_buffer=True, **options) as parquet,
    ):
        yield parquet


def _first_rows(parquet: pq.ParquetFile, group_rows: Sequence[int], names: Sequence[str]) -> pa.Table:
    """Rows of the first row group that has any."""
    filled = [number for number, rows in enumerate(group_rows) if rows]
    batches = parquet.iter_batches(batch_size=_FIRST_ROWS, row_groups=filled[:1], columns=list(names))
    batch = next(batches, None) if filled else None
    if batch is None:
        schema = parquet.schema_arrow
        return pa.schema([schema.field(name) for name in names]).empty_table()
    return pa.Table.from_batches([batch]).select(list(names))


def _row_bytes(parquet: pq.ParquetFile) -> float:
    """About what a row takes, from the size of the file and of its first rows: repeated text is larger in memory."""
    groups = [parquet.metadata.row_group(number) for number in range(parquet.metadata.num_row_groups)]
    filled = [number for number, group in enumerate(groups) if group.num_rows]
    if not filled:
        return 1.0
    in_file = sum(groups[number].total_byte_size for number in filled) / sum(group.num_rows for group in groups)
    first = next(parquet.iter_batches(batch_size=_FIRST_ROWS, row_groups=filled[:1]), None)
    return float(in_file if first is None or not len(first) else max(in_file, first.nbytes / len(first)))


def _record_batches(parquet: pq.ParquetFile, read: _Read, groups: Sequence[int]) -> Iterator[pa.RecordBatch]:
    """The rows of some row groups; pyarrow does not read dictionaries within columns from several at once."""
    within = any(pa.types.is_nested(field.type) and "dictionary<" in str(field.type) for field in parquet.schema_arrow)
    for some in [[group] for group in groups] if within else [groups]:
        yield from parquet.iter_batches(batch_size=read.rows, row_groups=some, columns=read.columns.read)


def _batches(file: Input, read: _Read, parts: range) -> Iterator[Batch]:
    with _opened(file, read.unit) as parquet:
        for part in parts:
            groups = [number for number in read.parts[part] if number < parquet.metadata.num_row_groups]
            far = far_times(partial(_opened, file), read.int96, groups) if read.int96 else {}
            done = 0
            for batch in _record_batches(parquet, read, groups):
                table = pa.Table.from_batches([batch])
                for name, times in far.items():
                    table = table.set_column(table.schema.get_field_index(name), name, times.slice(done, len(batch)))
                yield read.columns.batch(table, read.before[read.parts[part].start] + done)
                done += len(batch)
