"""What follows when a run is over: it is archived, and its change ends, or goes on with another run."""

from msgspec import Struct
from msgspec.structs import replace

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Change, PastRun, Run
from fused_spec.reconcile.applying.act import Step, start_again
from fused_spec.reconcile.applying.events import NotArchived
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus
from fused_spec.reconcile.archive.gathering import keep_run
from fused_spec.reconcile.following.flight import Flight, Then
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
    before = flight.change.before
    outcome = Outcome(
        change=replace(flight.change, before=run),
        earlier=before if isinstance(before, Run | PastRun) else None,
        status=OutcomeStatus(str(run.status)),
        job_id=run.job_id,
        archive=kept.folder,
        error=_why_cancelled(flight, run) or kept.trouble,
        unarchived=kept.problem,
        tasks=kept.tasks,
        seconds=site.world.clock() - flight.since,
    )
    return Step(result=outcome)


def _why_cancelled(flight: Flight, run: Run) -> str | None:
    """Why it was cancelled; of one that ended otherwise before it could be, also that it was."""
    why = flight.cancelled_because
    return why if why is None or run.status is RunStatus.CANCELLED else f"cancelled: {why}"


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
