"""What an engine does: run a task for each of some numbers, and keep how each ended."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from fused_spec.engine.processes.packing import Kept, Pack, TaskOutcome, task_name
from fused_spec.engine.processes.pool import run_tasks
from fused_spec.engine.processes.quarters import Quarters
from fused_spec.engine.processes.telling import Done, Log, Look

Task = Callable[[int], TaskOutcome]
"""Runs in another process, perhaps on another machine, so it must be something that pickle takes."""


class Engine(Protocol):
    """Where tasks run; `is_cluster` says that it may be on several machines."""

    is_cluster: ClassVar[bool]

    def map(
        self, task: Task, tasks: Sequence[int], *, at_once: int | None, folder: Path, log: Log, look: Look
    ) -> Generator[list[Done]]:
        """Yield what became of the tasks as they end; their results are in packs below `folder` by then.

        At most `at_once` run side by side (None: as many as there is room for); `look` is told which those are.
        Closing the iterator ends those that run. Raises `StepFailed` when the engine itself cannot go on.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Processes:
    """Processes of this machine, one for each processor."""

    is_cluster: ClassVar[bool] = False
    cpus: int
    quarters: Quarters

    def map(
        self, task: Task, tasks: Sequence[int], *, at_once: int | None, folder: Path, log: Log, look: Look
    ) -> Generator[list[Done]]:
        kept = Kept(task=task, pack=Pack(folder), quarters=self.quarters)
        at_once = min(at_once or self.cpus, self.cpus)
        return run_tasks(kept, tasks, processes=at_once, log=log, clear=self._clear, look=look)

    def _clear(self, pid: int, task: int | None) -> str | None:
        return self.quarters.clear(pid, "a process" if task is None else task_name(task))
