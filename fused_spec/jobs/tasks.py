"""What is known of each task of a run, and how a run stands: the lines of `tasks.jsonl`, and `progress.json`.

The first line of `tasks.jsonl` says how many there are to be, in all steps: `{"total": n}`. The same lines are kept in
the archive. They are read one at a time: a run may have a million tasks.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Self

import msgspec
from msgspec import Struct

from fused_spec.jobs.parts import Part


class TaskState(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RUNNING = "running"


class Task(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One task: `step` is counted from 1, `index` from 0, as the elements of the step's input.

    `started` is in milliseconds since the epoch; `cpu_seconds` counts the processors, `peak_memory` the bytes of the
    process that ran it. `where` is the last frame in the user's own code, `signature` the error without what differs
    between failures that are alike. `rows`, `columns`, `crs`, `bounds` (west, south, east, north in that system) and
    `bytes` are of its result. What nobody told is None.
    """

    step: int
    index: int
    state: TaskState
    started: int | None = None
    seconds: float | None = None
    cpu_seconds: float | None = None
    peak_memory: int | None = None
    attempt: int = 1
    worker: str | None = None
    error: str | None = None
    where: str | None = None
    signature: str | None = None
    rows: int | None = None
    columns: int | None = None
    crs: str | None = None
    bounds: tuple[float, float, float, float] | None = None
    bytes: int | None = None


class RunningTask(Struct, frozen=True, kw_only=True):
    """A task that has not ended; `since` is in milliseconds since the epoch."""

    step: int
    index: int
    since: int
    worker: str


class Standing(Struct, frozen=True, kw_only=True):
    """How a run stands at a moment (`at`, in milliseconds since the epoch); `total` counts the tasks of all steps.

    `longest_running` are at most 20 of those that run. The median is right within a tenth.
    """

    at: int
    total: int
    succeeded: int
    failed: int
    running: int
    mean_seconds: float | None = None
    median_seconds: float | None = None
    longest_running: Sequence[RunningTask] = ()

    def by_element(self, part: Part | None) -> "Standing":
        """The same with the numbers that the running tasks of a part have among the elements of their job."""
        if part is None:
            return self
        count = len(part.elements)
        running = [
            msgspec.structs.replace(one, index=part.elements.number_of(one.index))
            for one in self.longest_running
            if one.index < count
        ]
        return msgspec.structs.replace(self, longest_running=running)


class TaskCounts(Struct, frozen=True, kw_only=True):
    """How many tasks of a run ended how; the last of several attempts at one counts."""

    total: int
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def not_started(self) -> int:
        return max(0, self.total - self.succeeded - self.failed - self.cancelled)


def tasks_in(lines: Iterable[bytes]) -> Iterator[Task]:
    """The tasks of some lines; one that is none is left out, since the code of a job can write there, too."""
    decode = msgspec.json.Decoder(Task).decode
    for line in lines:
        with suppress(msgspec.DecodeError):
            yield decode(line)


def failed_in(tasks: Iterable[Task]) -> frozenset[tuple[int, int]]:
    """Step and index of those that failed, and were not well at a later attempt."""
    failed = set()
    for task in tasks:
        if task.state is TaskState.FAILED:
            failed.add((task.step, task.index))
        elif task.state is TaskState.SUCCEEDED:
            failed.discard((task.step, task.index))
    return frozenset(failed)


def standing_in(content: bytes) -> Standing | None:
    """How a run stands, as its worker wrote it; None for what is nothing of the kind."""
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(content, type=Standing)
    return None


class Tally:
    """Counts tasks by their state as they pass, and notes which of the first `most` of a step have succeeded."""

    def __init__(self, most: int = 0) -> None:
        self.succeeded = bytearray(most)
        self._states = Counter[TaskState]()
        self._total = 0

    def counting(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        """The same lines, counted."""
        decode = msgspec.json.Decoder(_Line).decode
        for line in lines:
            with suppress(msgspec.DecodeError):
                told = decode(line)
                self._total = max(self._total, told.total)
                if told.state is not None:
                    self._states[told.state] += 1
                    if 0 <= told.index < len(self.succeeded):
                        self.succeeded[told.index] = told.state is TaskState.SUCCEEDED
            yield line

    def all_of(self, lines: Iterable[bytes]) -> Self:
        """This one, when all of the lines have passed."""
        deque(self.counting(lines), maxlen=0)
        return self

    @property
    def counts(self) -> TaskCounts:
        """What has passed."""
        return TaskCounts(
            total=max(self._total, self._states.total()),
            succeeded=self._states[TaskState.SUCCEEDED],
            failed=self._states[TaskState.FAILED],
            cancelled=self._states[TaskState.CANCELLED],
        )


class _Line(Struct):
    state: TaskState | None = None
    index: int = -1
    total: int = 0
