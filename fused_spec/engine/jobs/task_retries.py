"""Try tasks again that failed, after the others and a pause; only the last end of each counts."""

import random
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from fused_spec.engine.processes.telling import Done, Log
from fused_spec.jobs.carried import carried_in
from fused_spec.jobs.log_origins import Origin, Stream

_NAME = "task_retries"
_MOST = 100
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0

Tasks = Callable[[Sequence[int]], Generator[list[Done]]]
"""Runs the tasks with these numbers, and yields what became of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRetries:
    """How often a task may be tried again; the pauses before it double, and differ by a quarter up and down."""

    most: int = 0
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random.random

    @classmethod
    def of(cls, metadata: Mapping[str, Any] | None) -> "TaskRetries":
        """As many as a job's config asks for; none where it asks for nothing that is understood."""
        most = carried_in(metadata).get(_NAME)
        return cls(most=min(most, _MOST)) if type(most) is int and most > 0 else cls()

    def pause(self, attempt: int) -> None:
        """Wait after an attempt, counted from 1, for whatever made tasks fail to pass."""
        pause = min(_FIRST_PAUSE * 2.0 ** (attempt - 1), _LONGEST_PAUSE)
        self.sleep(pause * (0.75 + 0.5 * self.random()))

    def run(
        self, run: Tasks, tasks: Sequence[int], log: Log, number: Callable[[int], int], idle: Callable[[], None]
    ) -> Generator[list[Done]]:
        """Yield the last end of each task, as they come.

        In the log a task has the `number` of its element; `idle` is called when nothing runs for a while.
        """
        for attempt in range(1, self.most + 2):
            failed: list[int] = []
            with closing(run(tasks)) as batches:
                for batch in batches:
                    if attempt <= self.most:
                        again = [done for done in batch if done.answer.error is not None]
                        failed += [done.index for done in again]
                        which = f"tried again, {attempt} of {self.most}"
                        for done in again:
                            said = f"input {number(done.index)}: {done.answer.error} ({which})"
                            log.write(said, Origin(done.index, Stream.SERVICE))
                        batch = [done for done in batch if done.answer.error is None]
                    if batch:
                        yield batch if attempt == 1 else [_attempted(done, attempt) for done in batch]
            if not failed:
                return
            tasks = sorted(failed)
            idle()
            self.pause(attempt)


def _attempted(done: Done, attempt: int) -> Done:
    return replace(done, facts=f'{done.facts}, "attempt": {attempt}')
