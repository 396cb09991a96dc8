"""What files carry between the embedded service and a job's worker.

The service writes `request.json` and starts a worker; the worker appends to `log.jsonl` and `events.jsonl`
and leaves its results; the service reads. A worker needs nothing from the service while it runs, so its
work survives the service, and a restarted service knows from the folder alone how the job ended.

    request.json     {"job_id", "config", "env": {NAME: value}, "storage": "/abs" or a URL, "scratch": "/abs",
                      "python": null or "/abs", that of the run's image,
                      "cpus": n, "processors": [number, …], "memory_limit": bytes, "memory_share": bytes,
                      "disk_limit": bytes or null, "process_limit": n, "machine": "where the limits come from",
                      "instance": {"name", "memory": bytes} or null, the instance type, wherever tasks run,
                      "confinement": {"state": "/abs", "kept": ["/abs"], "allowed": ["/abs"]}, where no task may write:
                      the state folder and the folders of specs; and where any may besides what is its own,
                      "engine": null, the address of a Dask scheduler, or "/abs", the file that holds one,
                      "output_format": null, "tile": [x, y, z] or null,
                      "provided": {"registry": "/abs/file", "secrets": "/abs/file",
                                   "git": {"cache": "/abs", "clones": {url: "/abs"}}}}
                     registry: {"saved": {collection: {name: UDF as JSON text}}, "tokens": {token: [collection, name]}};
                     secrets: {key: value};
                     both are the service's own files, so that no copy of a secret is left in a job's folder
    log.jsonl        {"timestamp": ms, "message": "line"} per line, never decreasing
    origins.jsonl    who wrote which bytes of the log (`jobs.log_origins`)
    events.jsonl     {"timestamp": ms, "event": "running", "pid": n} · {"event": "progress", "finished": n, "total": n}
                     · {"event": "end", "job_status": "Done" | "Failed", "message": null or "why"}
    results.jsonl    {"index": n, "name": "0.parquet", "content_type": "…", "error": null,
                      "pack": "71.pack", "at": byte, "size": bytes or null, "metadata": bytes} per line;
                     with "status" for an HTTP response, and "lossy": [sentence, …] where it does not hold all that
                     the task returned
    results/         packs, each appended to by one process: from `at` on the content, and then what is known beside it;
                     a large content has a file of its own, named as the result is, and its `size` is null
    tasks.jsonl      {"step": n, "index": n, "state": "succeeded" | "failed" | "cancelled", "started": ms, "seconds": s,
                      …} per task, written as it ends (`jobs.tasks`)
    progress.json    how the run stands, written anew at most once a second (`jobs.tasks`)
    facts.json       what came of each step, in numbers: {"format_version": "1", "steps": [{"step": n, "type": …}]}
    claimed          made by the one worker that runs the job; whoever comes second leaves it alone
    ../doorbell      a named pipe in which a worker says that its folder has news; only the files count
"""

import json
import mmap
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any

from msgspec import Struct

NO_FACTS: Mapping[str, Any] = {"format_version": "1", "steps": []}
"""What `facts.json` says before a step has ended well."""

EMPTY = "text/plain"
"""The type of a result that is `None`, or none at all: 1.x clients read as a table whatever might be one."""


def now_ms() -> int:
    """The time in milliseconds since the epoch, as all of these files have it."""
    return time.time_ns() // 1_000_000


class JobDir(Struct, frozen=True):
    """One job's folder."""

    path: Path

    @property
    def request(self) -> Path:
        return self.path / "request.json"

    @property
    def log(self) -> Path:
        return self.path / "log.jsonl"

    @property
    def log_origins(self) -> Path:
        return self.path / "origins.jsonl"

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def result_index(self) -> Path:
        return self.path / "results.jsonl"

    @property
    def tasks(self) -> Path:
        return self.path / "tasks.jsonl"

    @property
    def progress(self) -> Path:
        return self.path / "progress.json"

    @property
    def facts(self) -> Path:
        return self.path / "facts.json"

    @property
    def results(self) -> Path:
        return self.path / "results"

    def ring(self) -> None:
        """Tell the service, when it listens, that there is something to read."""
        with suppress(OSError):  # nobody listens, or so much is unheard already that everything will be looked at
            bell = os.open(self.path.parent / "doorbell", os.O_WRONLY | os.O_NONBLOCK)
            try:
                os.write(bell, f"{self.path.name}\n".encode())
            finally:
                os.close(bell)

    def claim(self) -> bool:
        """Whether the caller is the first to claim the job, and so the one to run it.

        A service that dies between asking for a worker and hearing of it may ask again: the job still runs once.
        """
        try:
            (self.path / "claimed").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def process_is_there(pid: int) -> bool:
    """Whether a process has this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def read_lines(path: Path, offset: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield each whole line that is a JSON object from byte `offset` on, with the offset behind it.

    A last line without its newline is still being written and is left for the next call. Lines that are none are left
    out: the code that a job runs can write here, too.
    """
    try:
        stream = path.open("rb")
    except FileNotFoundError:
        return
    with stream:
        stream.seek(offset)
        for line in stream:
            if not line.endswith(b"\n"):
                return
            offset += len(line)
            with suppress(ValueError, RecursionError):
                content = json.loads(line)
                if isinstance(content, dict):
                    yield content, offset


class Result(Struct, kw_only=True):  # not frozen: of many small ones, that alone would take a tenth of the time
    """Where the result of one element is; a task that ended without a word has neither name nor pack.

    What it says comes from the process of a task, whose code can say anything: no name leads out of the folder.
    """

    index: int
    error: str | None = None
    name: str | None = None
    content_type: str | None = None
    pack: str | None = None
    at: int = 0
    size: int | None = 0
    metadata: int = 0
    status: int | None = None
    lossy: Sequence[str] = ()

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> "Result":
        return cls(**{field: line[field] for field in cls.__struct_fields__ if field in line})

    def as_line(self) -> str:
        """The line of the index, without its end."""
        return index_line(**{field: getattr(self, field) for field in self.__struct_fields__})


def index_line(
    index: int,
    error: str | None,
    name: str | None,
    content_type: str | None,
    pack: str | None,
    at: int,
    size: int | None,
    metadata: int,
    status: int | None,
    lossy: Sequence[str],
) -> str:
    """A `Result` as it stands in the index; put together by hand, since there may be very many."""
    known = "" if status is None else f', "status": {status}'
    if lossy:
        known += f', "lossy": {json.dumps(list(lossy))}'
    return (
        f'{{"index": {index}, "name": {_quoted(name)}, "content_type": {_quoted(content_type)}, '
        f'"error": {_quoted(error)}, "pack": {_quoted(pack)}, "at": {at}, "size": {"null" if size is None else size}, '
        f'"metadata": {metadata}{known}}}'
    )


def _quoted(text: str | None) -> str:
    return "null" if text is None else encode_basestring_ascii(text)


def known_beside(
    error: str | None = None,
    exception_class: str | None = None,
    error_type: str | None = None,
    lineno: int | None = None,
) -> dict[str, Any]:
    """What 2.x clients read beside a result; what was printed is still to be put in."""
    return {
        "errormsg": error,
        "has_exception": error is not None,
        "exception_class": exception_class,
        "error_type": error_type,
        "lineno": lineno,
        "exception": None,
        "profile": None,
        "stdout": "",
        "stderr": "",
    }


def read_results(job: JobDir) -> Iterator[Result]:
    """Every result that is whole, in the order of their ends."""
    lines = (line for line, _ in read_lines(job.result_index))
    return (Result.from_json(line) for line in lines if isinstance(line.get("index"), int))


def find_result(job: JobDir, name: str) -> Result | None:
    """The result of this name; the index may be long, so only its line is taken apart."""
    try:
        with job.result_index.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as index:
            # Within a JSON text every quote is escaped, so this stands nowhere but in the field.
            found = index.find(f'"name": {json.dumps(name)}'.encode())
            end = index.find(b"\n", found)
            line = index[index.rfind(b"\n", 0, found) + 1 : end]
    except (FileNotFoundError, ValueError):  # there is none yet, or it is empty
        return None
    return None if found < 0 or end < 0 else Result.from_json(json.loads(line))


def result_file(job: JobDir, result: Result) -> Path | None:
    """The file that holds a large result and nothing else."""
    return job.results / Path(str(result.name)).name if result.size is None else None


def result_content(job: JobDir, result: Result) -> bytes:
    """What the task returned, in its stored form."""
    file = result_file(job, result)
    return file.read_bytes() if file is not None else _packed(job, result, 0, result.size or 0)


def result_metadata(job: JobDir, result: Result) -> bytes:
    """What is known beside a result, as JSON."""
    return _packed(job, result, result.size or 0, result.metadata)


def _packed(job: JobDir, result: Result, skipped: int, size: int) -> bytes:
    if result.pack is None:
        return b""
    with (job.results / Path(result.pack).name).open("rb") as stream:
        stream.seek(result.at + skipped)
        return stream.read(size)
