"""Write a job's log and events: whole JSON lines, appended, timestamps in milliseconds that never go back."""

import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import FileIO
from json.encoder import encode_basestring
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fused_spec.jobs.folder import now_ms
from fused_spec.jobs.log_origins import OF_SERVICE, Origin, Span, Stream
from fused_spec.messages.redaction import Redactor

_FLUSH_SECONDS = 0.05
_LONGEST_LINE = 64 * 1024
_LARGEST_WAITING = 256 * 1024


class LogWriter:
    """A job's log. Lines reach the file within some 50 ms while lines come, and at `flush`.

    `mask` takes out of each line what must not stand in a log. `origins` is the file that tells who wrote what
    (`jobs.log_origins`). When the disk is full, the call that finds out raises the `OSError`, so that the job fails;
    from then on lines that cannot be written are dropped, so that the job can still say how it ended.
    """

    mask: Redactor | None = None

    def __init__(self, path: Path, clock_ms: Callable[[], int] = now_ms, *, origins: Path | None = None) -> None:
        self._file = path.open("ab", buffering=0)
        self._origins = None if origins is None else origins.open("ab", buffering=0)
        self._clock_ms = clock_ms
        self._latest = 0
        self._waiting: list[tuple[_Place, list[str]]] = []  # lines of one place that follow each other
        self._size = 0
        self._flushed = time.monotonic()
        self._is_full = False
        self._step: int | None = None
        self._only_task: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.flush()
        finally:
            self._file.close()
            if self._origins is not None:
                self._origins.close()

    @contextmanager
    def step(self, number: int, *, only_task: int | None = None) -> Iterator[None]:
        """Within it tasks are those of a step; of one with an `only_task`, whatever its processes do is that one's."""
        self._step, self._only_task = number, only_task
        try:
            yield
        finally:
            self._step = self._only_task = None

    def write(self, text: str, origin: Origin = OF_SERVICE) -> None:
        """Write each line of the text; one of more than 64 KiB is cut into several."""
        self.write_lines(text.splitlines() or [""], origin)

    def write_part(self, text: str, origin: Origin = OF_SERVICE) -> str:
        """Write the beginning of a line; its end, where that may be the beginning of a secret, is given back."""
        if self.mask is None:
            self.write(text, origin)
            return ""
        text = self.mask(text)
        settled = len(text) - self.mask.open_end(text)
        self.write(text[:settled], origin)
        return text[settled:]

    def write_parts(self, parts: Sequence[tuple[str, Origin]]) -> None:
        """Write texts of which one without a line end may go on in the next of its origin."""
        is_cut = not all(text.endswith("\n") for text, _ in parts)
        self._stamp()
        for text, origin in parts if self.mask is None or not is_cut else _masked(parts, self.mask):
            self._take(text.splitlines() or [""], origin)
        self._flush_if_due()

    def write_lines(self, lines: Iterable[str], origin: Origin = OF_SERVICE) -> None:
        """Write lines of the same moment, which hold no line ends."""
        self._stamp()
        self._take(lines, origin)
        self._flush_if_due()

    def _stamp(self) -> None:
        self._latest = max(self._latest, self._clock_ms())

    def _take(self, lines: Iterable[str], origin: Origin) -> None:
        place = self._place(origin)
        for line in lines if self.mask is None else map(self.mask, lines):
            if not self._waiting or self._waiting[-1][0] != place:  # a flush may have emptied it
                self._waiting.append((place, []))
            waiting = self._waiting[-1][1]
            for start in range(0, max(1, len(line)), _LONGEST_LINE):
                message = encode_basestring(line[start : start + _LONGEST_LINE])
                entry = f'{{"timestamp": {self._latest}, "message": {message}}}\n'
                waiting.append(entry)
                self._size += len(entry)
            if self._size > _LARGEST_WAITING:
                self.flush()

    def _flush_if_due(self) -> None:
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what waits; raises the first `OSError` there is."""
        written = [(place, "".join(lines).encode("utf-8", "replace")) for place, lines in self._waiting]
        self._waiting, self._size = [], 0
        self._flushed = time.monotonic()
        try:
            append_lines(self._file, b"".join(content for _, content in written))
            self._tell_origins([(place, len(content)) for place, content in written])
        except OSError:
            if not self._is_full:
                self._is_full = True
                raise

    def _place(self, origin: Origin) -> "_Place":
        task, stream = origin
        if task is None and stream is Stream.SERVICE:
            return None, None, stream
        return self._step, task if self._only_task is None else self._only_task, stream

    def _tell_origins(self, written: Sequence[tuple["_Place", int]]) -> None:
        """Say of whom the last bytes of the file are, now that they are there."""
        if self._origins is None or not written:
            return
        at = self._file.tell() - sum(size for _, size in written)
        told = []
        for place, size in written:
            told.append(Span(at, size, *place).to_json())
            at += size
        append_lines(self._origins, b"".join(told))


_Place = tuple[int | None, int | None, Stream | None]  # step, task, stream


def _masked(parts: Sequence[tuple[str, Origin]], mask: Redactor) -> Iterator[tuple[str, Origin]]:
    """The parts without secrets; what is cut in two is of one origin."""
    own = {
        origin: mask.pieces([text for text, one in parts if one == origin])
        for origin in dict.fromkeys(origin for _, origin in parts)
    }
    for _, origin in parts:
        yield next(own[origin]), origin


class EventLog:
    """A job's events; each is in the file when `add` returns, and `told` was called."""

    def __init__(
        self, path: Path, clock_ms: Callable[[], int] = now_ms, *, told: Callable[[], None] = lambda: None
    ) -> None:
        self._path = path
        self._clock_ms = clock_ms
        self._told = told

    def add(self, event: str, **fields: Any) -> None:
        line = json.dumps({"timestamp": self._clock_ms(), "event": event, **fields}, ensure_ascii=False)
        with self._path.open("ab", buffering=0) as file:
            append_lines(file, f"{line}\n".encode("utf-8", "replace"))
        self._told()


def append_lines(file: FileIO, content: bytes) -> None:
    """Append lines; of one that the disk has no room for, nothing is left for the next one to be joined to."""
    left = memoryview(content)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError:
        written = len(content) - len(left)
        cut = written - (content.rfind(b"\n", 0, written) + 1)
        if cut:
            os.ftruncate(file.fileno(), os.fstat(file.fileno()).st_size - cut)
        raise
