"""A job's log file as the service sees it: answers from it, and the service's own last word in it.

The lines are JSON already and their times never go back, so an answer is a range of the file's bytes, found by
bisection, with the newlines as commas: nothing is taken apart, and a piece at a time is in memory.
"""

import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from fused_spec.jobs.folder import JobDir, now_ms
from fused_spec.jobs.log_origins import Span, Stream

_TIMESTAMP = b'{"timestamp": '  # how every line begins, by `fused_spec.jobs.folder`
_PIECE = 256 * 1024
_LONGEST_LINE = 1024 * 1024  # in bytes, with room to spare: messages are cut at 64 Ki characters
_log = logging.getLogger("fused_spec.service")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPart:
    """Whole lines of a log: its bytes from `start` to `end`."""

    path: Path
    start: int
    end: int

    @property
    def length(self) -> int:
        """The number of bytes in `as_list`."""
        return 2 + max(0, self.end - self.start - 1)

    def as_list(self) -> Iterator[bytes]:
        """The lines as a JSON list, piece by piece."""
        yield b"["
        without_last = replace(self, end=self.end - 1)  # newline
        for piece in without_last.as_lines():
            yield piece.replace(b"\n", b",")
        yield b"]"

    def as_lines(self) -> Iterator[bytes]:
        """The lines as they are, piece by piece."""
        left = self.end - self.start
        if left > 0:
            with self.path.open("rb") as stream:
                stream.seek(self.start)
                while left > 0 and (piece := stream.read(min(left, _PIECE))):
                    left -= len(piece)
                    yield piece


def log_part(path: Path, since_ms: int | None) -> LogPart:
    """All whole lines from `since_ms` on, that moment included."""
    try:
        with path.open("rb") as stream:
            end = _end_of_lines(stream)
            start = 0 if since_ms is None else _first_since(stream, since_ms, end)
    except FileNotFoundError:
        start = end = 0
    return LogPart(path=path, start=start, end=end)


def whole_lines(path: Path) -> LogPart:
    """All lines of a file of lines but one that is being written."""
    return log_part(path, None)


def last_message(path: Path) -> str | None:
    """The message of the last whole line, when it is one: the code that a job runs can write there, too."""
    try:
        with path.open("rb") as stream:
            tail = _tail(stream)
    except FileNotFoundError:
        return None
    try:
        return str(json.loads(tail[-1])["message"]) if tail else None
    except (ValueError, KeyError, RecursionError):
        return None


def unwritten_word(path: Path, message: str | None) -> str | None:
    """What a worker could tell at its end, but found no room for in the log; None when it stands there."""
    if not message:
        return None
    word = f"ERROR: {message}"
    said = last_message(path)
    return None if said is not None and word.splitlines()[-1].endswith(said) else word


def say(path: Path, message: str) -> None:
    """Append a line as far as the disk lets it: what happens to the run counts more than its log."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        add_line(path, message)
    except OSError as error:
        _log.warning("%s: cannot write %r: %s", path, message, error.strerror)


def add_line(path: Path, message: str) -> None:
    """Append a line after the worker is gone; what it left unfinished is cut off."""
    with path.open("ab+") as stream:
        os.ftruncate(stream.fileno(), _end_of_lines(stream))
        tail = _tail(stream)
        line = {"timestamp": max(now_ms(), _timestamp(tail[-1]) if tail else 0), "message": message}
        content = json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        stream.write(content)
        stream.flush()
        span = Span(stream.tell() - len(content), len(content), None, None, Stream.SERVICE)
    with JobDir(path.parent).log_origins.open("ab+") as origins:
        os.ftruncate(origins.fileno(), _end_of_lines(origins))
        origins.write(span.to_json())


def _first_since(stream: BinaryIO, since_ms: int, end: int) -> int:
    """Where the first line stands whose time is `since_ms` or later; `end` when there is none."""
    low, high = 0, end
    while low < high:
        middle = (low + high) // 2
        begin = next_begin(stream, middle)
        if begin < end and _time_at(stream, begin) < since_ms:
            low = begin + 1
        else:
            high = middle
    return next_begin(stream, low)


def next_begin(stream: BinaryIO, offset: int) -> int:
    """The offset of the first line that begins at `offset` or behind it."""
    if offset == 0:
        return 0
    stream.seek(offset - 1)
    return offset - 1 + len(stream.readline())


def _time_at(stream: BinaryIO, offset: int) -> int:
    stream.seek(offset)
    return _timestamp(stream.read(64))


def _timestamp(line: bytes) -> int:
    return int(line[len(_TIMESTAMP) : line.index(b",")])


def _tail(stream: BinaryIO) -> list[bytes]:
    """The last whole lines."""
    end = _end_of_lines(stream)
    stream.seek(max(0, end - _LONGEST_LINE))
    lines = stream.read(end - stream.tell()).split(b"\n")
    return [line for line in lines if line.startswith(_TIMESTAMP)]


def _end_of_lines(stream: BinaryIO) -> int:
    """The offset behind the last whole line; what follows is still being written."""
    size = stream.seek(0, os.SEEK_END)
    start = max(0, size - _LONGEST_LINE)
    stream.seek(start)
    return start + stream.read(size - start).rfind(b"\n") + 1 if size else 0
