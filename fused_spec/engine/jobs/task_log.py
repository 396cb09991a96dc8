"""Write down each task of a run as it ends, and how the run stands: `tasks.jsonl` and `progress.json`."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from json.encoder import encode_basestring_ascii

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.processes.guard import OverLimit
from fused_spec.engine.processes.meter import gib
from fused_spec.engine.processes.task_process import Answer
from fused_spec.engine.processes.telling import Done, Running
from fused_spec.engine.reporting.durations import Durations
from fused_spec.engine.reporting.log import EventLog, append_lines
from fused_spec.jobs.folder import JobDir, now_ms
from fused_spec.messages.redaction import Redactor

_EVENT_SECONDS = 0.2
_PROGRESS_SECONDS = 1.0
_MOST_RUNNING = 20  # that are told by their numbers, those first that have run for longest


class TaskLog:
    """The tasks of one job, a step after the other; `total` counts those of all steps.

    `number` gives that of a task among the elements of the job, which people know it by.

    A line of `tasks.jsonl` is whole before the task counts. What is known of a task comes from its process, in which
    a user's code runs, so readers take no line at its word that is none.
    """

    def __init__(
        self,
        job: JobDir,
        events: EventLog,
        total: int,
        *,
        mask: Redactor | None = None,
        number: Callable[[int], int] = lambda index: index,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._job = job
        self._events = events
        self._total = total
        self._mask = mask
        self._number = number
        self._clock = clock
        self._file = job.tasks.open("ab", buffering=0)
        self._step = 0
        self._succeeded = 0
        self._failed = 0
        self._running: Sequence[Running] = ()
        self._durations = Durations()
        self._told: tuple[int, ...] = ()
        self._event_at = self._progress_at = clock()
        self._add([f'{{"total": {total}}}\n'])
        self._tell_event()

    @contextmanager
    def step(self, number: int) -> Iterator[None]:
        """Within it the tasks are those of a step, counted from 1; what still runs at its end was ended with it."""
        self._step = number
        try:
            yield
        except OverLimit as over:
            self._blame(over)
            raise
        finally:
            self._add(self._line(one.index, "cancelled", facts=_begun(one)) for one in self._running)
            self._running = ()
            self._tell_progress()

    def ended(self, batch: Iterable[Done]) -> None:
        """Write down what became of some tasks."""
        ended = list(batch)
        gone = {done.index for done in ended}
        self._running = [one for one in self._running if one.index not in gone]
        self._add(self._ended(done) for done in ended)
        self._tell_if_due()

    def look(self, running: Sequence[Running]) -> None:
        """Take note of what runs."""
        self._running = running
        self._tell_if_due()

    def close(self) -> None:
        """Tell how the run stands at its end."""
        self._tell_event()
        self._tell_progress()
        self._file.close()

    def _blame(self, over: OverLimit) -> None:
        """Of a run that took too much, the task that held most memory or was at work has failed; the error names it."""
        culprit = max(self._running, key=lambda one: over.held.get(_pid(one), 0), default=None)
        if over.task is not None:
            culprit = next((one for one in self._running if one.index == over.task), Running(over.task, now_ms(), ""))
        held = over.held.get(_pid(culprit), 0) if culprit is not None else 0
        if culprit is None or (not held and over.task is None):
            return
        self._running = [one for one in self._running if one is not culprit]
        self._failed += 1
        at = f" at {culprit.where}" if culprit.where else ""
        which = f"input {self._number(culprit.index)}"
        over.add_note(f"{which} held {gib(held)} of it{at}" if held else f"it was at {which}")
        error = f"out of memory: it held {gib(held)}" if held else str(over)
        facts = f'{_begun(culprit)}, "signature": "over a limit"' + (f', "peak_memory": {held}' if held else "")
        self._add([self._line(culprit.index, "failed", error=error, facts=facts)])

    def _ended(self, done: Done) -> str:
        self._durations.add(done.seconds)
        if done.answer.error is None:
            self._succeeded += 1
            return f'{{"step": {self._step}, "index": {done.index}, "state": "succeeded", {done.facts}}}\n'
        self._failed += 1
        return self._line(done.index, "failed", error=done.answer.error, facts=done.facts)

    def _line(self, index: int, state: str, *, facts: str, error: str | None = None) -> str:
        masked = error if error is None or self._mask is None else self._mask(error)
        told = "" if masked is None else f', "error": {encode_basestring_ascii(masked)}'
        return f'{{"step": {self._step}, "index": {index}, "state": "{state}"{told}, {facts}}}\n'

    def _add(self, lines: Iterable[str]) -> None:
        if content := "".join(lines):
            append_lines(self._file, content.encode("utf-8", "replace"))

    def _tell_if_due(self) -> None:
        now = self._clock()
        if now - self._event_at > _EVENT_SECONDS and self._counts != self._told:
            self._tell_event()
        if now - self._progress_at > _PROGRESS_SECONDS:
            self._tell_progress()

    @property
    def _counts(self) -> tuple[int, ...]:
        return self._succeeded, self._failed

    def _tell_event(self) -> None:
        self._event_at, self._told = self._clock(), self._counts
        self._events.add("progress", finished=sum(self._counts), total=self._total)

    def _tell_progress(self) -> None:
        self._progress_at = self._clock()
        longest = sorted(self._running, key=lambda one: one.since)[:_MOST_RUNNING]
        standing = {
            "format_version": "1",
            "at": now_ms(),
            "total": self._total,
            "succeeded": self._succeeded,
            "failed": self._failed,
            "running": len(self._running),
            "mean_seconds": self._durations.mean,
            "median_seconds": self._durations.median,
            "longest_running": [
                {"step": self._step, "index": one.index, "since": one.since, "worker": one.worker} for one in longest
            ],
        }
        draft = self._job.progress.with_suffix(".draft")
        draft.write_text(json.dumps(standing), encoding="utf-8")
        draft.replace(self._job.progress)


@contextmanager
def as_one_task(tasks: TaskLog) -> Iterator[None]:
    """What is done within it is the only task of its step, whichever processes do it."""
    running = Running(0, now_ms(), "")
    tasks.look([running])
    try:
        yield
    except StepFailed as failure:
        tasks.ended([_whole(running, str(failure))])
        raise
    tasks.ended([_whole(running, None)])


def _whole(running: Running, error: str | None) -> Done:
    seconds = max(0, now_ms() - running.since) / 1000
    return Done(running.index, seconds, Answer(error), _begun(running))


def _begun(running: Running) -> str:
    seconds = max(0, now_ms() - running.since) / 1000
    worker = f', "worker": {encode_basestring_ascii(running.worker)}' if running.worker else ""
    where = f', "where": {encode_basestring_ascii(running.where)}' if running.where else ""
    return f'"started": {running.since}, "seconds": {seconds:.3f}{worker}{where}'


def _pid(running: Running) -> int:
    return int(running.worker) if running.worker.isdigit() else 0
