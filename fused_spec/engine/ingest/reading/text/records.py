"""Rows of delimited text one by one, to say at which line it is that they cannot be read."""

import io
from collections.abc import Iterator
from contextlib import contextmanager

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import count, shown
from fused_spec.engine.ingest.reading.text.dialect import Dialect
from fused_spec.engine.ingest.reading.text.encoding import Text

_READ_BYTES = 2**20
_SHOWN = 60


def line_of(text: Text, dialect: Dialect, row: int) -> int:
    """The line at which a row begins; rows count from 0, lines from 1."""
    with _rows(text, dialect) as rows:
        return next((line for number, (line, _) in enumerate(rows) if number == row), 0)


def ragged(text: Text, dialect: Dialect) -> StepFailed:
    """What to say of a file with a row that has other than as many values as there are columns."""
    width = len(dialect.names)
    with _rows(text, dialect) as rows:
        for line, fields in rows:
            if len(fields) != width:
                sign = dialect.delimiter
                content = sign.join(fields)
                content = content if len(content) <= _SHOWN else f"{content[:_SHOWN]}…"
                return StepFailed(
                    f"{shown(text.file.name)} cannot be read: line {line:,} has {count(len(fields), 'value')}, and "
                    f"the file {count(width, 'column')}, separated by {sign!r}: {content!r}; mend the line, put a "
                    "value that holds the separator in quotes, or name another one in read.delimiter"
                )
    return StepFailed(
        f"{shown(text.file.name)} changed while it was read; start the job again when nothing writes to it"
    )


def line_at(text: Text, dialect: Dialect, place: int) -> int:
    """The line of a byte of the rows' UTF-8."""
    stream = text.stream(dialect.start)
    line, before = dialect.line, b""
    with stream:
        while place > 0 and (block := stream.read(min(place, _READ_BYTES))):
            place -= len(block)
            ends = block.count(b"\n") + block.count(b"\r") - block.count(b"\r\n")
            line += ends - (before.endswith(b"\r") and block.startswith(b"\n"))
            before = block
    return line


@contextmanager
def _rows(text: Text, dialect: Dialect) -> Iterator[Iterator[tuple[int, list[str]]]]:
    """Each row, and the line at which it begins."""
    with io.BufferedReader(text.stream(dialect.start)) as stream:
        yield _numbered(io.TextIOWrapper(stream, "utf-8", errors="replace", newline=""), dialect)


def _numbered(lines: io.TextIOWrapper, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    line = dialect.line
    taken = 0

    def counted() -> Iterator[str]:
        nonlocal taken
        for one in lines:
            taken += 1
            yield one

    for fields in dialect.records(counted()):
        if fields or len(dialect.names) == 1:
            yield line, fields or [""]
        line = dialect.line + taken
