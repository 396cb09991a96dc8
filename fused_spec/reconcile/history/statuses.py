"""How a run stands, by the listing of a service and by the run's own record."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fused_spec.api.errors import ApiError
from fused_spec.jobs.status import RunStatus, heartbeat_is_old, run_status

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.objects import JobResponse, RunResponse

LISTING_LEADS = timedelta(minutes=5)  # at the most, before a run's own record


def listed_status(job: "JobResponse") -> RunStatus | None:
    """The status in the listing; None where a service leaves it out."""
    return None if job.job_status is None else run_status(job_status=job.job_status)


def is_over(job: "JobResponse") -> bool:
    """Whether the listing says that it is over and how it ended."""
    return listed_status(job) in (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)


def is_over_for_good(job: "JobResponse", now: datetime) -> bool:
    """Whether it is over, and its record says the same by now, so that nothing of its line changes any more.

    Until then a cancel may still be what ends it.
    """
    return is_over(job) and (job.job_status_date is None or now - job.job_status_date > LISTING_LEADS)


def status_of(api: "FusedReader", job: "JobResponse", now: datetime | None = None) -> RunStatus:
    """The status in the listing; a service that leaves it out is asked for the run itself.

    So is one that lists it as going on: its machine may be gone for so long that it is lost, by the service's time, or
    by `now` where that is not known.
    """
    listed = listed_status(job)
    if listed is None:
        return status_of_run(api.get_status(job.id), api.server_time)
    if listed.in_flight:
        record = record_of(api, job.id)
        if record is not None and status_of_run(record, api.server_time or now) is RunStatus.LOST:
            return RunStatus.LOST
    return listed


def record_of(api: "FusedReader", job_id: str) -> "RunResponse | None":
    """The run's own record; None for one that a listing still has, and the service no more."""
    try:
        return api.get_status(job_id)
    except ApiError as error:
        if error.is_gone:
            return None
        raise


def status_of_run(run: "RunResponse", now: datetime | None = None) -> RunStatus:
    """The run's status in our words, by the rules of both generations of the protocol; `now` is the service's time."""
    if run.machine_is_gone and heartbeat_is_old(run.last_heartbeat, now):
        return RunStatus.LOST
    return run_status(
        job_status=run.job_status,
        machine_status=run.status,
        terminal=run.terminal_status,
        finished=run.finished_job_status,
    )
