"""Elements from CSV: the first line names the columns, and each further one is a mapping.

A column is numbers when each of its values is one as JSON writes it, so `00123` keeps its zeros and makes its column
text; it is true and false when it holds nothing else. An empty field is null. The whole column decides, so that no
column mixes `123` and `"00123"`.
"""

import csv
import json
import math
import re
from collections.abc import Callable, Iterator
from enum import Enum
from io import StringIO
from typing import Any

from msgspec import Struct

from fused_spec.spec.documents.scalars import LARGEST_EXACT
from fused_spec.spec.documents.wording import spelt
from fused_spec.spec.files.limits import MAX_CONFIG_BYTES
from fused_spec.spec.inputs.element_list import PARTS, BadElements, Elements

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?(?:nan|NaN|NAN|inf|Inf|INF|infinity|Infinity|INFINITY)")
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_FIELD = re.compile(r'(?:"(?:[^"]|"")*"|[^,"]*)(?:,|$)')


def csv_elements(text: str, file: str) -> Elements:
    """Each row as a mapping by the names of the columns; raises `BadElements`."""
    names = _names(text)
    readers = [_READERS[kind] for kind in _kinds(text, names)]
    elements = Elements(file=file)
    for line, row in _body(text):
        pairs = zip(names, readers, row, strict=True)
        elements.add({name: read(value) if value else None for name, read, value in pairs}, line)
    return elements


class _Kind(Enum):
    TEXT = "text"
    NUMBER = "number"
    TRUTH = "truth"


def _number(text: str) -> int | float:
    return int(text) if _WHOLE.fullmatch(text) else float(text)


_READERS: dict[_Kind, Callable[[str], Any]] = {
    _Kind.TEXT: str,
    _Kind.NUMBER: _number,
    _Kind.TRUTH: _TRUTH.__getitem__,
}


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, and the line on which it begins."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise _not_csv(str(error), line, reader.line_num) from None


def _not_csv(complaint: str, first: int, last: int) -> BadElements:
    if "unexpected end" in complaint:
        return BadElements(
            "a quote that is opened in this row is never closed", "close it; a quote itself is two", first
        )
    if "expected after" in complaint:
        hint = "put the whole field in quotes; a quote itself is two"
        return BadElements("text follows a closing quote", hint, max(last, first))
    if "field limit" in complaint:
        return BadElements(f"a field has more than {csv.field_size_limit():,} characters", PARTS, first)
    return BadElements(f"this row is no CSV: {complaint}", "check its quotes and commas", max(last, first))


def _body(text: str) -> Iterator[tuple[int, list[str]]]:
    rows = _rows(text)
    next(rows, None)
    return rows


def _names(text: str) -> list[str]:
    """The names of the columns."""
    line, names = next(_rows(text), (1, []))

    def bad(index: int, message: str, hint: str) -> BadElements:
        return BadElements(message, hint, line, _column(text, line, index))

    if len(names) == 1 and (other := next((mark for mark in ";\t|" if mark in names[0]), None)):
        what = "tabs" if other == "\t" else f'"{other}"'
        raise bad(0, f"the columns are separated by {what}, not by commas", "save it as CSV with commas")
    for index, name in enumerate(names):
        number = index + 1
        if not name.strip():
            raise bad(index, f"column {number} has no name", "name each column in the first line")
        if name != name.strip():
            raise bad(index, f"the name of column {number} begins or ends with a space", "remove the space")
        if _NUMBER.fullmatch(name):
            raise bad(index, f"the name of column {number} is a number", "begin with a line that names the columns")
        if name in names[:index]:
            raise bad(index, f"two columns are named {spelt(name)}", "give each column a name of its own")
    return names


class _Column(Struct):
    """What the values of a column have been so far."""

    numbers: bool = True
    truths: bool = True
    no_number: tuple[int, int, str] | None = None
    """The first NaN or infinity: its line, the number of its column, and itself."""

    @property
    def kind(self) -> _Kind:
        return _Kind.TRUTH if self.truths else _Kind.NUMBER if self.numbers else _Kind.TEXT


def _kinds(text: str, names: list[str]) -> list[_Kind]:
    """What each column holds; everything that is wrong with a row is found here."""
    columns = [_Column() for _ in names]
    beside = sum(len(json.dumps(name)) + len(",:null") for name in names)
    size = 0
    for line, row in _body(text):
        if len(row) != len(names):
            raise _ragged(text, line, row, len(names))
        size += beside
        for index, value in enumerate(row):
            if value:
                size += len(value)
                _look(columns[index], value, line, index)
        if size > MAX_CONFIG_BYTES:
            message = f"the rows up to here make more than {MAX_CONFIG_BYTES >> 20} MiB of elements"
            raise BadElements(message, PARTS, line, code="too-large")
    for column in columns:
        if column.no_number is not None and (column.numbers or column.truths):
            line, index, value = column.no_number
            message = f"{value} is not a finite number, and JSON has no other"
            hint = "leave the field empty for null"
            raise BadElements(message, hint, line, _column(text, line, index), code="not-finite")
    return [column.kind for column in columns]


def _look(column: _Column, value: str, line: int, index: int) -> None:
    if column.truths and value not in _TRUTH:
        column.truths = False
    if not column.numbers or _is_exact(value):
        return
    if _NO_NUMBER.fullmatch(value) or (_NUMBER.fullmatch(value) and not math.isfinite(float(value))):
        column.no_number = column.no_number or (line, index, value)
    else:
        column.numbers = False


def _is_exact(value: str) -> bool:
    """Whether it is a number that every reader of JSON takes for the same."""
    if _WHOLE.fullmatch(value):
        return abs(int(value)) <= LARGEST_EXACT
    return _NUMBER.fullmatch(value) is not None and not value.lstrip("-").isdigit() and math.isfinite(float(value))


def _ragged(text: str, line: int, row: list[str], wanted: int) -> BadElements:
    fields = f"{len(row)} {'field' if len(row) == 1 else 'fields'}"
    message = f"this row has {fields}, and the first line names {wanted} {'column' if wanted == 1 else 'columns'}"
    hint = "put a field that holds a comma in quotes" if len(row) > wanted else "write a comma for each empty field"
    return BadElements(message, hint, line, _column(text, line, min(len(row) - 1, wanted)))


def _column(text: str, line: int, index: int) -> int:
    """Where the field of that number begins on its line; 1 when it is on a further line of its row."""
    written = next((part for number, part in enumerate(StringIO(text), 1) if number == line), "").rstrip("\r\n")
    starts = [match.start() for match in _FIELD.finditer(written)]
    return starts[index] + 1 if index < len(starts) else 1
