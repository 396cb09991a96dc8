"""How a file of delimited text is written: what separates its columns, their names, and where its rows begin."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePath

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import note, shown
from fused_spec.engine.ingest.reading.options import Reading
from fused_spec.engine.ingest.reading.text.quoting import Misquoted, Quotes

DELIMITERS = {".csv": ",", ".tsv": "\t", ".psv": "|"}
COMPRESSED = frozenset({".gz", ".bz2", ".zst", ".zstd"})

_OTHERS = (",", ";", "\t", "|", "\x01")
# Suffixes that say nothing of what is within; text of theirs is delimited where the user says by what.
_NEUTRAL = frozenset({"", ".txt", ".dat", ".data", ".asc", ".out", ".prn", ".log", ".text"})
_MAPINFO = b"!table"
_SAMPLE_ROWS = 2_000
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_EXCEL = re.compile(r"\"?sep=(.)\"?[,;\t]*\s*", re.IGNORECASE)
_NUMBER = re.compile(r"\s*[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\s*")
_SHOWN = 60

csv.field_size_limit(2**31 - 1)  # outlines of countries are longer than its default


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """`start` is the byte of the UTF-8 at which the first row begins, `line` the number of that line from 1.

    `told` are sentences about what was left out or renamed before it.
    """

    delimiter: str
    quote: str
    names: tuple[str, ...]
    start: int
    line: int
    told: tuple[str, ...]

    def records(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """The fields of each row."""
        return _records(lines, self.delimiter, self.quote)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """What usually separates the columns of files with some name; `strict`: nothing else does where it can be that."""

    sign: str
    strict: bool


def usual_delimiter(path: PurePath) -> Usual:
    """What usually separates the columns of a file with this name."""
    suffix = _suffix(path)
    sign = "\t" if suffix == ".tab" else DELIMITERS.get(suffix, ",")
    return Usual(sign=sign, strict=sign != ",")


def is_delimited(path: PurePath, begin: bytes, reading: Reading) -> bool:
    """Whether a file is delimited text, by its name, how it begins and what the user says."""
    suffix = _suffix(path)
    if suffix == ".tab":
        return not begin.lstrip().lower().startswith(_MAPINFO)
    return suffix in DELIMITERS or (suffix in _NEUTRAL and reading.delimiter is not None)


def lines_of(text: str) -> list[str]:
    """Lines as readers of CSV cut them, each with its end."""
    return _LINES.findall(text)


def dialect_of(
    path: PurePath, head: str, reading: Reading, *, usual: Usual, whole: bool
) -> tuple[Dialect, list[list[str]]]:
    """How a file that begins so is written, and its first rows; raises `StepFailed`.

    `whole`: the beginning is all of it. For names with bytes that are no text it raises `UnicodeEncodeError`.
    """
    lines = lines_of(head)
    before = _blank(lines, 0)
    if before == len(lines):
        raise StepFailed(f"{shown(path)} cannot be read: it is empty; write a line with the names of its columns")
    told = []
    delimiter, quote = reading.delimiter, '"' if reading.quote is None else reading.quote
    if excel := _EXCEL.fullmatch(lines[before]):
        delimiter = delimiter or excel[1]
        before = _blank(lines, before + 1)
    marked = before
    while marked < len(lines) and lines[marked].startswith("#"):
        marked += 1
    sample = lines[marked:] if marked < len(lines) else lines[before:]
    if delimiter is None:
        delimiter = _sniffed(sample, usual, quote, whole=whole)
        if delimiter != usual.sign:
            note(f"{shown(path)}: its columns are separated by {delimiter!r}")
    if marked > before:
        header = _header_among(path, lines, before, marked, delimiter, quote)
        if header > before:
            told.append(f"{header - before} lines before its columns' names that begin with # are left out")
        before = header
    before = _blank(lines, before)
    rest = iter(lines[before:])
    found = next(_records(rest, delimiter, quote), [])
    after = len(lines) - sum(1 for _ in rest)
    _check_header(path, "".join(lines[before:after]), delimiter, quote, before + 1)
    if after == len(lines) and not whole:
        raise StepFailed(f"{shown(path)} cannot be read: the line with the names of its columns does not end")
    names, more = _named(path, found, delimiter)
    start = len("".join(lines[:after]).encode("utf-8", "surrogateescape"))
    dialect = Dialect(delimiter=delimiter, quote=quote, names=names, start=start, line=after + 1, told=(*told, *more))
    return dialect, _rows(lines[after:], delimiter, quote, whole=whole)


def _suffix(path: PurePath) -> str:
    suffix = path.suffix.lower()
    return PurePath(path.stem).suffix.lower() if suffix in COMPRESSED else suffix


def _blank(lines: Sequence[str], start: int) -> int:
    """The number of the first line from there that is not empty."""
    return next((number for number in range(start, len(lines)) if lines[number].strip("\r\n")), len(lines))


def _records(lines: Iterator[str], delimiter: str, quote: str) -> Iterator[list[str]]:
    if quote:
        return csv.reader(lines, delimiter=delimiter, quotechar=quote)
    return csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)


def _rows(lines: Sequence[str], delimiter: str, quote: str, *, whole: bool) -> list[list[str]]:
    """The first rows, without one that may be cut off unless it is alone."""
    rows = [row for row in islice(_records(iter(lines), delimiter, quote), _SAMPLE_ROWS) if row]
    return rows if whole or len(rows) in (1, _SAMPLE_ROWS) else rows[:-1]


def _sniffed(lines: Sequence[str], usual: Usual, quote: str, *, whole: bool) -> str:
    """The separator that cuts all rows alike, and into most; without one, the one that cuts most of them alike."""
    cut = {}
    for sign in dict.fromkeys((usual.sign, *_OTHERS)):
        widths = [len(row) for row in _rows(lines, sign, quote, whole=whole)]
        if widths and widths[0] > 1:
            cut[sign] = (sum(width == widths[0] for width in widths) / len(widths), widths[0])
    if usual.strict and usual.sign in cut:
        return usual.sign
    return max(cut, key=lambda sign: cut[sign] if cut[sign][0] == 1 else (cut[sign][0], 0), default=usual.sign)


def _header_among(path: PurePath, lines: Sequence[str], start: int, stop: int, delimiter: str, quote: str) -> int:
    """The number of the line that names the columns, of a file whose first lines begin with #."""
    if stop == len(lines):
        return start
    last = next(_records(iter(lines[stop - 1 :]), delimiter, quote))
    first = next((row for row in _records(iter(lines[stop:]), delimiter, quote) if row), [])
    if len(last) != len(first):
        return stop
    if not last[0][1:2].isspace() or any(_NUMBER.fullmatch(field) for field in first):
        return stop - 1
    raise StepFailed(
        f"{shown(path)}: line {stop:,}, {_short(lines[stop - 1])}, begins with # and may be a remark, or name the "
        "columns; remove it, or its #"
    )


def _check_header(path: PurePath, header: str, delimiter: str, quote: str, line: int) -> None:
    """Raise `StepFailed` where its quotes take other lines for names, and for zero bytes; or `UnicodeEncodeError`."""
    content = header.encode()
    quotes = Quotes(delimiter, quote)
    try:
        quotes.look(content)
        quotes.end()
    except Misquoted as error:
        raise StepFailed(f"{shown(path)} cannot be read: {error.words(line)}") from error
    if "\0" in header:
        raise StepFailed(
            f"{shown(path)} cannot be read: line {line:,}, with the names of its columns, has zero bytes; it is "
            "damaged, or in an encoding that read.encoding has to name"
        )


def _named(path: PurePath, found: Sequence[str], delimiter: str) -> tuple[tuple[str, ...], list[str]]:
    """The names of columns; one without a name gets one from its place."""
    told = []
    names = [name or f"field_{place}" for place, name in enumerate(found, 1)]
    if delimiter == " " and "" in found:
        raise StepFailed(
            f"{shown(path)}: its columns are separated by several blanks; write one sign between them, such as a tab"
        )
    for name in names:
        if names.count(name) > 1:
            places = " and ".join(str(place) for place, one in enumerate(names, 1) if one == name)
            raise StepFailed(f"{shown(path)}: two columns are named {name}, {places}; rename one of them in the input")
    told += [
        f"column {place} has no name, and is called field_{place}" for place, name in enumerate(found, 1) if not name
    ]
    if all(_NUMBER.fullmatch(name) for name in found):
        told.append(
            f"its first line, {_short(delimiter.join(found))}, is nothing but numbers and was taken for the names of "
            "columns; if it is a row, put a line with names before it"
        )
    return tuple(names), told


def _short(line: str) -> str:
    line = line.strip("\r\n").encode("utf-8", "replace").decode()
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…"
