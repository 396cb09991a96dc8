"""Hold a job to its limits of memory, disk and processes, from within its worker.

A timer's signal interrupts the worker, which looks at the processes below it: no thread, no second process, and nobody
to ask, so the limits hold while the service is away. What a task takes between two looks is not noticed.
"""

import os
import resource
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from fused_spec.engine.processes import forking
from fused_spec.engine.processes.family import children, descendants, die_with_parent, end_gently, kill, memory_in_use
from fused_spec.engine.processes.meter import gib

_LOOK_SECONDS = 0.2
_DISK_SECONDS = 1.0
_LARGEST_PART = 0.05  # of the worker's time that looking may cost
_LONGEST_PAUSE = 2.0  # seconds without a look, even where thousands of processes make each one slow
_KILLED_FIRST = "500"  # by the system, when the machine's memory is used up: tasks before everything else
_LARGEST_FILE = 2**62  # bytes, a limit that every system takes
_SPARE = 0.03  # of the machine's memory, which is left free


class OverLimit(BaseException):
    """The job took more than it may; the text says what, how much, and what to do.

    `held` is the memory of each process of tasks, in bytes by its number, where it was that; or `task` the one at which
    another machine was. No `Exception`, so that nothing on its way takes it for the failure of a task.
    """

    def __init__(self, text: str, held: Mapping[int, int] | None = None, task: int | None = None) -> None:
        super().__init__(text)
        self.held = held or {}
        self.task = task


class Cancelled(BaseException):
    """The worker was asked to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a job may take, in bytes; `machine` says in words where that comes from.

    `share` of the memory is set aside for the job: it may use more of it only as long as the machine has some left.
    """

    memory: int
    share: int
    disk: int | None
    processes: int
    machine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLimits:
    """What a job's tasks may take on a machine of a cluster, in bytes; without a `memory`, what a worker there has.

    `machine` is the instance type that the memory comes from.
    """

    memory: int | None
    disk: int | None
    processes: int
    machine: str

    def on_worker(self, memory: int, threads: int) -> Limits:
        """The limits of a task on a worker that has this memory for so many tasks at a time."""
        most = min(memory, self.memory or memory)
        origin = "what a worker of the Dask cluster has"
        if self.memory is not None:
            origin = self.machine if most == self.memory else f"{self.machine}, cut to {origin}"
        return Limits(
            memory=most,
            share=min(most, memory // max(1, threads)),
            disk=self.disk,
            processes=self.processes,
            machine=origin,
        )


@dataclass(slots=True)
class _InForce:
    limits: Limits | None = None


_in_force = _InForce()


def memory_allowed() -> int | None:
    """The bytes of memory that the job which this process belongs to may use; None outside of any."""
    return None if _in_force.limits is None else _in_force.limits.memory


@contextmanager
def guarded(limits: Limits, *folders: Path) -> Iterator[None]:
    """Within it, `OverLimit` is raised when the job takes too much, and `Cancelled` when the worker gets SIGTERM.

    `folders` are what counts as the job's disk. Either comes at the end when it was lost on its way, as one is that is
    raised within a fork: by then the job's tasks have ended by a signal, which is no failure of theirs.
    """
    guard = _Guard(limits, folders)
    _in_force.limits = limits  # for the processes that are forked from this one, too
    forking.in_children(guard.confine)
    signal.signal(signal.SIGALRM, guard.look)
    signal.signal(signal.SIGTERM, guard.cancel)
    signal.setitimer(signal.ITIMER_REAL, _LOOK_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _in_force.limits = None
        if guard.cancelled:
            raise Cancelled
        if guard.exceeded is not None:
            raise guard.exceeded


class _Guard:
    def __init__(self, limits: Limits, folders: tuple[Path, ...]) -> None:
        self._limits = limits
        self._folders = folders
        self._disk_after = 0.0
        self.cancelled = False
        self.exceeded: OverLimit | None = None

    def cancel(self, _number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self.cancelled = True
        end_gently(children(os.getpid()), tell=False)  # whoever cancels tells the whole group
        raise Cancelled

    def look(self, _number: int, _frame: FrameType | None) -> None:
        """End all tasks, and raise `OverLimit`, when the job takes too much; else look again in a while."""
        began = time.monotonic()
        pids = descendants(os.getpid())
        if (problem := self._processes(pids)) is not None:
            self.exceeded = OverLimit(problem)  # no time to lose, since there may be more of them by now
        elif (problem := self._memory(pids)) is not None:
            self.exceeded = OverLimit(problem, _held())
            end_gently(children(os.getpid()))
        elif (problem := self._disk(began)) is not None:
            self.exceeded = OverLimit(problem)  # the tasks share the folders
            end_gently(children(os.getpid()))
        if self.exceeded is not None:
            kill(pids)
            raise self.exceeded
        pause = min(max(_LOOK_SECONDS, (time.monotonic() - began) / _LARGEST_PART), _LONGEST_PAUSE)
        signal.setitimer(signal.ITIMER_REAL, pause)

    def confine(self) -> None:
        """In a new task process: nothing of the worker's signals, no life after the worker's, no larger file."""
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        die_with_parent()
        with suppress(OSError):  # Linux alone has it
            Path("/proc/self/oom_score_adj").write_text(_KILLED_FIRST, encoding="ascii")
        if self._limits.disk is not None:
            _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
            size = min(self._limits.disk, _LARGEST_FILE if most == resource.RLIM_INFINITY else most)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))

    def _processes(self, pids: list[int]) -> str | None:
        if len(pids) <= self._limits.processes:
            return None
        return f"the job started {len(pids)} processes, and may have {self._limits.processes} at once"

    def _memory(self, pids: list[int]) -> str | None:
        limits = self._limits
        short = _is_short_of_memory()
        used = memory_in_use([os.getpid(), *pids], exact_above=limits.share if short else limits.memory)
        if used > limits.memory:
            return (
                f"the job used {gib(used)} of memory, over its limit of {gib(limits.memory)} ({limits.machine}); "
                "give it a larger instance_type, or let it hold less at once (n_processes, smaller inputs)"
            )
        if short and used > limits.share:
            return (
                f"the memory of the machine was used up, and the job held {gib(used)} where {gib(limits.share)} "
                "are set aside for it; name an instance_type with what it needs, or let it hold less at once"
            )
        return None

    def _disk(self, now: float) -> str | None:
        if self._limits.disk is None or now < self._disk_after:
            return None
        used = sum(map(_disk_usage, self._folders))
        spent = time.monotonic() - now
        self._disk_after = now + max(_DISK_SECONDS, spent / _LARGEST_PART)
        if used <= self._limits.disk:
            return None
        return (
            f"the job used {gib(used)} of disk for results and temporary files, over its limit of "
            f"{gib(self._limits.disk)}; give it a larger disk_size_gb, or write to fd:// instead"
        )


def _held() -> dict[int, int]:
    """The memory of each child of this process, with all below it."""
    return {pid: memory_in_use([pid, *descendants(pid)], exact_above=0) for pid in children(os.getpid())}


def _is_short_of_memory() -> bool:
    """Whether the machine has almost none left, where the system says so."""
    with suppress(OSError):
        known = dict(line.split(b":") for line in Path("/proc/meminfo").read_bytes().splitlines()[:3])
        total, available = (int(known[name].split()[0]) for name in (b"MemTotal", b"MemAvailable"))
        return available < total * _SPARE
    return False


def _disk_usage(folder: Path) -> int:
    """Bytes on the disk below a folder."""
    used = 0
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):  # it was removed meanwhile
                used += entry.stat(follow_symlinks=False).st_blocks * 512
                if entry.is_dir(follow_symlinks=False):
                    used += _disk_usage(Path(entry.path))
    return used
