"""The log of a run on this machine: read on while the run goes on, whole once it is over.

While it goes on, its lines are appended to a file as they come, secrets removed; a crash loses none, and the next
apply reads on where the file ends. Once it is over, the service's whole answer is what counts, because a late line may
have come in behind a younger one; what the service has forgotten by then is taken from the file. Nothing here holds
more of a log in memory than the lines of a few seconds.
"""

import json
import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from fused_spec.api.errors import ApiError
from fused_spec.api.http.limits import MOST_LOG
from fused_spec.api.logs.cursor import LogCursor
from fused_spec.api.logs.file import as_line
from fused_spec.api.reading import FusedReader
from fused_spec.jobs.log_origins import told_beside
from fused_spec.messages.redaction import Redactor, masked, sensitive_values

LINES = "lines.jsonl"


class LogRecord(Struct, frozen=True):
    """One line of a log; `timestamp` in milliseconds since the epoch, the rest as far as the service tells it."""

    timestamp: int
    message: str
    step: int | None = None
    task: int | None = None
    stream: str | None = None

    def to_json(self) -> bytes:
        return as_line(self.timestamp, self.message, told_beside(self.step, self.task, self.stream))

    @classmethod
    def from_json(cls, line: str | bytes) -> "LogRecord":
        return _decode(line)

    @property
    def text(self) -> tuple[int, str]:
        """What makes it the same line in two answers."""
        return self.timestamp, self.message


_decode = msgspec.json.Decoder(LogRecord).decode


class WholeLog(Struct, frozen=True, kw_only=True):
    """The lines of a log as they are kept, oldest first; `missing` says in words what is not there."""

    lines: Iterable[bytes]
    missing: str | None = None


class Spool:
    """The lines of one run, as far as they were read; the folder need not exist yet."""

    def __init__(self, folder: Path, redact: Redactor) -> None:
        self._folder = folder
        self.redact = redact
        self._file = folder / LINES
        self._answer = folder / "answer.jsonl"
        self._tasks = folder / "tasks.jsonl"
        self._cursor = LogCursor()
        if self._file.exists():
            _cut_unfinished(self._file)
            for _ in self._cursor.fresh(self._read()):
                pass

    def read_on(self, api: FusedReader, job_id: str) -> None:
        """Append what the service has by now; raises the client's errors, and OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        api.save_logs(job_id, self._answer, self._cursor.since_ms, scrub=self.redact, last=False)
        with self._file.open("ab") as stream:
            self._file.chmod(0o600)
            for record in self._cursor.fresh(self._answered()):
                stream.write(record.to_json())

    def whole(self, api: FusedReader, job_id: str) -> WholeLog:
        """The log of a run that is over; raises the client's errors, and OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            complete = api.save_logs(job_id, self._answer, scrub=self.redact)
        except ApiError as error:
            if not error.is_gone:
                raise
            missing = "the service had forgotten it, but for what was read before"
            return WholeLog(lines=_lines_of(self._file), missing=missing)
        cut = None if complete else f"it goes on: only what its first {MOST_LOG:,} bytes hold is kept"
        forgotten = (record.to_json() for record in self._forgotten())
        return WholeLog(lines=chain(forgotten, _lines_of(self._answer)), missing=cut)

    def tasks(self, api: FusedReader, job_id: str) -> Iterable[bytes] | None:
        """What is known of each task of a run that is over, a line each; None where the service does not tell."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = api.save_job_tasks(job_id, self._tasks)
        return map(self._masked, _lines_of(self._tasks)) if told else None

    def _masked(self, line: bytes) -> bytes:
        """A line of JSON without secrets; hardly any has one, so only such a line is taken apart."""
        text = line.decode("utf-8", "replace")
        if self.redact(text) == text:
            return line
        record = masked(json.loads(line), self.redact)
        record.pop("signature", None)  # its error without numbers and what is quoted: a secret in pieces
        return json.dumps(record).encode() + b"\n"

    def remove(self) -> None:
        """Forget the lines, because they are kept elsewhere."""
        for file in (self._file, self._answer, self._tasks):
            file.unlink(missing_ok=True)
        if self._folder.exists():
            self._folder.rmdir()

    def _read(self) -> Iterator[LogRecord]:
        return map(LogRecord.from_json, _lines_of(self._file))

    def _answered(self) -> Iterator[LogRecord]:
        return map(LogRecord.from_json, _lines_of(self._answer))

    def _forgotten(self) -> Iterator[LogRecord]:
        """The lines that were read earlier and are older than everything in the answer."""
        if not self._file.exists():
            return
        oldest: Counter[tuple[int, str]] = Counter()
        floor: float = math.inf
        for line in self._answered():
            if line.timestamp < floor:
                oldest.clear()
                floor = line.timestamp
            if line.timestamp == floor:
                oldest[line.text] += 1
        for line in self._read():
            if line.timestamp == floor:
                oldest[line.text] -= 1
            if line.timestamp < floor or oldest[line.text] < 0:
                yield line


@dataclass(frozen=True, slots=True)
class Spools:
    """The folder of a service's spools, one folder for each run; `secrets` are values that no log may hold.

    `earlier` is the folder of versions that kept those of all services in one.
    """

    folder: Path
    secrets: tuple[str, ...] = field(default=(), repr=False)
    earlier: Path | None = None

    def open(self, job_id: str, env: Mapping[str, Any], secrets: Iterable[str] = ()) -> Spool:
        """The spool of a run that was started with these variables, and with the values of these secrets."""
        begun = self.earlier is not None and (self.earlier / job_id / LINES).exists()
        folder = self.earlier if begun and self.earlier is not None else self.folder
        return Spool(folder / job_id, Redactor((*self.secrets, *secrets, *sensitive_values(env))))


def _lines_of(file: Path) -> Iterator[bytes]:
    """The lines of a file that need not be there."""
    if file.exists():
        with file.open("rb") as stream:
            yield from stream


def _cut_unfinished(file: Path) -> None:
    """Take away what a crash left of a last line."""
    with file.open("rb+") as stream:
        end = stream.seek(0, os.SEEK_END)
        while end > 0:
            start = max(0, end - 64 * 1024)
            stream.seek(start)
            newline = stream.read(end - start).rfind(b"\n")
            if newline >= 0:
                stream.truncate(start + newline + 1)
                return
            end = start
        stream.truncate(0)
