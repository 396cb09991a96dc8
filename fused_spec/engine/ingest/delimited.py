"""Read CSV and TSV, where a column's type comes from all of its rows and not from the first ones alone."""

import os
import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.columns import check_unique
from fused_spec.engine.ingest.inputs import Input
from fused_spec.engine.ingest.layer import Batch, Choice, Layer
from fused_spec.engine.ingest.notes import shown

DELIMITERS = {".csv": ",", ".tsv": "\t"}
_OTHERS = (";", "\t", "|")
_BLOCK_BYTES = 16 * 2**20
_MARGIN_BYTES = 1024  # for what may stand behind the last value: a quote, blanks, empty lines
_QUOTED = re.compile(r'"[^"]*("|$)')
_MISFIT = re.compile(r"In CSV column #(\d+):.*CSV conversion error(?: to \S+: invalid value '(.*)')?", re.DOTALL)
_INTEGER = re.compile(r"[+-]?0*([0-9]*)")
_INT64_DIGITS = 19  # where int64 does not hold an integer, it has so many
_EXACT = 2**53  # as a floating-point number an integer beyond it loses digits
# In the order in which pyarrow tries them: a column has the first type that fits all of its values. Only a column of
# nothing but integers is tried as uint64, and is text where that does not hold them.
_TYPES = [
    pa.null(),
    pa.int64(),
    pa.bool_(),
    pa.date32(),
    pa.time32("s"),
    pa.timestamp("s"),
    pa.timestamp("ns"),
    pa.float64(),
    pa.string(),
]


def open_delimited(file: Input, choose: Choice) -> Layer:
    """The layer of a CSV or TSV file; raises `StepFailed`, and what pyarrow does."""
    path = file.here()
    schema = _inferred(path)
    chosen = choose(schema.names)
    return Layer(
        attributes=pa.schema([schema.field(name) for name in chosen]),
        parts=[path.stat().st_size],
        batches=partial(_batches, file, schema, chosen),
    )


def _batches(file: Input, schema: pa.Schema, chosen: Sequence[str], parts: range) -> Iterator[Batch]:
    for _ in parts:  # there is one
        last = None
        with _open(file.here(), schema) as reader:
            for batch in reader:
                last = batch if batch.num_rows else last
                yield Batch(attributes=pa.Table.from_batches([batch]).select(list(chosen)))
        if last is not None and _ends_within_quotes(file.here(), last):
            raise StepFailed(
                f"{shown(file.name)} cannot be read: a quote in its last record is never closed, so that the lines "
                "after it are one value; close or remove it"
            )


def _ends_within_quotes(path: Path, last: pa.RecordBatch) -> bool:
    """Whether the last value of the file, which then has lines of its own, goes on to the end without a quote."""
    value = last.column(last.num_columns - 1)[-1].as_py()
    if not isinstance(value, str) or "\n" not in value:
        return False
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, len(value.encode()) + _MARGIN_BYTES), os.SEEK_END)
        return b"\n" in file.read().rpartition(b'"')[2].rstrip()


def _open(path: Path, schema: pa.Schema | None, only: Sequence[str] = ()) -> pyarrow.csv.CSVStreamingReader:
    """A reader of the file, of some columns or of all; None: with the types that the first block says."""
    return pyarrow.csv.open_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(block_size=_BLOCK_BYTES),
        parse_options=pyarrow.csv.ParseOptions(delimiter=_delimiter(path), newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=schema, include_columns=list(only), strings_can_be_null=bool(only)
        ),
    )


def _delimiter(path: Path) -> str:
    """What the suffix says; or, where the names of the columns are without it, another that stands between them."""
    usual = DELIMITERS[path.suffix.lower()]
    with path.open(encoding="utf-8", errors="replace") as file:
        names = _QUOTED.sub("", file.readline(_BLOCK_BYTES))
    return usual if usual in names else next((other for other in _OTHERS if other in names), usual)


def _inferred(path: Path) -> pa.Schema:
    """The types of the columns: what the first block says, widened until the whole file fits."""
    with _open(path, None) as reader:
        schema = reader.schema
        first = next(iter(reader), None)
    check_unique(schema.names)
    inexact = [] if first is None else _integers_among(path, _beyond_exact(first))
    for number in map(schema.get_field_index, inexact):
        schema = schema.set(number, schema.field(number).with_type(pa.uint64()))
    while True:
        for field in schema:
            if pa.types.is_binary(field.type):
                raise StepFailed(
                    f"{shown(path)} cannot be read: column {field.name} is not UTF-8 text; convert the file"
                )
        misfit = _misfit(path, schema) if inexact or path.stat().st_size > _BLOCK_BYTES else None
        if misfit is None:
            return schema
        number, value = misfit
        schema = schema.set(number, schema.field(number).with_type(_wider(schema.field(number).type, value)))


def _beyond_exact(rows: pa.RecordBatch) -> list[str]:
    """The columns that pyarrow reads as floating-point numbers, and that would have lost digits were they integers."""
    ends = {field.name: pc.min_max(rows[field.name]) for field in rows.schema if pa.types.is_float64(field.type)}
    largest = {name: max(-(end["min"].as_py() or 0), end["max"].as_py() or 0) for name, end in ends.items()}
    return [name for name, number in largest.items() if number >= _EXACT]


def _integers_among(path: Path, names: Sequence[str]) -> list[str]:
    """The columns of which the first block has nothing but integers."""
    if not names:
        return []
    with _open(path, pa.schema([(name, pa.string()) for name in names]), names) as reader:
        first = reader.read_next_batch()
    pattern = r"^\s*[+-]?[0-9]+\s*$"
    return [name for name in names if pc.all(pc.match_substring_regex(first[name], pattern)).as_py()]


def _misfit(path: Path, schema: pa.Schema) -> tuple[int, str] | None:
    """The number of a column with a value that its type does not have, and that value where it is told."""
    try:
        with _open(path, schema) as reader:
            for _ in reader:
                pass
    except pa.ArrowInvalid as error:
        found = _MISFIT.search(str(error))
        if found is None:
            raise
        return int(found[1]), found[2] or ""
    return None


def _wider(kind: pa.DataType, value: str) -> pa.DataType:
    """The next type to try for a column, of which this one does not hold a value."""
    if pa.types.is_string(kind):
        return pa.binary()  # only text that is not UTF-8 does not fit
    integer = _INTEGER.fullmatch(value)
    if pa.types.is_int64(kind) and integer and len(integer[1]) >= _INT64_DIGITS:
        return pa.uint64()
    if pa.types.is_uint64(kind):
        return pa.string() if integer else _wider(pa.int64(), value)
    return _TYPES[_TYPES.index(kind) + 1] if kind in _TYPES else pa.string()
