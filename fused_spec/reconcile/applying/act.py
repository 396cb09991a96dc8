"""Carry out one change: the single place where something is sent that costs, changes or ends."""

from collections.abc import Callable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from fused_spec.errors import FileTrouble, FusedSpecError, Locked, OutcomeUnknown, StalePlan
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.again import again
from fused_spec.plan.model import Change, PastRun, ReadRun, Run
from fused_spec.reconcile.applying.catch_up import keep_unseen
from fused_spec.reconcile.applying.events import Attached, Cancelling, Event, SinkWritten, Started, Uploaded
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus, ways_out
from fused_spec.reconcile.following.flight import Flight, Then
from fused_spec.reconcile.marking.done import done_of, meant_by
from fused_spec.reconcile.saved.rotation import Issuer
from fused_spec.reconcile.saved.tokens import apply_token
from fused_spec.reconcile.saved.udfs import apply_udf
from fused_spec.reconcile.site import Site
from fused_spec.reconcile.starting.start import start
from fused_spec.spec.model import DesiredJob, Kind, OnRetry


class Step(Struct, frozen=True, kw_only=True):
    """What came of acting: events to tell, and either a run to wait for or the end."""

    result: Flight | Outcome
    events: tuple[Event, ...] = ()


def act(change: Change, site: Site) -> Step:
    """Carry out the change as far as it goes without waiting; expected failures become its outcome."""
    return _guarded(_act, change, site)


def start_again(change: Change, before: Run, site: Site) -> Step:
    """Start the job of a change whose old run is over, for all of its elements."""
    return _guarded(_start, replace(change, before=before, part=None), site)


def try_again(change: Change, before: Run, site: Site) -> Step:
    """Start the job of a change whose run failed, for the elements that have no result."""
    return _guarded(_start_rest, replace(change, before=before), site)


def _guarded(carry_out: Callable[[Change, Site], Step], change: Change, site: Site) -> Step:
    try:
        return carry_out(change, site)
    except FusedSpecError as error:
        return Step(result=_ended_by(error, change))
    except OSError as error:
        return Step(result=_ended_by(FileTrouble.of(error), change))


def _ended_by(error: FusedSpecError, change: Change) -> Outcome:
    match error:
        case OutcomeUnknown():
            status = OutcomeStatus.UNKNOWN
        case StalePlan() | Locked():
            status = OutcomeStatus.SKIPPED
        case _:
            status = OutcomeStatus.FAILED
    run = error.job_id if isinstance(error, OutcomeUnknown) else None
    return Outcome(change=change, status=status, job_id=run, error=str(error), problem=error)


def _act(change: Change, site: Site) -> Step:
    if change.key.kind is not Kind.JOB:
        return _act_on_object(change, site)
    match change.action, change.before:
        case Action.START, _:
            return _start(change, site)
        case Action.ATTACH, Run() as run:
            flight = flight_of(change, run, site)
            return Step(result=flight, events=(Attached(change=change, job_id=run.job_id, at=site.world.now()),))
        case Action.QUEUE, Run() as run:
            return Step(result=flight_of(change, run, site, then=Then.START))
        case Action.REPLACE, Run() as run:
            why = "it was asked for anew" if change.reason is Reason.REQUESTED else "its spec changed"
            return _cancel(change, run, site, then=Then.START, why=why)
        case Action.CANCEL, Run() as run:
            twice = change.reason is Reason.STARTED_TWICE
            why = "it was started twice, and an earlier run counts" if twice else "it is in no spec any more"
            return _cancel(change, run, site, then=Then.FINISH, why=why)
        case Action.WAIT, _:
            return Step(result=Outcome(change=change, status=OutcomeStatus.SKIPPED, error=change.why))
    return _settled(change, site)


def _start_rest(change: Change, site: Site) -> Step:
    job, before = change.after, change.before
    assert isinstance(job, DesiredJob)
    assert isinstance(before, Run)
    if job.run.on_retry is OnRetry.FAILED:
        before = replace(
            before, done=done_of(site.api, before.job_id, meant_by(job, before.part), site.markers.side_by_side)
        )
    return _start(replace(change, part=again(job, before, _ids(change.reads)).part), site)


def _start(change: Change, site: Site) -> Step:
    """Upload what the job reads, and make sure that its next attempt runs."""
    job = change.after
    assert isinstance(job, DesiredJob)
    if change.part is not None and isinstance(change.before, Run | PastRun):
        _refuse_other_reads(change, change.before)
    world = site.world
    uploads = tuple(
        Uploaded(key=job.key, file=file, sent=site.uploads.ensure(site.api, file), at=world.now()) for file in job.files
    )
    began = world.clock()
    run = start(change, site)
    part = run.marker.part
    started = Started(change=change, job_id=run.job_id, at=world.now(), adopted=run.adopted, part=part)
    flight = Flight(
        change=change,
        job_id=run.job_id,
        digest=job.digest,
        attempt=run.marker.attempt,
        tries=run.marker.tries,
        since=began,
        nonce=run.marker.nonce,
        reads=run.marker.reads,
        part=part,
        settle_at=world.clock() + site.timing.visible,
    )
    return Step(result=flight, events=(*uploads, started))


def _refuse_other_reads(change: Change, before: Run | PastRun) -> None:
    """Results of what was read before and of what is read now are no set; only another plan may start them all."""
    if _ids(change.reads) != _ids(before.reads):
        raise StalePlan(
            f"{change.key} was not started: what it reads was written again after this plan was made",
            hint="run the command again, which starts all of its elements",
        )


def _ids(reads: Mapping[str, ReadRun]) -> dict[str, str]:
    return {name: read.job_id for name, read in reads.items()}


def flight_of(change: Change, run: Run, site: Site, *, then: Then = Then.FINISH) -> Flight:
    """The run as one to be waited for; its age counts on the service's clock, which also stamped it."""
    age = max(0.0, ((site.api.server_time or site.world.now()) - run.created).total_seconds())
    began = site.world.clock() - age
    return Flight(
        change=change,
        job_id=run.job_id,
        digest=run.digest,
        attempt=run.attempt,
        tries=run.tries,
        since=began,
        nonce=run.nonce,
        reads=run.reads,
        part=run.part,
        started_as=run.started_as,
        then=then,
    )


def _cancel(change: Change, run: Run, site: Site, *, then: Then, why: str) -> Step:
    if not site.may_act(0.0):
        raise Locked(f"{change.key} was left alone: the lock of this apply was lost", hint="run the command again")
    if then is Then.START:
        site.journal.replacing(run, site.api.server_time or site.world.now())
    site.api.cancel_job(run.job_id)
    event = Cancelling(key=change.key, job_id=run.job_id, why=why, at=site.world.now())
    return Step(result=flight_of(change, run, site, then=then), events=(event,))


def _act_on_object(change: Change, site: Site) -> Step:
    events: tuple[Event, ...] = ()
    if change.action is not Action.NONE and not site.may_act(0.0):
        raise Locked(f"{change.key} was left alone: the lock of this apply was lost", hint="run the command again")
    if change.key.kind is Kind.TOKEN:
        written = apply_token(change, Issuer.at(site))
        if written is not None:
            events = (SinkWritten(key=change.key, path=str(written), at=site.world.now()),)
    elif change.action is not Action.NONE:
        apply_udf(site.api, change, site.scope)
    status = OutcomeStatus.UNCHANGED if change.action is Action.NONE else OutcomeStatus.SUCCEEDED
    return Step(result=Outcome(change=change, status=status), events=events)


def _why_held(change: Change) -> str:
    """The reason and the way out, where the reason does not say it."""
    return change.why if change.reason is Reason.HELD else f"{change.why}: apply with {' or '.join(ways_out(change))}"


def _settled(change: Change, site: Site) -> Step:
    """Nothing to do, or nothing without being asked; a run that an earlier apply could not archive is archived now."""
    run = change.before
    held = change.action is Action.HOLD
    status = OutcomeStatus.HELD if held else OutcomeStatus.UNCHANGED
    error = _why_held(change) if held else None
    if not isinstance(run, Run) or run.status.in_flight:
        folder = site.archive.folder(run.own.key, run.job_id) if isinstance(run, PastRun) else None
        return Step(result=Outcome(change=change, status=status, job_id=change.job_id, archive=folder, error=error))
    kept = keep_unseen(change, run, site)
    error = error or kept.trouble
    outcome = Outcome(
        change=change,
        status=status,
        job_id=run.job_id,
        archive=kept.folder,
        error=error,
        unarchived=kept.problem,
    )
    return Step(result=outcome)
