"""The three types of step, each run in task processes below the worker."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.geospatial import partition_geospatial
from fused_spec.engine.ingest.nongeospatial import partition_nongeospatial
from fused_spec.engine.log import LogWriter
from fused_spec.engine.packing import Kept, Pack
from fused_spec.engine.pool import Done, run_tasks
from fused_spec.engine.provided import Provided
from fused_spec.engine.task_process import Answer
from fused_spec.engine.udf_task import UdfTask
from fused_spec.jobdir import JobDir, Result
from fused_spec.wire import JobStep, PartitionGeospatialStep, PartitionNongeospatialStep, UdfStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a step needs besides its own fields; `memory_limit` is in bytes, for all processes of the job together."""

    job: JobDir
    job_id: str
    storage: Path
    cpus: int
    memory_limit: int
    output_format: str | None
    tile: tuple[int, int, int] | None
    provided: Provided
    log: LogWriter
    tasks_done: Callable[[int], None]


def task_count(step: JobStep) -> int:
    """How many tasks a step has: one for each element of its input, else one."""
    return len(step.input) if isinstance(step, UdfStep) and step.input is not None else 1


def run_step(step: JobStep, around: Surroundings, *, last: bool) -> None:
    """Run every task of the step; raises `StepFailed` when the job cannot go on.

    Results are kept of the last step alone: they are the job's.
    """
    if isinstance(step, UdfStep):
        _run_udf(step, around, keep=last)
    else:
        _run_ingestion(step, around)


def _run_udf(step: UdfStep, around: Surroundings, *, keep: bool) -> None:
    count = task_count(step)
    # A result of an earlier step goes nowhere, but it is made all the same: one that cannot be stored is a fault.
    folder = around.job.results if keep else around.job.path / "discarded"
    folder.mkdir(exist_ok=True)
    task = UdfTask(
        step=step,
        storage=around.storage,
        formats=_formats(around),
        tile=around.tile,
        provided=around.provided,
    )
    processes = min(step.n_processes or around.cpus, around.cpus)
    kept = Kept(task=task, pack=Pack(folder))
    failed = 0
    with closing(run_tasks(kept, range(count), processes=processes, log=around.log)) as batches:
        for batch in batches:
            if keep:
                _index(around.job, batch)
            around.tasks_done(len(batch))
            failed += _note_failures(step, batch, around.log)
    done = f"{count - failed} of {count} done" if failed else f"{count} done"
    around.log.write(f"{step.udf.name or step.udf.entrypoint}: {done}")


def _note_failures(step: UdfStep, batch: list[Done], log: LogWriter) -> int:
    """How many tasks failed; raises `StepFailed` at the first, unless the step ignores them."""
    failed = [done for done in batch if done.answer.error is not None]
    for done in failed:
        problem = str(done.answer.error) if step.input is None else f"input {done.index}: {done.answer.error}"
        if not step.ignore_chunk_error:
            raise StepFailed(problem)
        log.write(f"{problem} (ignored, as ignore_chunk_error asks)")
    return len(failed)


def _formats(around: Surroundings) -> tuple[str, ...]:
    return tuple(around.output_format.split(",")) if around.output_format else ()


def _index(job: JobDir, batch: list[Done]) -> None:
    """Name the results of a batch; they count as finished from then on."""
    lines = [done.answer.record or Result(index=done.index, error=done.answer.error).as_line() for done in batch]
    with job.result_index.open("a", encoding="ascii") as stream:
        stream.write("".join(lines))


def _run_ingestion(step: PartitionGeospatialStep | PartitionNongeospatialStep, around: Surroundings) -> None:
    work: Callable[[], None]
    if isinstance(step, PartitionGeospatialStep):
        work = partial(partition_geospatial, step, around.storage, around.job_id, around.memory_limit)
    else:
        work = partial(partition_nongeospatial, step, around.storage, around.job_id, around.memory_limit)
    [[done]] = run_tasks(partial(_ingest, work), [0], processes=1, log=around.log)
    around.tasks_done(1)
    if done.answer.error is not None:
        raise StepFailed(done.answer.error)


def _ingest(work: Callable[[], None], _index: int) -> Answer:
    try:
        work()
    except StepFailed as failure:
        return Answer(str(failure))
    except OSError as error:
        return Answer(f"{error.filename or 'the output'}: {error.strerror or error}")
    return Answer()
