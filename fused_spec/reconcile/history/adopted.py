"""Runs from before their specs: read by the ids that the specs name, as long as nothing else is known of a job.

The run of the job's digest counts; where a spec names one run alone, it is the job's last one whatever its digest, so
that a plan tells what changed since. A run that nobody knows any more is told as one that was forgotten: nothing is
started in its place unasked.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fused_spec.api.errors import ApiError
from fused_spec.plan.model import Run, Trace
from fused_spec.reconcile.history.listing import read_down
from fused_spec.reconcile.history.statuses import record_of, status_of, status_of_run
from fused_spec.reconcile.marking.marker import marker_in
from fused_spec.reconcile.marking.payload import config_differences
from fused_spec.spec.model import Adopted, DesiredJob, Key
from fused_spec.spec.relations.moves import UNMOVED, Moves

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.objects import JobResponse
    from fused_spec.reconcile.history.markers import Markers


def read_adopted(
    api: "FusedReader",
    jobs: Iterable[DesiredJob],
    known: Collection[Key],
    markers: "Markers",
    now: datetime,
    moves: Moves = UNMOVED,
) -> Mapping[Key, Run | Trace]:
    """The adopted run of each job of which no other is `known`; a `Trace` of one that the service forgot."""
    wanted = [(job, one) for job in jobs if job.key not in known and (one := _meant(job, moves)) is not None]
    if not wanted:
        return {}
    lines = read_down(api, lambda: _Lines({one.run for _, one in wanted}), markers.workers).found
    read = markers.side_by_side(lambda pair: _run(api, pair[0], pair[1], lines.get(pair[1].run), now), wanted)
    return {
        job.key: run if run is not None else Trace(job_id=one.run, attempt=1)
        for (job, one), run in zip(wanted, read, strict=True)
        if run is not None or one.digest == job.digest
    }


def _meant(job: DesiredJob, moves: Moves) -> Adopted | None:
    """The run that counts, with the digest that it has by the names of now."""
    adopts = [replace(one, digest=moves.digest_of(job.key, one.digest)) for one in job.adopts]
    same = next((one for one in adopts if one.digest == job.digest), None)
    return same or (adopts[0] if len(adopts) == 1 and not job.cell else None)


class _Lines:
    """The lines of these runs in the listing, which alone tells when each was created."""

    def __init__(self, wanted: set[str]) -> None:
        self._wanted = wanted
        self.found: dict[str, JobResponse] = {}

    def take(self, lines: "Sequence[JobResponse]") -> bool:
        self.found |= {line.id: line for line in lines if line.id in self._wanted}
        return len(self.found) < len(self._wanted)


def _run(api: "FusedReader", job: DesiredJob, one: Adopted, line: "JobResponse | None", now: datetime) -> Run | None:
    record = None if line is not None else record_of(api, one.run)
    if line is not None:
        status, created, ended = status_of(api, line, now), line.creation_date, line.job_status_date
    elif record is not None:
        status = status_of_run(record, now)
        created, ended = record.job_status_date or now, record.job_status_date
    else:
        return None
    run = Run(
        job_id=one.run,
        key=job.key,
        digest=one.digest,
        status=status,
        created=created,
        ended=None if status.in_flight else ended,
        instance_type=line.instance_type if line is not None else None,
    )
    return _with_config(api, job, run)


def _with_config(api: "FusedReader", job: DesiredJob, run: Run) -> Run:
    """The run with what it read, where an apply of another project started it, and with what differs from the spec."""
    try:
        config = api.get_job_config(run.job_id)
    except ApiError as error:
        if not error.is_gone:
            raise
        return run
    marker = marker_in(config.metadata)
    reads = marker.reads if marker is not None else {}
    return replace(run, reads=reads, differences=config_differences(job, config) if job.digest != run.digest else ())
