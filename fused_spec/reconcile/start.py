"""Start one job, once.

A start costs money and cannot be taken back, so it is sent exactly once. When its answer is lost, nobody guesses:
the history is searched for the attempt's nonce, the run that is found is adopted, and if none shows up in time
the outcome is unknown, which is an answer of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fused_spec.errors import OutcomeUnknown, ServiceError, StalePlan
from fused_spec.plan.model import Change, PastRun, Run
from fused_spec.polling import Clock, Deadline, Sleep, intervals
from fused_spec.reconcile.marker import Marker
from fused_spec.reconcile.payload import job_config, shown_settings
from fused_spec.reconcile.refresh import Markers
from fused_spec.spec.model import DesiredJob

if TYPE_CHECKING:
    from fused_spec.api.client import FusedAPI

_NEWEST = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class StartedRun:
    """A run that exists now; `adopted` when only the history could tell."""

    job_id: str
    marker: Marker
    adopted: bool = False


def next_attempt(change: Change) -> int:
    """1, or one more than the newest run of the same digest."""
    before = change.before
    same = isinstance(before, Run | PastRun) and before.digest == change.digest
    return before.attempt + 1 if same and isinstance(before, Run | PastRun) else 1


def refuse_if_stale(api: "FusedAPI", marker: Marker, seen: frozenset[str]) -> None:
    """Look at what is newer than the plan; `StalePlan` when it holds a run of the same key."""
    for job_id, found in _newest(api, seen):
        if found.scope == marker.scope and found.key == marker.key:
            raise StalePlan(
                f"{marker.key} was started as {job_id} after this plan was made",
                hint="another apply is at work; run the command again to attach to its run",
            )


def start(
    api: "FusedAPI",
    job: DesiredJob,
    marker: Marker,
    seen: frozenset[str],
    *,
    patience: float,
    clock: Clock,
    sleep: Sleep,
) -> StartedRun:
    """Send the job once and return its run.

    `patience` is how long, in seconds, the history is asked for a run whose answer got lost. Raises the client's
    error when the service refused the job or was never reached, and `OutcomeUnknown` when nobody can know.
    """
    env = job.payload.get("additional_env")
    try:
        run = api.start_job(
            job_config(job, marker),
            instance_type=job.payload.get("instance_type"),
            region=job.payload.get("region"),
            disk_size_gb=job.payload.get("disk_size_gb"),
            additional_env=env if env is None else [f"{name}={value}" for name, value in env.items()],
            image_name=job.payload.get("image_name"),
        )
    except ServiceError as error:
        if getattr(error, "sent", None) is False:
            raise
        job_id = _search(api, marker, seen, Deadline(patience, clock), sleep)
        if job_id is None:
            raise OutcomeUnknown(
                f"{marker.key} may or may not have been started: {error}",
                hint="run `fused-spec jobs` to see whether it runs; the next apply attaches to it, or starts it",
            ) from error
        return StartedRun(job_id=job_id, marker=marker, adopted=True)
    return StartedRun(job_id=run.job_id, marker=marker)


def new_marker(job: DesiredJob, *, scope: str, attempt: int, nonce: str) -> Marker:
    return Marker(
        scope=scope, key=job.key, digest=job.digest, attempt=attempt, nonce=nonce, settings=shown_settings(job)
    )


def _search(api: "FusedAPI", marker: Marker, seen: frozenset[str], deadline: Deadline, sleep: Sleep) -> str | None:
    """The run that carries the nonce, asked for until the deadline; an unreadable history is asked again."""
    for pause in intervals(0.5, 5.0):
        try:
            for job_id, found in _newest(api, seen):
                if found.nonce == marker.nonce:
                    return job_id
        except ServiceError:
            if deadline.passed:
                return None
        if deadline.passed:
            return None
        sleep(pause)
    return None


def _newest(api: "FusedAPI", seen: frozenset[str]) -> Iterator[tuple[str, Marker]]:
    """The marked runs that are newer than what the plan saw, newest first."""
    skip = 0
    while True:
        page = [job.id for job in api.get_jobs(_NEWEST, skip=skip, per_request=_NEWEST)]
        new = [job_id for job_id in page if job_id not in seen]
        for job_id, marker in zip(new, Markers(api, None).read(new), strict=True):
            if marker is not None:
                yield job_id, marker
        if len(new) < len(page) or not page:
            return
        skip += len(page)
