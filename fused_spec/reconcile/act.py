"""Carry out one change: the single place where something is sent that costs, changes or ends."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from time import monotonic, sleep
from typing import TYPE_CHECKING

from fused_spec.errors import FusedSpecError, OutcomeUnknown, StalePlan
from fused_spec.plan.model import Action, Change, PastRun, Run
from fused_spec.polling import Clock, Sleep
from fused_spec.reconcile.events import Attached, Cancelling, Event, SinkWritten, Started, Uploaded
from fused_spec.reconcile.flight import Flight, Then
from fused_spec.reconcile.keep import keep_run
from fused_spec.reconcile.outcome import Outcome, OutcomeStatus
from fused_spec.reconcile.start import new_marker, next_attempt, refuse_if_stale, start
from fused_spec.reconcile.tokens import apply_token, restore_sink
from fused_spec.reconcile.udfs import apply_udf
from fused_spec.reconcile.uploads import ensure_uploaded
from fused_spec.spec.model import DesiredJob, Kind

if TYPE_CHECKING:
    from fused_spec.api.client import FusedAPI
    from fused_spec.reconcile.archive import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Time and chance, as arguments."""

    clock: Clock = monotonic
    sleep: Sleep = sleep
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    nonce: Callable[[], str] = field(default=lambda: token_hex(16))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where changes are carried out; `seen` are the runs that the plan took into account."""

    api: "FusedAPI"
    archive: "Archive"
    scope: str
    seen: frozenset[str]
    patience: float
    world: World


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What came of acting: events to tell, and either a run to wait for or the end."""

    result: Flight | Outcome
    events: tuple[Event, ...] = ()


def act(change: Change, site: Site) -> Step:
    """Carry out the change as far as it goes without waiting; expected failures become its outcome."""
    return _guarded(_act, change, site)


def start_again(change: Change, site: Site) -> Step:
    """Start the job of a change whose old run is over."""
    return _guarded(_start, change, site)


def _guarded(carry_out: Callable[[Change, Site], Step], change: Change, site: Site) -> Step:
    try:
        return carry_out(change, site)
    except FusedSpecError as error:
        match error:
            case OutcomeUnknown():
                status = OutcomeStatus.UNKNOWN
            case StalePlan():
                status = OutcomeStatus.SKIPPED
            case _:
                status = OutcomeStatus.FAILED
        return Step(result=Outcome(change=change, status=status, error=str(error), problem=error))


def _act(change: Change, site: Site) -> Step:
    if change.key.kind is not Kind.JOB:
        return _act_on_object(change, site)
    match change.action, change.before:
        case Action.START, _:
            return _start(change, site)
        case Action.ATTACH, Run() as run:
            flight = _flight(change, run, site)
            return Step(result=flight, events=(Attached(change=change, job_id=run.job_id, at=site.world.now()),))
        case Action.QUEUE, Run() as run:
            return Step(result=_flight(change, run, site, then=Then.START))
        case Action.REPLACE, Run() as run:
            return _cancel(change, run, site, then=Then.START, why="its spec changed")
        case Action.CANCEL, Run() as run:
            return _cancel(change, run, site, then=Then.FINISH, why="it is in no spec any more")
    return _settled(change, site)


def _start(change: Change, site: Site) -> Step:
    """Upload what the job reads, make sure that nobody started it meanwhile, and start it."""
    job = change.after
    assert isinstance(job, DesiredJob)
    world = site.world
    uploads = tuple(
        Uploaded(key=job.key, file=file, sent=ensure_uploaded(site.api, file), at=world.now()) for file in job.files
    )
    attempt = next_attempt(change)
    marker = new_marker(job, scope=site.scope, attempt=attempt, nonce=world.nonce())
    refuse_if_stale(site.api, marker, site.seen)
    began = world.clock()
    run = start(site.api, job, marker, site.seen, patience=site.patience, clock=world.clock, sleep=world.sleep)
    started = Started(change=change, job_id=run.job_id, at=world.now(), adopted=run.adopted)
    flight = Flight(change=change, job_id=run.job_id, digest=job.digest, attempt=attempt, since=began)
    return Step(result=flight, events=(*uploads, started))


def _flight(change: Change, run: Run, site: Site, *, then: Then = Then.FINISH) -> Flight:
    age = max(0.0, (site.world.now() - run.created).total_seconds())
    return Flight(
        change=change,
        job_id=run.job_id,
        digest=run.digest,
        attempt=run.attempt,
        since=site.world.clock() - age,
        then=then,
    )


def _cancel(change: Change, run: Run, site: Site, *, then: Then, why: str) -> Step:
    site.api.cancel_job(run.job_id)
    event = Cancelling(key=change.key, job_id=run.job_id, why=why, at=site.world.now())
    return Step(result=_flight(change, run, site, then=then), events=(event,))


def _act_on_object(change: Change, site: Site) -> Step:
    events: tuple[Event, ...] = ()
    if change.action is not Action.NONE:
        carry_out = apply_udf if change.key.kind is Kind.UDF else apply_token
        carry_out(site.api, change, site.scope)
    if change.key.kind is Kind.TOKEN and change.action in (Action.NONE, Action.UPDATE):
        restored = restore_sink(change)
        if restored is not None:
            events = (SinkWritten(key=change.key, path=str(restored), at=site.world.now()),)
    status = OutcomeStatus.UNCHANGED if change.action is Action.NONE else OutcomeStatus.SUCCEEDED
    return Step(result=Outcome(change=change, status=status), events=events)


def _settled(change: Change, site: Site) -> Step:
    """Nothing to do, or nothing without being asked; a run that an earlier apply could not archive is archived now."""
    run = change.before
    held = change.action is Action.HOLD
    status = OutcomeStatus.HELD if held else OutcomeStatus.UNCHANGED
    error = f"{change.why}: `fused-spec apply --retry {change.key.name}`" if held else None
    if not isinstance(run, Run) or run.status.in_flight:
        folder = str(site.archive.folder(run.key, run.job_id)) if isinstance(run, PastRun) else None
        return Step(result=Outcome(change=change, status=status, job_id=change.job_id, archive=folder, error=error))
    folder, trouble = keep_run(change, run, site.api, site.archive, now=site.world.now())
    return Step(result=Outcome(change=change, status=status, job_id=run.job_id, archive=folder, error=error or trouble))
