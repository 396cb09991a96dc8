"""The three types of step, each run in task processes below the worker."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.geospatial import partition_geospatial
from fused_spec.engine.ingest.nongeospatial import partition_nongeospatial
from fused_spec.engine.loading import Provided
from fused_spec.engine.log import LogWriter
from fused_spec.engine.pool import Answer, run_tasks
from fused_spec.engine.udf_task import UdfTask
from fused_spec.jobdir import JobDir
from fused_spec.wire import JobStep, PartitionGeospatialStep, PartitionNongeospatialStep, UdfStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a step needs besides its own fields."""

    job: JobDir
    job_id: str
    storage: Path
    cpus: int
    output_format: str | None
    tile: tuple[int, int, int] | None
    provided: Provided
    log: LogWriter
    task_done: Callable[[], None]
    memory_limit: int | None = None
    """In bytes, of each process of the job; None where only the machine limits it."""


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
        folder=folder,
        storage=around.storage,
        formats=_formats(around),
        tile=around.tile,
        provided=around.provided,
    )
    processes = min(step.n_processes or around.cpus, around.cpus)
    failed = 0
    with closing(run_tasks(task, range(count), processes=processes, log=around.log)) as answers:
        for answer in answers:
            around.task_done()
            if keep:
                _index_result(around.job, answer)
            if (error := answer.get("error")) is None:
                continue
            failed += 1
            problem = error if step.input is None else f"input {answer['index']}: {error}"
            if not step.ignore_chunk_error:
                raise StepFailed(problem)
            around.log.write(f"{problem} (ignored, as ignore_chunk_error asks)")
    done = f"{count - failed} of {count} done" if failed else f"{count} done"
    around.log.write(f"{step.udf.name or step.udf.entrypoint}: {done}")


def _formats(around: Surroundings) -> tuple[str, ...]:
    return tuple(around.output_format.split(",")) if around.output_format else ()


def _index_result(job: JobDir, answer: Answer) -> None:
    entry = {name: answer.get(name) for name in ("index", "name", "content_type", "error")}
    with job.result_index.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _run_ingestion(step: PartitionGeospatialStep | PartitionNongeospatialStep, around: Surroundings) -> None:
    work: Callable[[], None]
    if isinstance(step, PartitionGeospatialStep):
        work = partial(partition_geospatial, step, around.storage, around.job_id, around.memory_limit)
    else:
        work = partial(partition_nongeospatial, step, around.storage, around.job_id, around.memory_limit)
    [answer] = run_tasks(partial(_ingest, work), [0], processes=1, log=around.log)
    around.task_done()
    if (error := answer.get("error")) is not None:
        raise StepFailed(error)


def _ingest(work: Callable[[], None], _index: int) -> Answer:
    try:
        work()
    except StepFailed as failure:
        return {"error": str(failure)}
    except OSError as error:
        return {"error": f"{error.filename or 'the output'}: {error.strerror or error}"}
    return {"error": None}
