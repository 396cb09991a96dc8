"""A job's log file as the service sees it: answers from it, and the service's own last word in it."""

import json
import os
from pathlib import Path

from fused_spec.service.times import now_ms

_TIMESTAMP = b'{"timestamp": '  # how every line begins, by `fused_spec.jobdir`


def log_answer(path: Path, since_ms: int | None) -> bytes:
    """The JSON list of all whole lines from `since_ms` on, that moment included.

    The lines are JSON already, so they are not taken apart.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return b"[]"
    *lines, _unfinished = content.split(b"\n")
    if since_ms is not None:
        lines = [line for line in lines if _timestamp(line) >= since_ms]
    return b"[" + b",".join(lines) + b"]"


def add_line(path: Path, message: str) -> None:
    """Append a line after the worker is gone; what it left unfinished is cut off."""
    with path.open("ab+") as stream:
        _cut_unfinished(stream.fileno())
        line = {"timestamp": max(now_ms(), _last_timestamp(path)), "message": message}
        stream.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")


def _timestamp(line: bytes) -> int:
    return int(line[len(_TIMESTAMP) : line.index(b",")])


def _last_timestamp(path: Path) -> int:
    tail = _tail(path)
    return _timestamp(tail[-1]) if tail else 0


def _tail(path: Path) -> list[bytes]:
    """The last whole lines of the file."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 1024 * 1024))
        lines = stream.read().split(b"\n")[:-1]
    return [line for line in lines if line.startswith(_TIMESTAMP)]


def _cut_unfinished(descriptor: int) -> None:
    end = os.fstat(descriptor).st_size
    start = max(0, end - 1024 * 1024)
    tail = os.pread(descriptor, end - start, start)
    os.ftruncate(descriptor, start + tail.rfind(b"\n") + 1 if b"\n" in tail else start)
