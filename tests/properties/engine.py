"""Ingest a file as the engine does: the real task, in a process of its own with limits of its own."""

import os
import pickle
import resource
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

import fused_spec.engine.jobs.steps  # noqa: F401  # once, as the forkserver does: each task is forked
from fused_spec.engine.ingest.common.notes import named
from fused_spec.engine.jobs.ingesting import Opening
from fused_spec.engine.processes.forking import fork
from fused_spec.wire import PartitionGeospatialStep, PartitionNongeospatialStep
from tests.properties.seen import Seen, seen

_CPU_SECONDS = 30  # an ingestion of ten rows takes a hundredth of it
_IDLE_SECONDS = 900  # for one that waits and never works; no test is meant to come near
_MEMORY_BYTES = 8 * 2**30
_GEOMETRY = "geometry"
_ENDED = "the process was ended by"


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """How an ingestion ended: with a table, with a message, or with neither: then `broken` says how.

    `lossy` are the things that it tells to be lost or changed. A process that a library ended has a message too.
    """

    table: Seen | None = None
    lossy: Sequence[str] = ()
    message: str | None = None
    is_crash: bool = False
    broken: str | None = None


def ingested(source: Path, folder: Path, *, is_plain: bool, **options: Any) -> Came:
    """Ingest a file into a storage in the folder."""
    storage = folder / "storage"
    storage.mkdir(parents=True)
    log = folder / "log"
    step: PartitionGeospatialStep | PartitionNongeospatialStep
    if is_plain:
        step = PartitionNongeospatialStep(input=str(source), output="fd://table", **options)
    else:
        defaults = {"partitioning_method": "rows", "partitioning_split_method": "mean"}
        step = PartitionGeospatialStep(input=str(source), output="fd://table", **{**defaults, **options})

    def ingest() -> Came:
        with log.open("w") as stream:
            os.dup2(stream.fileno(), 1)
            os.dup2(stream.fileno(), 2)
        sys.stdout = os.fdopen(1, "w", closefd=False)
        outcome = Opening(step=step, storage=storage, job_id="job-1", lot_bytes=None)(0)
        if outcome.error is not None:
            return Came(message=outcome.error)
        account = pickle.loads(outcome.content or b"")
        lossy = [f"{lost['what']} ({lost['rows']})" for one in account["inputs"] for lost in one["lossy"]]
        return Came(table=_table(storage / "table", is_plain=is_plain), lossy=lossy)

    came, how = apart(ingest)
    if isinstance(came, Came):
        return came
    if how.startswith(_ENDED):
        # as `run_ingestion` says it, which sees how its task ended
        return Came(message=f"{how}; it was at work on {named(step.input)}", is_crash=True)
    return Came(broken=how)


def apart(work: Callable[[], Any]) -> tuple[Any, str]:
    """What the work returns when it is done in a process of its own, or None and how that process ended."""
    reading, writing = os.pipe()
    pid = fork()
    if pid == 0:
        _work_and_exit(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        content = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if code == 0:
        return pickle.loads(content)
    if -code in (signal.SIGXCPU, signal.SIGALRM):
        return None, "came to no end"
    if code < 0:
        return None, f"{_ENDED} {signal.Signals(-code).name}"
    return None, content.decode(errors="replace") or f"the process ended by itself with exit code {code}"


def _work_and_exit(work: Callable[[], Any], writing: int) -> None:
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (_CPU_SECONDS, 2 * _CPU_SECONDS))  # a signal first, then the end
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(_IDLE_SECONDS)
        warnings.resetwarnings()  # the tests' own turn them into errors
        try:
            content, code = pickle.dumps((work(), "")), 0
        except BaseException as error:  # noqa: BLE001  # whatever it is, it is told
            place = traceback.extract_tb(error.__traceback__)[-1]
            content = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})".encode()
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(content)
    finally:
        os._exit(code)


def _table(folder: Path, *, is_plain: bool) -> Seen:
    """The rows of a table as they lie in its files."""
    columns: dict[str, list[Any]] = {}
    for path in sorted(folder.glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            for name, column in zip(file.schema_arrow.names, file.read().columns, strict=True):
                columns.setdefault(name, []).extend(column.to_pylist())
    shapes = None if is_plain else columns.pop(_GEOMETRY)
    return seen(columns, shapes)
