"""Start one job, effectively once.

A start costs money and cannot be taken back, and the service does not recognise a repeated one. So the intent is
written down first, the request is sent exactly once, and whatever comes of it, the next step is to look in the history
for this attempt, never to send again on a guess. What cannot be found in time is unknown, an answer of its own: the
intent stays, and the next apply settles it. The rules and their proof are in docs/reliability.md.
"""

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fused_spec.errors import ArchiveError, FusedSpecError, Locked, OutcomeUnknown, ServiceError, StalePlan
from fused_spec.jobs.status import RunStatus
from fused_spec.plan.model import Change, PastRun, Run
from fused_spec.reconcile.journal.intents import Attempt
from fused_spec.reconcile.looks import Look
from fused_spec.reconcile.marking.fresh import stands_for
from fused_spec.reconcile.marking.marker import Marker
from fused_spec.reconcile.marking.payload import job_config, shown_settings
from fused_spec.reconcile.starting.secrets import environment_to_send
from fused_spec.spec.model import DesiredJob
from fused_spec.system.polling import Deadline, intervals

if TYPE_CHECKING:
    from fused_spec.reconcile.site import Site

_SHARED = 0.25  # seconds for which starts share a look at the history
_LOOKS = 5


class StartedRun(Struct, frozen=True, kw_only=True):
    """A run that exists now; `adopted` when only the history could tell."""

    job_id: str
    marker: Marker
    adopted: bool = False


def next_attempt(change: Change) -> int:
    """One more than the newest run, whatever its digest: else a spec that is changed back would seem to have run.

    A run that is forgotten counts as well: it may come to light again.
    """
    before, trace = change.before, change.trace
    known = before.attempt if isinstance(before, Run | PastRun) else 0
    return max(known, trace.attempt if trace is not None else 0) + 1


def next_try(change: Change) -> int:
    """1, or one more than the newest run where that is of the same digest and did not succeed when left alone."""
    before = change.before
    if not isinstance(before, Run | PastRun) or before.digest != change.digest:
        return 1
    if isinstance(before, Run) and before.was_replaced:
        return before.tries
    return 1 if before.status is RunStatus.SUCCEEDED else before.tries + 1


def start(change: Change, site: "Site") -> StartedRun:
    """Make sure that the job's next attempt runs, and return its run.

    Raises `StalePlan` when somebody started another state of the job meanwhile, `Locked` when the lock was lost, the
    client's error when the service refused the job or was never reached, `Unreadable` where a secret cannot be had, and
    `OutcomeUnknown` when nobody can know.
    """
    job = change.after
    assert isinstance(job, DesiredJob)
    env = environment_to_send(job, site)
    for _ in range(_LOOKS):
        marker = _marker(job, site, change)
        look = site.looks.since(site.world.clock() - _SHARED, site)
        rival = _rival(look, marker)
        if rival is not None:
            return rival
        marker = replace(marker, sent=site.api.server_time)  # what the look told: before it, the machine may have slept
        attempt = _attempt(marker)
        site.journal.intend(attempt)
        if site.world.clock() - look.began < site.timing.fresh:
            return _send(change, marker, attempt, env, site)
        site.journal.withdraw(attempt)  # writing took so long that somebody may have started it meanwhile: look again
    raise FusedSpecError(
        f"{job.key} was not started: its intent could not be written down in time",
        hint="look at the archive's disk or network, then run the command again",
    )


def _send(change: Change, marker: Marker, attempt: Attempt, env: list[str] | None, site: "Site") -> StartedRun:
    """Send the intended attempt, once.

    Whoever takes the lock next finds the intent, which was written before the lock was looked at, and waits for it. So
    the lock need not outlast the request, but only its sending.
    """
    job = change.after
    assert isinstance(job, DesiredJob)
    if not site.may_act(site.timing.fresh):
        site.journal.withdraw(attempt)
        raise Locked(
            f"{job.key} was not started: the lock of this apply was lost meanwhile", hint="run the command again"
        )
    try:
        run = site.api.start_job(
            job_config(job, marker),
            instance_type=job.payload.get("instance_type"),
            region=job.payload.get("region"),
            disk_size_gb=job.payload.get("disk_size_gb"),
            additional_env=env,
            image_name=job.payload.get("image_name"),
            **job.start,
        )
    except ServiceError as error:
        if error.sent is False:
            site.journal.withdraw(attempt)
            raise
        return _found_again(marker, attempt, error, site)
    answered = stands_for(change, marker, run, site)
    if answered.nonce != marker.nonce:
        site.journal.withdraw(attempt)
        return StartedRun(job_id=run.job_id, marker=answered, adopted=True)
    _note(attempt, run.job_id, site)
    return StartedRun(job_id=run.job_id, marker=marker)


def _found_again(marker: Marker, attempt: Attempt, error: ServiceError, site: "Site") -> StartedRun:
    """The answer got lost: the run is in the history, or comes into it within the time that the service may take."""
    job_id = _search(marker, site)
    if job_id is None:
        raise OutcomeUnknown(
            f"{marker.key} may or may not have been started: {error}; the next apply looks for it before it starts one",
            hint="run the same apply again",
        ) from error
    _note(attempt, job_id, site)
    return StartedRun(job_id=job_id, marker=marker, adopted=True)


def _note(attempt: Attempt, job_id: str, site: "Site") -> None:
    """Note the answer; where that fails the intent stays, and whoever applies next finds the run by its nonce."""
    try:
        site.journal.started(attempt, job_id)
    except ArchiveError as error:
        unknown = OutcomeUnknown(
            f"{attempt.key} was started as {job_id}, which could not be noted: {error}; the run goes on, and the next "
            "apply attaches to it",
            hint="mend that, then run the same apply again",
        )
        unknown.job_id = job_id
        raise unknown from error


def _rival(look: Look, marker: Marker) -> StartedRun | None:
    """The run of this very effort that somebody started after the plan was made; `StalePlan` for another of the job."""
    for job, found in look.runs(marker.scope, marker.key):
        if found.digest == marker.digest and found.attempt < marker.attempt:
            continue  # what this attempt follows
        if (found.digest, found.attempt) == (marker.digest, marker.attempt):
            return StartedRun(job_id=job.id, marker=replace(marker, reads=found.reads, part=found.part), adopted=True)
        raise StalePlan(
            f"{marker.key} was started as {job.id} after this plan was made",
            hint="another apply is at work; run the command again to see what it did",
        )
    return None


def _search(marker: Marker, site: "Site") -> str | None:
    """The run that carries the nonce, asked for until it would have come; an unreadable history is asked again."""
    deadline = Deadline(site.timing.dead, site.world.clock)
    for pause in intervals(0.5, 10.0):
        late = deadline.passed  # the last look begins after everything would have come
        try:
            found = site.looks.since(site.world.clock(), site).find(marker.nonce)
        except ServiceError:
            found = None  # an unreadable history says nothing; the deadline ends the asking
        if found is not None:
            return found
        if late:
            return None
        site.world.sleep(pause)
    return None


def _marker(job: DesiredJob, site: "Site", change: Change) -> Marker:
    return Marker(
        scope=site.scope,
        key=job.key,
        digest=job.digest,
        attempt=next_attempt(change),
        tries=next_try(change),
        nonce=site.world.nonce(),
        protect=job.protect,
        reads=change.reads,
        part=change.part,
        task_retries=job.run.task_retries,
        settings=shown_settings(job),
        code_places=job.code_places,
    )


def _attempt(marker: Marker) -> Attempt:
    return Attempt(
        key=marker.key,
        digest=marker.digest,
        number=marker.attempt,
        tries=marker.tries,
        nonce=marker.nonce,
        sent=marker.sent,
        reads=marker.reads,
        part=marker.part,
    )
