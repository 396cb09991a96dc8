"""Lines of a job's log that somebody chose, each with its task and stream, without reading more than it takes.

Where somebody wants one task, the origins tell where its lines stand; the last lines are looked for from the end.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache
from json.encoder import encode_basestring
from typing import BinaryIO

import msgspec
from msgspec import Struct

from fused_spec.jobs.folder import JobDir
from fused_spec.jobs.log_choice import LogChoice, LogHead
from fused_spec.jobs.log_origins import Span, covering, spans, told_beside, told_end
from fused_spec.jobs.tasks import failed_in, tasks_in
from fused_spec.service.workers.joblog import log_part, next_begin

_PIECE = 256 * 1024
_FIRST_LOOK = 64 * 1024
_WIDER = 4  # times, the next look


class ChosenLog(Struct, frozen=True, kw_only=True):
    """The chosen lines of a log, from byte `start` on to `end`."""

    job: JobDir
    choice: LogChoice
    start: int
    end: int

    def as_lines(self) -> Iterator[bytes]:
        """The head, then the lines, piece by piece."""
        known = self.end == 0 or self.job.log_origins.exists()
        yield msgspec.json.encode(LogHead(end=self.end, origins=known)) + b"\n"
        if self.start >= self.end:
            return
        with self.job.log.open("rb", buffering=_PIECE) as stream:
            failed = _failed(self.job) if self.choice.failed else None
            if self.choice.tail is None:
                yield from _joined(self._chosen(stream, self.start, failed))
            else:
                yield from _joined(self._last(stream, self.choice.tail, failed))

    def _last(self, stream: BinaryIO, number: int, failed: "_Tasks | None") -> Iterator[bytes]:
        size = _FIRST_LOOK
        while True:
            begin = max(self.start, next_begin(stream, max(0, self.end - size)))
            found = sum(piece.count(b"\n") for piece in self._chosen(stream, begin, failed))
            if found >= number or begin == self.start:
                break
            size *= _WIDER
        yield from _without_first(self._chosen(stream, begin, failed), max(0, found - number))

    def _chosen(self, stream: BinaryIO, start: int, failed: "_Tasks | None") -> Iterator[bytes]:
        """Whole lines, many in one piece, with their origins."""
        keep = None if self.choice.text is None else _having(self.choice.text)
        for span in self._spans(start, failed):
            told = _told(span.step, span.task, span.stream)
            for piece in _whole_lines(stream, span):
                kept = piece if keep is None else keep(piece)
                if kept:
                    yield kept.replace(b'"}\n', told)

    def _spans(self, start: int, failed: "_Tasks | None") -> Iterable[Span]:
        origins, task = self.job.log_origins, self.choice.task
        if task is not None:
            found: Iterable[Span] = spans(origins, start, self.end, task=task)
        else:
            found = covering(origins, start, self.end)
        return found if failed is None else (one for one in found if (one.step, one.task) in failed)


_Tasks = frozenset[tuple[int, int]]


def chosen(job: JobDir, choice: LogChoice, start: int | None, *, is_over: bool = True) -> ChosenLog:
    """The chosen lines of a log as it is now, from byte `start` on, which is where an earlier look ended.

    While the run goes on, lines of which is not told yet whose they are come with the next look.
    """
    part = log_part(job.log, choice.since_ms)
    told = None if is_over else told_end(job.log_origins)
    begin, end = part.start, part.end if told is None else min(part.end, told)
    if start is not None and start > begin:
        with suppress(FileNotFoundError), job.log.open("rb") as stream:
            begin = next_begin(stream, min(start, part.end))
    return ChosenLog(job=job, choice=choice, start=begin, end=end)


def _failed(job: JobDir) -> _Tasks:
    with suppress(FileNotFoundError), job.tasks.open("rb") as lines:
        return failed_in(tasks_in(lines))
    return frozenset()


@lru_cache(maxsize=4096)
def _told(step: int | None, task: int | None, stream: str | None) -> bytes:
    """The end of a line that tells its origin."""
    return f'"{told_beside(step, task, stream)}}}\n'.encode()


def _joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same, few and large: where lines alternate, each is a piece of its own."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _whole_lines(stream: BinaryIO, span: Span) -> Iterator[bytes]:
    """The bytes of a span in pieces that end with a line."""
    stream.seek(span.at)
    if span.size <= _PIECE:
        yield stream.read(span.size)
        return
    left = span.size
    while left > 0 and (piece := stream.read(min(left, _PIECE))):
        left -= len(piece)
        if left > 0 and not piece.endswith(b"\n"):
            end = stream.readline(left)
            left -= len(end)
            piece += end
        yield piece


def _having(text: str) -> Callable[[bytes], bytes]:
    """What keeps the lines whose message has a text, which only few lines have to be taken apart for."""
    written = encode_basestring(text)[1:-1].encode("utf-8", "replace")
    decode = msgspec.json.Decoder(_Message).decode

    def has_it(line: bytes) -> bool:
        if written not in line:
            return False
        with suppress(msgspec.DecodeError):
            return text in decode(line).message
        return False

    def keep(lines: bytes) -> bytes:
        if written not in lines:
            return b""
        return b"".join(line for line in lines.splitlines(keepends=True) if has_it(line))

    return keep


class _Message(Struct):
    message: str


def _without_first(pieces: Iterable[bytes], number: int) -> Iterator[bytes]:
    """The pieces without so many lines at their beginning."""
    for piece in pieces:
        lines = piece.count(b"\n") if number else 0
        if number >= lines > 0:
            number -= lines
            continue
        at = 0
        for _ in range(number):
            at = piece.index(b"\n", at) + 1
        number = 0
        yield piece[at:]
