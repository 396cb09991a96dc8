"""Write a job's log and events: whole JSON lines, appended, timestamps in milliseconds that never go back."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_FLUSH_SECONDS = 0.05
_LONGEST_LINE = 64 * 1024


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class LogWriter:
    """A job's log. Lines reach the file within some 50 ms while lines come, and at `flush`.

    `mask` takes out of each line what must not stand in a log.
    """

    mask: Callable[[str], str] | None = None

    def __init__(self, path: Path, clock_ms: Callable[[], int] = now_ms) -> None:
        self._stream = path.open("ab", buffering=256 * 1024)
        self._clock_ms = clock_ms
        self._latest = 0
        self._flushed = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def write(self, text: str) -> None:
        """Write each line of the text; one of more than 64 KiB is cut into several."""
        self._latest = max(self._latest, self._clock_ms())
        for line in (text if self.mask is None else self.mask(text)).splitlines() or [""]:
            for start in range(0, max(1, len(line)), _LONGEST_LINE):
                entry = {"timestamp": self._latest, "message": line[start : start + _LONGEST_LINE]}
                self._stream.write(json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        if time.monotonic() - self._flushed > _FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        self._stream.flush()
        self._flushed = time.monotonic()


class Journal:
    """A job's events; each is in the file when `add` returns."""

    def __init__(self, path: Path, clock_ms: Callable[[], int] = now_ms) -> None:
        self._path = path
        self._clock_ms = clock_ms

    def add(self, event: str, **fields: Any) -> None:
        line = json.dumps({"timestamp": self._clock_ms(), "event": event, **fields}, ensure_ascii=False)
        with self._path.open("a", encoding="utf-8", errors="replace") as stream:
            stream.write(f"{line}\n")
