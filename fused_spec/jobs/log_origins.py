"""Who wrote which bytes of a job's log: `origins.jsonl`, beside `log.jsonl`, which stays as every client knows it.

    [at, size, step, task, "stdout"]     the lines from byte `at` on are of this task of this step, counted as in `Task`

The lines are written after those of which they tell, so they tell of nothing that is not there; what none tells of is
of unknown origin. They follow each other as the log does.
"""

import mmap
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

_PIECE = 64 * 1024
_TAIL = 4096  # bytes in which at least one line is whole


class Stream(StrEnum):
    """Where a line was written to; `SERVICE` has what the service itself says of a run."""

    STDOUT = "stdout"
    STDERR = "stderr"
    SERVICE = "service"


class Origin(NamedTuple):
    """The task that a line is of, and its stream; a line of no task has None, and one of unknown origin twice."""

    task: int | None = None
    stream: Stream | None = None


UNKNOWN = Origin()
OF_SERVICE = Origin(None, Stream.SERVICE)


class Span(NamedTuple):
    """Bytes of a log that have one origin."""

    at: int
    size: int
    step: int | None
    task: int | None
    stream: Stream | None

    @property
    def end(self) -> int:
        return self.at + self.size

    def to_json(self) -> bytes:
        return msgspec.json.encode(tuple(self)) + b"\n"


def told_beside(step: int | None, task: int | None, stream: str | None) -> str:
    """What a line of JSON says of its origin, behind its message."""
    told = "" if step is None else f', "step": {step}'
    told += "" if task is None else f', "task": {task}'
    return told if stream is None else f'{told}, "stream": "{stream}"'


def spans(path: Path, start: int, end: int, *, task: int | None = None) -> Iterator[Span]:
    """What has been written of the bytes from `start` to `end`, in their order; with `task` of that one alone.

    The file may be long, so no more of it is read than tells of these bytes; what is no line of it is left out.
    """
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        first = _first_from(stream, start)
        # A step stands where a task may, so the stream behind it is looked for, too.
        found = _all(stream, first) if task is None else _having(stream, first, f',{task},"'.encode())
        for span in found:
            if span.size <= 0 or span.end <= start or (task is not None and span.task != task):
                continue
            if span.at >= end:
                return
            if span.at < start or span.end > end:
                at = max(start, span.at)
                span = span._replace(at=at, size=min(end, span.end) - at)
            start = span.end
            yield span


def covering(path: Path, start: int, end: int) -> Iterator[Span]:
    """The same without gaps: what nobody told of is of unknown origin."""
    for span in spans(path, start, end):
        if span.at > start:
            yield Span(start, span.at - start, None, None, None)
        yield span
        start = span.end
    if start < end:
        yield Span(start, end - start, None, None, None)


def told_end(path: Path) -> int | None:
    """Up to which byte of the log it is told who wrote it; None when nothing is told there at all.

    What follows was written a moment ago, and is told of in the next one.
    """
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - _TAIL))
            lines = stream.read(_TAIL).split(b"\n")[:-1]
    except FileNotFoundError:
        return None
    return next((span.end for span in map(_span, reversed(lines)) if span is not None), 0)


_decoder = msgspec.json.Decoder(Span)


def _span(line: bytes) -> Span | None:
    with suppress(msgspec.DecodeError):
        return _decoder.decode(line)
    return None


def _first_from(stream: BinaryIO, start: int) -> int:
    """Where the last line stands that begins to tell at `start` or before it, by bisection; 0 when there is none."""
    low, high = 0, stream.seek(0, 2)
    while low < high:
        middle = (low + high) // 2
        begin, line = _line_behind(stream, middle)
        span = _span(line)
        if span is not None and span.at <= start:
            low = begin + 1
        else:
            high = middle
    return max(0, low - 1)


def _line_behind(stream: BinaryIO, offset: int) -> tuple[int, bytes]:
    """The first line that begins at `offset` or behind it."""
    if offset == 0:
        stream.seek(0)
        return 0, stream.readline()
    stream.seek(offset - 1)
    begin = offset - 1 + len(stream.readline())
    return begin, stream.readline()


def _all(stream: BinaryIO, first: int) -> Iterator[Span]:
    stream.seek(first)
    while piece := stream.read(_PIECE):
        if not piece.endswith(b"\n"):
            piece += stream.readline()
        try:
            yield from _decoder.decode_lines(piece)
        except msgspec.DecodeError:  # also of a last line that is being written
            yield from filter(None, map(_span, piece.splitlines()))


def _having(stream: BinaryIO, first: int, wanted: bytes) -> Iterator[Span]:
    """What lines tell in which some bytes stand: to look for them is far quicker than to take each line apart."""
    try:
        content = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:  # it is empty
        return
    with content:
        found = content.find(wanted, first)
        while found >= 0:
            begin, end = content.rfind(b"\n", 0, found) + 1, content.find(b"\n", found) + 1
            if not end:
                return  # it is being written
            if (span := _span(content[begin:end])) is not None:
                yield span
            found = content.find(wanted, end - 1)
