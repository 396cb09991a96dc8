"""Read Arrow's own files: IPC files (Feather 2), IPC streams, and Feather of the first version."""

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc

from fused_spec.engine.ingest.common.budget import batch_rows
from fused_spec.engine.ingest.inputs.files import Input
from fused_spec.engine.ingest.reading.columnar.files import Columns, columns_of, layer_of
from fused_spec.engine.ingest.reading.columnar.row_runs import runs
from fused_spec.engine.ingest.reading.layer import Batch, Choice, Layer
from fused_spec.engine.ingest.reading.options import Reading

_MESSAGE = b"\xff\xff\xff\xff"  # before each message of a stream since Arrow 0.15, and before its end
_END = _MESSAGE + b"\0\0\0\0"
_FIRST_ROWS = 1024
_UNENDED = (
    "its stream does not end as streams do, so nobody can tell whether it is whole; the program that wrote it should "
    "close its writer"
)


class _Form(Enum):
    """What a file is, by how it begins; streams and Feather 1 are read from the beginning only."""

    FILE = b"ARROW1"
    FEATHER_1 = b"FEA1"
    STREAM = _MESSAGE


_BY_NAME = {".arrow": _Form.FILE, ".ipc": _Form.FILE, ".feather": _Form.FILE, ".arrows": _Form.STREAM}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """How a file is read: which columns, the rows of a batch, the record batches of each part, and how many rows come
    before each record batch.
    """

    form: _Form
    columns: Columns
    rows: int
    parts: Sequence[range]
    before: Sequence[int]


def is_arrow(path: Path) -> bool:
    """Whether a file is one of Arrow's, by how it begins or, where that says nothing, by its name."""
    return path.is_file() and _form(path) is not None


def open_arrow(file: Input, choose: Choice, reading: Reading, *, plain: bool) -> Layer:
    """The layer of a file of Arrow; raises `StepFailed`, and what pyarrow does."""
    path = file.here()
    form = _form(path)
    assert form is not None
    size = path.stat().st_size
    first = _first_rows(path, form)
    texts = first.schema.metadata or {}
    columns = columns_of(first.schema, {}, texts, choose, reading, first.select, plain=plain)
    row_bytes = max(first.nbytes / len(first), 1.0) if len(first) else 1.0
    rows = batch_rows(row_bytes)
    counts = _counts(path, form)
    parts = runs(counts, rows) if counts is not None else [range(1)]
    held = [size] if counts is None else [int(row_bytes * sum(counts[part.start : part.stop])) for part in parts]
    before = list(accumulate(counts or [0], initial=0))
    read = _Read(form=form, columns=columns, rows=rows, parts=parts, before=before)
    return layer_of(
        columns,
        rows=None if counts is None else sum(counts),
        parts=held,
        batches=partial(_batches, file, read),
        lossy=[_UNENDED] if form is _Form.STREAM and not _has_end(path) else [],
    )


def _form(path: Path) -> _Form | None:
    with path.open("rb") as file:
        beginning = file.read(len(_Form.FILE.value))
    known = (form for form in _Form if beginning.startswith(form.value))
    return next(known, _BY_NAME.get(path.suffix.lower()))


@contextmanager
def _opened(path: Path, form: _Form) -> Iterator[Any]:
    """A reader of an IPC file or stream, and the file."""
    with pa.memory_map(str(path)) as file:
        opening = pa.ipc.open_file if form is _Form.FILE else pa.ipc.open_stream
        with opening(file) as reader:
            yield reader, file


def _record_batches(path: Path, form: _Form, numbers: range) -> Iterator[pa.Table]:
    """Record batches as tables, whose values were looked at: what Arrow's own files say of them may be wrong."""
    if form is _Form.FEATHER_1:
        yield _feather_1(path)
        return
    with _opened(path, form) as (reader, file):
        batches = reader if form is _Form.STREAM else map(reader.get_batch, numbers)
        for batch in batches:
            batch.validate(full=True)
            yield pa.Table.from_batches([batch])
        if form is _Form.STREAM and (rest := file.size() - file.tell()):
            raise pa.ArrowInvalid(
                f"{rest:,} bytes stand behind the end of its stream; write streams into a file each, or as one"
            )


def _feather_1(path: Path) -> pa.Table:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it is deprecated to write, and files are there
        table = pyarrow.feather.read_table(path)
    table.validate(full=True)
    return table


def _first_rows(path: Path, form: _Form) -> pa.Table:
    """The first rows that there are; none only where the file has none."""
    if form is _Form.FEATHER_1:
        return _feather_1(path).slice(0, _FIRST_ROWS)
    with _opened(path, form) as (reader, _):
        batches = reader if form is _Form.STREAM else map(reader.get_batch, range(reader.num_record_batches))
        filled = next((batch for batch in batches if len(batch)), None)
        if filled is None:
            return reader.schema.empty_table()
        filled.validate(full=True)
        return pa.Table.from_batches([filled.slice(0, _FIRST_ROWS)])


def _counts(path: Path, form: _Form) -> list[int] | None:
    """How many rows there are in each record batch; None for a stream, which does not say it before its end."""
    if form is _Form.STREAM:
        return None
    if form is _Form.FEATHER_1:
        return [len(_feather_1(path))]
    with _opened(path, form) as (reader, _):
        return [reader.get_batch(number).num_rows for number in range(reader.num_record_batches)]


def _has_end(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-min(len(_END), path.stat().st_size), os.SEEK_END)
        return file.read() == _END


def _batches(file: Input, read: _Read, parts: range) -> Iterator[Batch]:
    for part in parts:
        numbers = read.parts[part]
        first_row = read.before[numbers.start]
        for table in _record_batches(file.here(), read.form, numbers):
            for start in range(0, len(table), read.rows):
                rows = table.slice(start, read.rows)
                yield read.columns.batch(rows, first_row)
                first_row += len(rows)
