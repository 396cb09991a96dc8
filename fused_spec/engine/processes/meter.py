"""What each task of a process takes: when it began, how long it ran, processor time and memory."""

import os
import sys
import time
from contextlib import suppress
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage, struct_rusage

_SHORT = 1_000_000  # ns; to ask the system takes a part of this
_UNIT = 1 if sys.platform == "darwin" else 1024  # bytes, in which the system tells the peak of a process
_NOTABLE = 8 * 2**20  # bytes by which a task has to raise the peak for it to be set back


class Meter:
    """Measures the tasks of this process one after the other.

    Of a task of less than a millisecond neither processor time nor memory is asked for. The peak is that of the
    process, which is set back after a task that raised it (`/proc/PID/clear_refs`, since Linux 4.0); where the system
    cannot, only a task that goes beyond all before it has one.
    """

    def __init__(self) -> None:
        self._epoch = time.time_ns() - time.perf_counter_ns()
        self._reset = _opened("/proc/self/clear_refs")
        self._used = 0.0
        self._peak = 0

    def begin(self) -> None:
        """What was used until now, as by the start of the process, is no task's."""
        self._used, self._peak = _used()

    def of(self, began: int, ended: int) -> str:
        """The facts of a task between two readings of `time.perf_counter_ns`, as a part of a JSON object."""
        took = ended - began
        known = f'"started": {(self._epoch + began) // 1_000_000}, "seconds": {took / 1e9:.6f}'
        if took < _SHORT:
            self._used += took / 1e9
            return known
        before, level = self._used, self._peak
        self._used, self._peak = _used()
        known += f', "cpu_seconds": {max(0.0, self._used - before):.6f}'
        if self._reset is None:
            return known if self._peak <= level else f'{known}, "peak_memory": {self._peak}'
        known += f', "peak_memory": {self._peak}'
        if self._peak > level + _NOTABLE:
            self._set_back()
        return known

    def _set_back(self) -> None:
        assert self._reset is not None
        try:
            os.write(self._reset, b"5")
        except OSError:
            self._reset = None
        else:
            self._peak = _used()[1]


def gib(size: int) -> str:
    """`1.5 GiB`, `20 MiB`."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 / 10 else f"{size / 2**20:.0f} MiB"


def peak_of(used: struct_rusage) -> int:
    """The most memory in bytes that a process held, by what the system tells of it when it is gone."""
    return used.ru_maxrss * _UNIT


def _used() -> tuple[float, int]:
    """Seconds of processors, with those of children that were waited for, and the most memory in bytes."""
    own, below = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + below.ru_utime + below.ru_stime, own.ru_maxrss * _UNIT


def _opened(path: str) -> int | None:
    with suppress(OSError):
        return os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    return None
