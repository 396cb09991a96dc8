"""The three types of step, each run in task processes below the worker."""

import shutil
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.jobs.ingesting import run_ingestion
from fused_spec.engine.jobs.task_log import TaskLog, as_one_task
from fused_spec.engine.jobs.task_retries import TaskRetries
from fused_spec.engine.processes.mapping import Engine
from fused_spec.engine.processes.telling import Done
from fused_spec.engine.reporting.log import LogWriter
from fused_spec.engine.results.losses import Losses
from fused_spec.engine.storage import Root
from fused_spec.engine.udfs.provided import Provided
from fused_spec.engine.udfs.udf_task import UdfTask
from fused_spec.jobs.folder import JobDir, Result
from fused_spec.jobs.log_origins import Origin, Stream
from fused_spec.wire import JobStep, UdfStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a step needs besides its own fields; `number` gives that of a task among the elements of the job."""

    job: JobDir
    job_id: str
    storage: Root
    engine: Engine
    output_format: str | None
    tile: tuple[int, int, int] | None
    provided: Provided
    log: LogWriter
    tasks: TaskLog
    retries: TaskRetries
    number: Callable[[int], int]


def is_divisible(step: JobStep) -> bool:
    """Whether a step is large by its kind: a map over an input, or an ingestion."""
    return not isinstance(step, UdfStep) or step.input is not None


def is_of_tasks(step: JobStep) -> bool:
    """Whether the numbers that its processes work at are those of its tasks; else all of it is task 0."""
    return isinstance(step, UdfStep)


def run_step(step: JobStep, around: Surroundings, *, last: bool) -> Mapping[str, Any]:
    """Run every task of the step, and tell what came of it; raises `StepFailed` when the job cannot go on.

    Results are kept of the last step alone: they are the job's.
    """
    if isinstance(step, UdfStep):
        return _run_udf(step, around, keep=last)
    with as_one_task(around.tasks):
        return run_ingestion(step, around.storage, around.job_id, engine=around.engine, job=around.job, log=around.log)


def _run_udf(step: UdfStep, around: Surroundings, *, keep: bool) -> Mapping[str, Any]:
    count = step.task_count
    task = UdfTask(
        step=step,
        storage=around.storage,
        formats=_formats(around),
        tile=around.tile,
        provided=around.provided,
    )
    failed, losses = 0, Losses()
    with (
        _told_at_last(losses, count, around.log),
        _results_folder(around.job, keep=keep) as folder,
        (around.job.result_index if keep else folder / "index").open("ab") as index,
        closing(_mapped(around, task, step, folder)) as batches,
    ):
        for batch in batches:
            _name_results(batch, index)
            for done in batch:
                losses.add_record(done.answer.record)
            around.tasks.ended(batch)
            failed += _note_failures(step, batch, around)
    summary = f"{count - failed} of {count} done" if failed else f"{count} done"
    around.log.write(f"{step.udf.name or step.udf.entrypoint}: {summary}")
    return {"tasks": count, "failed": failed, "lossy": losses.facts()}


@contextmanager
def _told_at_last(losses: Losses, count: int, log: LogWriter) -> Iterator[None]:
    """Say what the results lose when all are there, also where the step fails: of each, there may be thousands."""
    try:
        yield
    finally:
        for line in losses.lines(count):
            log.write(line)


def _mapped(around: Surroundings, task: UdfTask, step: UdfStep, folder: Path) -> Generator[list[Done]]:
    def run(tasks: Sequence[int]) -> Generator[list[Done]]:
        return around.engine.map(
            task, tasks, at_once=step.n_processes, folder=folder, log=around.log, look=around.tasks.look
        )

    return around.retries.run(run, range(step.task_count), around.log, around.number, lambda: around.tasks.look(()))


@contextmanager
def _results_folder(job: JobDir, *, keep: bool) -> Iterator[Path]:
    """Where results go; those of an earlier step are made all the same, since one that cannot be stored is a fault."""
    folder = job.results if keep else job.path / "discarded"
    folder.mkdir(exist_ok=True)
    yield folder
    if not keep:
        shutil.rmtree(folder)


def _note_failures(step: UdfStep, batch: list[Done], around: Surroundings) -> int:
    """How many tasks failed; raises `StepFailed` at the first, unless the step ignores them."""
    failed = [done for done in batch if done.answer.error is not None]
    for done in failed:
        which = "" if step.input is None else f"input {around.number(done.index)}: "
        problem = f"{which}{done.answer.error}"
        if not step.ignore_chunk_error:
            raise StepFailed(problem)
        around.log.write(f"{problem} (ignored, as ignore_chunk_error asks)", Origin(done.index, Stream.SERVICE))
    return len(failed)


def _formats(around: Surroundings) -> tuple[str, ...]:
    return tuple(around.output_format.split(",")) if around.output_format else ()


def _name_results(batch: list[Done], index: BinaryIO) -> None:
    """Name the results of a batch in the index; they count as finished from then on."""
    lines = [done.answer.record or Result(index=done.index, error=done.answer.error).as_line() for done in batch]
    index.write("\n".join([*lines, ""]).encode("ascii"))
    index.flush()
