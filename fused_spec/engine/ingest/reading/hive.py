"""Folders whose names are values, such as country=DE: a column of every file in them, as pandas and DuckDB have it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import PurePath
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import shown
from fused_spec.engine.ingest.inputs.files import Input
from fused_spec.engine.ingest.reading.layer import Batch, Choice, Layer
from fused_spec.engine.ingest.reading.options import Reading

_NULL = "__HIVE_DEFAULT_PARTITION__"
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PADDED = re.compile(r"-?0[0-9]+")
_NOT_READ = "read.hive: false leaves names of folders alone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """What the folders of one input say: a value for each column that they are, as text and in the column's type.

    `absent` are columns that only the folders of other inputs are.
    """

    texts: Mapping[str, str | None] = field(default_factory=dict)
    values: Mapping[str, pa.Scalar] = field(default_factory=dict)
    absent: Sequence[str] = ()

    def choice(self, choose: Choice) -> Choice:
        """The choice among the columns of a file, made among those of its folders as well."""

        def among(present: Sequence[str]) -> list[str]:
            return [one for one in choose(self._all(present)) if one in present]

        return among

    def added(self, layer: Layer, choose: Choice, path: PurePath) -> Layer:
        """The layer with the columns that were chosen; raises `StepFailed` while it is read where a file says else."""
        if not self.values and not self.absent:
            return layer
        own = layer.attributes.names
        names = [one for one in choose(self._all(own)) if one in self.values]
        new = {one: self.values[one] for one in names if one not in own}
        schema = pa.schema([*layer.attributes, *(pa.field(name, value.type) for name, value in new.items())])
        both = {one: self.texts[one] for one in names if one in own}
        lossy = [*layer.origin.lossy, *self._told(new)]
        return replace(
            layer,
            attributes=schema,
            batches=partial(_batches, layer, new, both, path),
            origin=replace(layer.origin, lossy=lossy),
        )

    def _all(self, present: Sequence[str]) -> list[str]:
        return [*present, *(name for name in self.values if name not in present)]

    def _told(self, new: Mapping[str, pa.Scalar]) -> Iterator[str]:
        for name, value in new.items():
            text = self.texts[name]
            if text is not None and pa.types.is_integer(value.type) and _PADDED.fullmatch(text):
                yield f"its folder {name}={text} is the number {value}; read.types: {{{name}: String}} keeps the zeros"
        for name in self.absent:
            yield f"it lies in no folder {name}=…, as others do, so the column {name} is null"


def folders_of(inputs: Sequence[Input], reading: Reading) -> list[Folders]:
    """What the folders of each input say; a column has one type in all of them. Raises `StepFailed`."""
    if not reading.hive:
        return [Folders() for _ in inputs]
    texts = [_texts(one) for one in inputs]
    names = list(dict.fromkeys(name for one in texts for name in one))
    types = {name: _type(name, [one[name] for one in texts if name in one], reading) for name in names}
    return [
        Folders(
            texts=one,
            values={name: _scalar(name, text, types[name]) for name, text in one.items()},
            absent=[name for name in names if name not in one],
        )
        for one in texts
    ]


def _texts(file: Input) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for part in file.folders:
        name, sign, text = part.partition("=")
        if not (sign and name):
            continue
        if (name := unquote(name)) in found:
            raise StepFailed(f"{shown(file.name)} lies in two folders named {name}=…; {_NOT_READ}")
        found[name] = None if text == _NULL else unquote(text)
    return found


def _type(name: str, texts: Sequence[str | None], reading: Reading) -> pa.DataType:
    """What the author says, else that of numbers or of days where all are such."""
    if name in reading.types:
        return reading.types[name]
    known = [text for text in texts if text is not None]
    if known and all(map(_INTEGER.fullmatch, known)):
        return pa.int64()
    return pa.date32() if known and all(map(_is_date, known)) else pa.string()


def _is_date(text: str) -> bool:
    try:
        return _DATE.fullmatch(text) is not None and date.fromisoformat(text) is not None
    except ValueError:
        return False


def _scalar(name: str, text: str | None, kind: pa.DataType) -> pa.Scalar:
    try:
        return pa.array([text], pa.string()).cast(kind)[0]
    except pa.ArrowException as error:
        raise StepFailed(f"the folder {name}={text} is no {kind}, as read.types says: {error}; {_NOT_READ}") from error


def _batches(
    layer: Layer, new: Mapping[str, pa.Scalar], both: Mapping[str, str | None], path: PurePath, parts: range
) -> Iterator[Batch]:
    for batch in layer.batches(parts):
        attributes = batch.attributes
        for name, text in both.items():
            _check_same(attributes[name], name, text, path)
        rows = attributes.num_rows if batch.geometry is None else len(batch.geometry)
        columns = [*attributes.columns, *(pa.chunked_array([pa.repeat(value, rows)]) for value in new.values())]
        yield replace(batch, attributes=pa.table(columns, names=[*attributes.column_names, *new]))


def _check_same(column: pa.ChunkedArray, name: str, text: str | None, path: PurePath) -> None:
    """Raise `StepFailed` where a column of a file has another value than the folder in which the file lies."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    same = pc.is_null(column) if text is None else _equal(column, text)
    if len(column) and not pc.all(same).as_py():
        other = column[pc.index(same, False).as_py()]
        raise StepFailed(f"{shown(path)}: its column {name} has {other}, and its folder says {text}; {_NOT_READ}")


def _equal(column: pa.ChunkedArray, text: str) -> pa.ChunkedArray | pa.Array:
    try:
        return pc.fill_null(pc.equal(column, pa.array([text], pa.string()).cast(column.type)[0]), False)
    except pa.ArrowException:  # no value of the column is written so
        return pa.array([False] * len(column), pa.bool_())
