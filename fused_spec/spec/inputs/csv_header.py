"""The names of the columns of a CSV file, from its beginning alone."""

import codecs
import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

SUFFIXES = (".csv", ".tsv", ".psv")
_BEGINNING = 1 << 16
_DELIMITERS = (",", ";", "\t", "|", "\x01")
_NO_HEADER = ("#", "sep=", '"sep=')
"""How a first line begins that may not name columns."""


class Header(Struct, frozen=True):
    """The first line, read with each delimiter that may be meant: which one it is only a reader of all lines knows."""

    ways: tuple[tuple[str, ...], ...]

    def has(self, name: str) -> bool:
        """Whether it may name a column so."""
        return any(name in way for way in self.ways)

    @property
    def names(self) -> tuple[str, ...]:
        """The names, most likely."""
        return max(self.ways, key=len)


def header_of(path: Path, reading: Mapping[str, Any]) -> Header | None:
    """The header of a file that is read so; None where it cannot be told for sure."""
    try:
        with path.open("rb") as file:
            content = file.read(_BEGINNING)
        text = _text(content, reading.get("encoding"))
    except (OSError, ValueError, LookupError):
        return None  # whoever reads all of it says what is wrong
    if ("\n" not in text and len(content) == _BEGINNING) or text.lower().startswith(_NO_HEADER):
        return None
    delimiters = (reading["delimiter"],) if "delimiter" in reading else _DELIMITERS
    ways = tuple(_ways(text, delimiters, reading.get("quote", '"')))
    return Header(ways) if ways else None


def _text(content: bytes, encoding: str | None) -> str:
    """Raises `ValueError` for what is no text of the encoding; a character that the end cuts is left out."""
    decoder = codecs.getincrementaldecoder(encoding or "utf-8")()
    return decoder.decode(content).removeprefix("\ufeff").lstrip("\r\n")


def _ways(text: str, delimiters: tuple[str, ...], quote: str) -> Iterator[tuple[str, ...]]:
    for delimiter in delimiters:
        lines = io.StringIO(text, newline="")
        if quote:
            rows = csv.reader(lines, delimiter=delimiter, quotechar=quote)
        else:
            rows = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        try:
            names = next(rows, [])
        except csv.Error:
            continue  # a value that is longer than all
        yield tuple(name or f"field_{place}" for place, name in enumerate(names, 1))
