"""Read CSV and TSV, where a column's type comes from all of its rows and not from the first ones alone."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.columns import check_unique
from fused_spec.engine.ingest.inputs import Input
from fused_spec.engine.ingest.layer import Batch, Choice, Layer
from fused_spec.engine.ingest.notes import shown

DELIMITERS = {".csv": ",", ".tsv": "\t"}
_OTHERS = (";", "\t", "|")
_BLOCK_BYTES = 16 * 2**20
_MISFIT = re.compile(r"In CSV column #(\d+):.*CSV conversion error")
# In the order in which pyarrow tries them: a column has the first type that fits all of its values.
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
        with _open(file.here(), schema) as reader:
            for batch in reader:
                yield Batch(attributes=pa.Table.from_batches([batch]).select(list(chosen)))


def _open(path: Path, schema: pa.Schema | None) -> pyarrow.csv.CSVStreamingReader:
    return pyarrow.csv.open_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(block_size=_BLOCK_BYTES),
        parse_options=pyarrow.csv.ParseOptions(delimiter=_delimiter(path), newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(column_types=schema),
    )


def _delimiter(path: Path) -> str:
    """What the suffix says; or, where the names of the columns are without it, another that stands between them."""
    usual = DELIMITERS[path.suffix.lower()]
    with path.open(encoding="utf-8", errors="replace") as file:
        names = file.readline(_BLOCK_BYTES)
    return usual if usual in names else next((other for other in _OTHERS if other in names), usual)


def _inferred(path: Path) -> pa.Schema:
    """The types of the columns: what the first block says, widened until the whole file fits."""
    with _open(path, None) as reader:
        schema = reader.schema
    check_unique(schema.names)
    while True:
        for field in schema:
            if pa.types.is_binary(field.type):
                raise StepFailed(
                    f"{shown(path)} cannot be read: column {field.name} is not UTF-8 text; convert the file"
                )
        misfit = _misfit(path, schema) if path.stat().st_size > _BLOCK_BYTES else None
        if misfit is None:
            return schema
        schema = schema.set(misfit, schema.field(misfit).with_type(_wider(schema.field(misfit).type)))


def _misfit(path: Path, schema: pa.Schema) -> int | None:
    """The number of a column with a value that its type does not have."""
    try:
        with _open(path, schema) as reader:
            for _ in reader:
                pass
    except pa.ArrowInvalid as error:
        found = _MISFIT.search(str(error))
        if found is None:
            raise
        return int(found[1])
    return None


def _wider(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_string(kind):
        return pa.binary()  # only text that is not UTF-8 does not fit
    return _TYPES[_TYPES.index(kind) + 1] if kind in _TYPES else pa.string()
