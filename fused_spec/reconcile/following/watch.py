"""Look at runs in flight: one reading of the newest history for all of them, and a closer look at those that ended.

A listing alone ends nothing: it may be ahead of the run's own record, whose last log lines are still on their way.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from fused_spec.jobs.status import RunStatus, heartbeat_is_old, run_status
from fused_spec.jobs.tasks import Standing

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.objects import JobResponse
    from fused_spec.reconcile.history.markers import Markers

_PAGE = 50
_LARGEST_PAGE = 1000


class Sight(Struct, frozen=True, kw_only=True):
    """A run as it was at one look; `created` and `ended` as far as the service tells them.

    `machine_is_gone` tells whether the machine was, while the work was said to go on; None where nobody looked.
    `standing` is what an embedded service tells of the tasks.
    """

    status: RunStatus
    created: datetime | None = None
    ended: datetime | None = None
    finished_tasks: int = 0
    total_tasks: int = 0
    machine_is_gone: bool | None = None
    standing: Standing | None = None


_NOT_YET = Sight(status=RunStatus.QUEUED)


class Look(Struct, frozen=True, kw_only=True):
    """How each run is, and which jobs the listing showed besides."""

    sights: dict[str, Sight]
    others: tuple["JobResponse", ...] = ()


def look(api: "FusedReader", markers: "Markers", job_ids: Collection[str], *, closely: Iterable[str] = ()) -> Look:
    """How each run is now.

    Only of those in `closely`, of those that seem over, and of those that the newest history does not have, the run
    itself is asked for, side by side.
    """
    listed, others = _listed(api, job_ids)
    asked = frozenset(closely)
    sights: dict[str, Sight] = {}
    closer: list[str] = []
    for job_id in job_ids:
        line = listed.get(job_id)
        status = None if line is None or job_id in asked else _going_on(line)
        if line is None or status is None:
            closer.append(job_id)
            sights[job_id] = _NOT_YET
        else:
            sights[job_id] = Sight(status=status, created=line.creation_date)
    found = markers.side_by_side(lambda job_id: _close_sight(api, job_id, listed.get(job_id)), closer)
    sights.update(zip(closer, found, strict=True))
    return Look(sights=sights, others=others)


def _listed(api: "FusedReader", job_ids: Collection[str]) -> tuple[dict[str, "JobResponse"], tuple["JobResponse", ...]]:
    """The runs' lines in the history, as far as it is read, and the lines met on the way.

    A further page costs as much as asking for one run, so it is read only for more runs than pages were.
    """
    met: dict[str, JobResponse] = {}
    missing, pages, skip = set(job_ids), 0, 0
    many = max(_PAGE, min(2 * len(missing), _LARGEST_PAGE))
    while pages == 0 or pages < len(missing):
        page = list(api.get_jobs(many, skip=skip, per_request=many))
        if not page:
            break
        lines = {job.id: job for job in page}
        met |= lines
        missing -= lines.keys()
        pages, skip = pages + 1, skip + len(page)
    found = {job_id: met.pop(job_id) for job_id in job_ids if job_id in met}
    return found, tuple(met.values())


def _going_on(line: "JobResponse") -> RunStatus | None:
    """How the listing says that a run goes on; None where it says that it does not, or says nothing."""
    if line.job_status is None:
        return None
    status = run_status(job_status=line.job_status)
    return status if status.in_flight else None


def _close_sight(api: "FusedReader", job_id: str, listed: "JobResponse | None") -> Sight:
    """The run as its own record tells it."""
    word = listed.job_status if listed else None
    run = api.get_status(job_id)
    over, is_gone = run.finished, run.machine_is_gone
    status = run_status(
        job_status=run.job_status or (word if over else None),
        machine_status=run.status,
        terminal=run.terminal_status,
        finished=run.finished_job_status,
    )
    if not over and not status.in_flight:
        status = RunStatus.RUNNING  # the work is done, and its record is not closed yet
    if is_gone and heartbeat_is_old(run.last_heartbeat, api.server_time):
        status = RunStatus.LOST
    has_many = status is RunStatus.RUNNING and (run.total_tasks or 0) > 1
    return Sight(
        status=status,
        standing=api.get_job_progress(job_id) if has_many else None,
        created=listed.creation_date if listed else None,
        ended=(run.job_status_date or (listed.job_status_date if listed else None)) if over else None,
        finished_tasks=run.finished_tasks,
        total_tasks=run.total_tasks,
        machine_is_gone=is_gone,
    )
