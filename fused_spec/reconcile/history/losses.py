"""How many tasks failed of a run that succeeded all the same, and whether that is a success for its job.

Only a config with `ignore_chunk_error` allows for that. An embedded service tells of each task, any other of results.
"""

from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec.structs import replace

from fused_spec.api.tasks import told_tasks
from fused_spec.jobs.parts import Stretches, may_lose_tasks
from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import Tally, TaskCounts
from fused_spec.plan.failing import has_lost
from fused_spec.plan.model import PastRun, Run
from fused_spec.spec.model import DesiredJob, OnFailedTasks

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.reconcile.history.markers import Markers

_AnyRun = TypeVar("_AnyRun", Run, PastRun)


class Kept(Protocol):
    """What the archive tells of a run."""

    @property
    def tasks(self) -> TaskCounts | None: ...
    @property
    def done(self) -> Stretches | None: ...


def may_have_lost(run: Run, job: DesiredJob) -> bool:
    """Whether a run of the job as it is declared may have succeeded although tasks of it failed."""
    succeeded = run.status is RunStatus.SUCCEEDED and run.digest == job.digest
    return succeeded and may_lose_tasks(job.payload["config"])


def with_losses(run: Run, job: DesiredJob, kept: Kept | None, api: "FusedReader", markers: "Markers") -> Run:
    """The run that may have lost tasks with what is known of them; what is not kept the service is asked for.

    Raises the client's errors.
    """
    from fused_spec.reconcile.marking.done import meant_by, results_of  # as few plans have to

    meant = meant_by(job, run.part)
    if kept is not None:
        return replace(run, tasks=kept.tasks or _counts(meant, kept.done))
    if api.service_id is not None:
        return replace(run, tasks=_told(api, run.job_id))
    done = None if meant is None else results_of(api, run.job_id, meant, markers.side_by_side)
    return replace(run, tasks=_counts(meant, done))


def for_its_job(run: _AnyRun, job: DesiredJob | None) -> _AnyRun:
    """The run as its job takes it: where failed tasks fail the job, a run that has any has failed."""
    if job is None or run.status is not RunStatus.SUCCEEDED or not fails(job, run.digest, run.tasks):
        return run
    return replace(run, status=RunStatus.FAILED)


def fails(job: DesiredJob, digest: str, tasks: TaskCounts | None) -> bool:
    """Whether the job takes a run with this digest for failed because of its tasks."""
    return job.run.failed_tasks is OnFailedTasks.FAIL and digest == job.digest and has_lost(tasks)


def _told(api: "FusedReader", job_id: str) -> TaskCounts | None:
    with told_tasks(api, job_id) as lines:
        return None if lines is None else Tally().all_of(lines).counts


def _counts(meant: Stretches | None, done: Stretches | None) -> TaskCounts | None:
    if meant is None or done is None:
        return None
    lost = len(meant - done)
    return TaskCounts(total=len(meant), succeeded=len(meant) - lost, failed=lost)
