"""What follows when a run is over: it is archived, and its change ends, or goes on with another run."""

from msgspec import Struct
from msgspec.structs import replace

from fused_spec.errors import ServiceError
from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action
from fused_spec.plan.failing import lost_words
from fused_spec.plan.model import Change, PastRun, Run
from fused_spec.reconcile.applying.act import Step, start_again
from fused_spec.reconcile.applying.events import NotArchived
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus
from fused_spec.reconcile.archive.gathering import keep_run
from fused_spec.reconcile.following.flight import Flight, Then
from fused_spec.reconcile.history.losses import for_its_job, may_have_lost, with_losses
from fused_spec.reconcile.site import Site
from fused_spec.spec.model import DesiredJob, OnFailure


def land(flight: Flight, site: Site) -> Step:
    """Archive the run, and end its change or start what waited for it."""
    run = replace(flight.run, replaced=flight.then is Then.START and flight.change.action is Action.REPLACE)
    kept = keep_run(flight.change, run, site, statuses=flight.statuses)
    if flight.then is Then.START:
        again = start_again(flight.change, run, site)
        if kept.trouble is None:
            return again
        told = NotArchived(key=run.key, job_id=run.job_id, why=kept.trouble, at=site.world.now())
        return replace(again, events=(told, *again.events))
    if flight.then is Then.SKIP:
        why = f"not started: {flight.cancelled_because}"
        skipped = Outcome(
            change=flight.change,
            status=OutcomeStatus.SKIPPED,
            job_id=run.job_id,
            archive=kept.folder,
            error=why,
            unarchived=kept.problem,
        )
        return Step(result=skipped)
    try:
        ended = _for_its_job(flight.change, replace(run, tasks=kept.tasks), site)
    except ServiceError as problem:
        return Step(result=_untold(flight, problem))  # the call is made again
    before = flight.change.before
    error = _why_cancelled(flight, run) or kept.trouble
    if ended.status is not run.status and ended.tasks is not None:
        error = "; ".join(filter(None, (f"{lost_words(ended.tasks)}, and its failed_tasks is fail", error)))
    outcome = Outcome(
        change=replace(flight.change, before=ended),
        earlier=before if isinstance(before, Run | PastRun) else None,
        status=OutcomeStatus(str(ended.status)),
        job_id=run.job_id,
        archive=kept.folder,
        error=error,
        unarchived=kept.problem,
        tasks=ended.tasks,
        seconds=site.world.clock() - flight.since,
    )
    return Step(result=outcome)


def _why_cancelled(flight: Flight, run: Run) -> str | None:
    """Why it was cancelled; of one that ended otherwise before it could be, also that it was."""
    why = flight.cancelled_because
    return why if why is None or run.status is RunStatus.CANCELLED else f"cancelled: {why}"


def _for_its_job(change: Change, run: Run, site: Site) -> Run:
    """The run with the counts of its tasks, as its job takes them. Raises the client's errors."""
    job = change.after
    if not isinstance(job, DesiredJob) or not may_have_lost(run, job):
        return run
    told = run if run.tasks is not None else with_losses(run, job, None, site.api, site.markers)
    return for_its_job(told, job)


def _untold(flight: Flight, problem: ServiceError) -> Outcome:
    """Nobody tells now whether the run is a success for its job, so nothing that needs it may start."""
    said = f"nobody tells now how its tasks ended: {problem}; the next apply looks again"
    return Outcome(change=flight.change, status=OutcomeStatus.FAILED, job_id=flight.job_id, error=said, problem=problem)


class Retry(Struct, frozen=True, kw_only=True):
    """Another attempt at a change whose run failed, after so many seconds."""

    change: Change
    run: Run
    seconds: float


def retry_after(outcome: Outcome, site: Site, backoff: tuple[float, float]) -> Retry | None:
    """The attempt that follows a failed run while its job has attempts left; pauses double up to the longest."""
    job, run = outcome.change.after, outcome.change.before
    failed = outcome.status in (OutcomeStatus.FAILED, OutcomeStatus.LOST) and outcome.problem is None
    if not failed or not isinstance(job, DesiredJob) or not isinstance(run, Run) or run.job_id != outcome.job_id:
        return None
    if job.run.on_failure is not OnFailure.RETRY or run.tries > job.run.retries:
        return None
    first, longest = backoff
    pause = min(first * 2 ** (run.tries - 1), longest) * (0.75 + 0.5 * site.world.random())
    return Retry(change=outcome.change, run=run, seconds=pause)
