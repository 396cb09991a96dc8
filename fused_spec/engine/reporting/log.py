"""Write a job's log and events: whole JSON lines, appended, timestamps in milliseconds that never go back."""

import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from io import FileIO
from json.encoder import encode_basestring
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from fused_spec.jobs.folder import now_ms
from fused_spec.messages.redaction import Redactor

_FLUSH_SECONDS = 0.05
_LONGEST_LINE = 64 * 1024
_LARGEST_WAITING = 256 * 1024


class LogWriter:
    """A job's log. Lines reach the file within some 50 ms while lines come, and at `flush`.

    `mask` takes out of each line what must not stand in a log. When the disk is full, the call that finds out raises
    the `OSError`, so that the job fails; from then on lines that cannot be written are dropped, so that the job can
    still say how it ended.
    """

    mask: Redactor | None = None

    def __init__(self, path: Path, clock_ms: Callable[[], int] = now_ms) -> None:
        self._file = path.open("ab", buffering=0)
        self._clock_ms = clock_ms
        self._latest = 0
        self._waiting: list[str] = []
        self._size = 0
        self._flushed = time.monotonic()
        self._is_full = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.flush()
        finally:
            self._file.close()

    def write(self, text: str) -> None:
        """Write each line of the text; one of more than 64 KiB is cut into several."""
        self.write_lines(text.splitlines() or [""])

    def write_part(self, text: str) -> str:
        """Write the beginning of a line; its end, where that may be the beginning of a secret, is given back."""
        if self.mask is None:
            self.write(text)
            return ""
        text = self.mask(text)
        settled = len(text) - self.mask.open_end(text)
        self.write(text[:settled])
        return text[settled:]

    def write_parts(self, texts: Sequence[str]) -> None:
        """Write texts of which one without a line end may go on in the next."""
        is_cut = not all(text.endswith("\n") for text in texts)
        for text in texts if self.mask is None or not is_cut else self.mask.pieces(texts):
            self.write(text)

    def write_lines(self, lines: Iterable[str]) -> None:
        """Write lines of the same moment, which hold no line ends."""
        self._latest = max(self._latest, self._clock_ms())
        for line in lines if self.mask is None else map(self.mask, lines):
            for start in range(0, max(1, len(line)), _LONGEST_LINE):
                message = encode_basestring(line[start : start + _LONGEST_LINE])
                entry = f'{{"timestamp": {self._latest}, "message": {message}}}\n'
                self._waiting.append(entry)
                self._size += len(entry)
            if self._size > _LARGEST_WAITING:
                self.flush()
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write what waits; raises the first `OSError` there is."""
        content = "".join(self._waiting).encode("utf-8", "replace")
        self._waiting, self._size = [], 0
        self._flushed = time.monotonic()
        try:
            append_lines(self._file, content)
        except OSError:
            if not self._is_full:
                self._is_full = True
                raise


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
