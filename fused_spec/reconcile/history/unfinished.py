"""How the tasks of newest runs ended, and which results they made: by their receipts, or else by the service."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.model import PastRun, Run
from fused_spec.reconcile.history.losses import for_its_job, may_have_lost, with_losses
from fused_spec.reconcile.history.markers import Markers
from fused_spec.spec.model import DesiredJob, Key, OnRetry

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader


def tell_tasks(
    api: "FusedReader",
    runs: Mapping[Key, list[Run]],
    past: Mapping[Key, PastRun],
    jobs: Mapping[Key, DesiredJob],
    markers: Markers,
) -> None:
    """Have each newest run know how its tasks ended, and where it matters which results it made.

    A run that succeeded although tasks failed is no success where `failed_tasks` says so.
    """
    _count_tasks(runs, past)
    newest = {key: of_key[0] for key, of_key in runs.items()}
    for key, run in _with_results(api, newest, past, jobs, markers).items():
        runs[key][0] = run


def _with_results(
    api: "FusedReader",
    newest: Mapping[Key, Run],
    past: Mapping[Key, PastRun],
    jobs: Mapping[Key, DesiredJob],
    markers: Markers,
) -> dict[Key, Run]:
    """The newest runs of which it matters, and that are over, with what they made."""
    matters = [key for key, run in newest.items() if key in jobs and _matters(run, jobs[key])]

    def asked(key: Key) -> Run:
        run, job = newest[key], jobs[key]
        receipt = past[key] if key in past and past[key].job_id == run.job_id else None
        if may_have_lost(run, job):
            run = for_its_job(with_losses(run, job, receipt, api, markers), job)
        if job.run.on_retry is not OnRetry.FAILED:
            return run
        if receipt is not None and receipt.done is not None:
            return replace(run, done=receipt.done)
        if run.status is RunStatus.SUCCEEDED:
            return run  # it made all, or its receipt says which it did not
        from fused_spec.reconcile.marking.done import done_of, meant_by  # as few plans have to

        return replace(run, done=done_of(api, run.job_id, meant_by(job, run.part), markers.side_by_side))

    return dict(zip(matters, markers.side_by_side(asked, matters), strict=True))


def _count_tasks(runs: Mapping[Key, list[Run]], past: Mapping[Key, PastRun]) -> None:
    """Have each newest run know how its tasks ended, where that is archived."""
    for key, of_key in runs.items():
        if key in past and of_key[0].job_id == past[key].job_id:
            of_key[0] = replace(of_key[0], tasks=past[key].tasks)


def _matters(run: Run, job: DesiredJob) -> bool:
    is_known = run.digest == job.digest and not run.status.in_flight
    return is_known and (job.run.on_retry is OnRetry.FAILED or may_have_lost(run, job))
