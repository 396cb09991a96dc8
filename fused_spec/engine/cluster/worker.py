"""What runs on a Dask worker: batches of a job's tasks, each in a process below the worker (`task_host`).

A task may exit, crash or fill the memory of its process; the worker goes on. A host is kept for the batches of its job
that follow, and ends some time after the last, or at once when nobody wants the batch any more.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

import psutil
from distributed import get_worker

from fused_spec.engine.cluster.task_host import LENGTH, OVER_LIMIT, scratch_in
from fused_spec.engine.processes.guard import Limits, WorkerLimits
from fused_spec.engine.processes.packing import TaskOutcome, task_name
from fused_spec.engine.processes.pool import Pool
from fused_spec.engine.processes.starting import Process
from fused_spec.engine.processes.task_folder import clear, words_of
from fused_spec.engine.processes.telling import Done, Part
from fused_spec.jobs.folder import JobDir, Result, result_content, result_file, result_metadata
from fused_spec.jobs.log_origins import Origin
from fused_spec.messages.redaction import without_secrets
from fused_spec.system.removal import remove_tree

_KEPT_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of a task, how long it took, and what is known of it (`pool.Done.facts`)."""

    outcome: TaskOutcome
    seconds: float = 0.0
    facts: str = '"worker": null'


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What became of a batch: of each task, and what they printed, text by text.

    When they took too much of the worker's machine, `over_limit` says so, `lost` is the task at which that was, and
    only tasks that had ended are told of.
    """

    ended: list[Ended]
    lines: list[Part]
    over_limit: str | None = None
    lost: int | None = None


class Sealed(bytes):
    """Bytes that may hold secrets: Dask writes the arguments of what fails into the log of its workers."""

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"

    __str__ = __repr__


class Abandoned(Exception):
    """Nobody wants the batch any more."""


def run_batch(job: bytes, limits: WorkerLimits, tasks: Sequence[int]) -> Batch:
    """Run tasks of a pickled `HostedJob`, one after the other."""
    host = _take(job, limits)
    lines = _Lines()
    done: list[Done] = []
    over: str | None = None
    lost: int | None = None
    try:
        for some in host.pool.run(tasks, processes=1, log=lines, tick=_wanted()):
            done += some
            if (over := host.over_limit) is not None:
                lost = next((one.index for one in done if not one.answer.record), None)
                done = [one for one in done if one.answer.record]
                break
        batch = Batch(ended=_ended(host.job, done), lines=lines.written, over_limit=over, lost=lost)
        host.empty()
    except BaseException:
        host.end()
        raise
    if over is None:
        _give_back(host)
    else:
        host.end()
    return batch


@dataclass(slots=True, kw_only=True, eq=False)
class _Host:
    """A job's process on this worker, and the folder where it leaves results."""

    key: bytes
    job: JobDir
    pool: Pool
    idle_since: float = 0.0

    def empty(self) -> None:
        """Forget the results of the last batch; the process goes on at the new end of its pack."""
        for file in self.job.results.iterdir():
            if file.suffix == ".pack" and not file.is_symlink():
                os.close(os.open(file, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW))
            else:  # a task may have put anything there
                remove_tree(file)

    @property
    def over_limit(self) -> str | None:
        """What its tasks took too much of."""
        file = self.job.path / OVER_LIMIT
        return file.read_text(encoding="utf-8") if file.exists() else None

    def end(self) -> None:
        self.pool.end()
        remove_tree(self.job.path)


class _Lines:
    """A log in memory."""

    def __init__(self) -> None:
        self.written: list[Part] = []

    def write(self, text: str, origin: Origin) -> None:
        self.written.append((text, origin))

    def write_part(self, text: str, origin: Origin) -> str:
        self.written.append((text, origin))
        return ""

    def write_parts(self, parts: Sequence[Part]) -> None:
        self.written += parts

    def flush(self) -> None:
        pass


@dataclass(slots=True)
class _Idle:
    """The hosts without work, of all jobs."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    hosts: list[_Host] = field(default_factory=list)
    watched: bool = False


_idle = _Idle()


def _take(job: bytes, limits: WorkerLimits) -> _Host:
    with _idle.lock:
        for host in _idle.hosts:
            if host.key == job:
                _idle.hosts.remove(host)
                return host
    folder = JobDir(Path(tempfile.mkdtemp(prefix="fused-spec-")))
    folder.results.mkdir()
    pool = Pool(partial(_start, job, folder.path, _limits_here(limits)), partial(_clear, folder.path))
    return _Host(key=job, job=folder, pool=pool)


def _give_back(host: _Host) -> None:
    with _idle.lock:
        host.idle_since = time.monotonic()
        _idle.hosts.append(host)
        if not _idle.watched:
            _idle.watched = True
            threading.Thread(target=_end_idle, name="fused-spec-hosts", daemon=True).start()


def _end_idle() -> None:
    while True:
        time.sleep(_KEPT_SECONDS / 4)
        with _idle.lock:
            late = [host for host in _idle.hosts if time.monotonic() - host.idle_since > _KEPT_SECONDS]
            _idle.hosts = [host for host in _idle.hosts if host not in late]
            _idle.watched = bool(_idle.hosts)
        for host in late:
            host.end()
        if not _idle.watched:
            return


def _limits_here(limits: WorkerLimits) -> Limits:
    worker = get_worker()
    memory = worker.memory_manager.memory_limit or psutil.virtual_memory().total
    return limits.on_worker(int(memory), worker.state.nthreads)


def _start(job: bytes, folder: Path, limits: Limits, _others: Sequence[int]) -> Process:
    answers_read, answers_write = os.pipe()
    stdout_read, stdout_write = os.pipe()
    stderr_read, stderr_write = os.pipe()
    arguments = [str(answers_write), str(folder), json.dumps(asdict(limits))]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "fused_spec.engine.cluster.task_host", *arguments],
        stdin=subprocess.PIPE,
        stdout=stdout_write,
        stderr=stderr_write,
        pass_fds=[answers_write],
        cwd="/",
        env=without_secrets(os.environ),
        start_new_session=True,  # Ctrl-C in the worker's terminal is the worker's business
        bufsize=0,
    )
    for theirs in (answers_write, stdout_write, stderr_write):
        os.close(theirs)
    assert process.stdin is not None
    orders = os.dup(process.stdin.fileno())
    process.stdin.close()
    process.returncode = 0  # the pool waits for it
    with suppress(BrokenPipeError):  # it ended at once, which the pool finds
        _write(orders, LENGTH.pack(len(job)) + job)
    return Process(
        pid=process.pid,
        orders=orders,
        answers=answers_read,
        output=(stdout_read, stderr_read),
        end=partial(_end, process.pid),
    )


def _clear(folder: Path, _host: int, task: int | None) -> str | None:
    """Remove what the host's process of tasks left; the line for the log that tells of it."""
    left = [name for one in scratch_in(folder).glob("[0-9]*") for name in clear(one)]
    return words_of(left, "a process" if task is None else task_name(task)) if left else None


def _end(host: int) -> None:
    """The host takes along all that its tasks started."""
    with suppress(ProcessLookupError):
        os.kill(host, signal.SIGTERM)


def _write(descriptor: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(descriptor, left) :]


def _wanted() -> Callable[[], None]:
    """A check that this thread's batch is still asked for: its client may be gone, or have cancelled it."""
    worker = get_worker()
    key = worker.get_current_task()

    def check() -> None:
        state = worker.state.tasks.get(key)
        if state is None or state.state == "cancelled":
            raise Abandoned(key)

    return check


def _ended(job: JobDir, done: Sequence[Done]) -> list[Ended]:
    worker = json.dumps(str(get_worker().name))
    return [
        Ended(
            outcome=_outcome(job, one.index, one.answer.error, one.answer.record),
            seconds=one.seconds,
            facts=f'{one.facts.rpartition(", ")[0]}, "worker": {worker}',  # not the process, which is its own affair
        )
        for one in done
    ]


def _outcome(job: JobDir, index: int, error: str | None, record: str) -> TaskOutcome:
    if not record:
        return TaskOutcome(index=index, error=error)
    result = Result.from_json(json.loads(record))
    content = result_content(job, result)
    if (file := result_file(job, result)) is not None:
        file.unlink()
    return TaskOutcome(
        index=index,
        error=error,
        name=result.name,
        content_type=result.content_type,
        content=content,
        metadata=result_metadata(job, result),
        status=result.status,
        lossy=result.lossy,
    )
