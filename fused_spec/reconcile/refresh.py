"""Read what exists: the job history through `get_jobs` and the jobs' configs, and the remembered runs.

A run's marker stands in its config, one request each, so markers are cached for ever: a config never changes.
Whatever cannot be read makes the history incomplete and ends the command; it is never taken for absent.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fused_spec.api.errors import ApiError
from fused_spec.errors import ServiceError
from fused_spec.plan.model import History, PastRun, Run, Trace
from fused_spec.reconcile.journal import Attempt
from fused_spec.reconcile.marker import FIELD, Marker, marker_in
from fused_spec.reconcile.objects import read_objects
from fused_spec.reconcile.payload import job_differences
from fused_spec.reconcile.settle import settled
from fused_spec.spec.model import DesiredJob, Key, Kind, Resolution
from fused_spec.status import RunStatus, run_status

if TYPE_CHECKING:
    from fused_spec.api.objects import JobResponse
    from fused_spec.api.reading import FusedReader
    from fused_spec.reconcile.archive import Archive
    from fused_spec.reconcile.journal import Journal
    from fused_spec.wire import RunResponse

_PAGE = 50
_OVERLAP = 5
_RESTARTS = 6
_AT_ONCE = 16
_GONE = (404, 410)
_TWINS_WITHIN = timedelta(hours=1)
_CLOCK_MARGIN = timedelta(seconds=5)


def read_history(
    api: "FusedReader",
    resolution: Resolution,
    *,
    archive: "Archive",
    journal: "Journal",
    markers: "Markers",
    now: datetime,
    prune: bool = False,
) -> History:
    """Everything a plan needs to know; configs are read newest first, until every declared job has been found.

    Raises the client's errors when the service cannot be read.
    """
    jobs = {one.key: one for one in resolution.desired if isinstance(one, DesiredJob)}
    listing = list_jobs(api)
    runs: dict[Key, list[Run]] = {}
    missing = set(jobs)
    horizon = now
    for batch in _batches(listing, _AT_ONCE):
        # A twin of a run that was found was made about when it was.
        wanted = [job for job in batch if missing or job.creation_date > horizon or _listed_status(job) not in _OVER]
        for job, marker in zip(wanted, markers.read([job.id for job in wanted]), strict=True):
            if marker is not None and marker.scope == resolution.project.scope and marker.key.kind is Kind.JOB:
                runs.setdefault(marker.key, []).append(_run(api, job, marker))
                missing.discard(marker.key)
                horizon = min(horizon, job.creation_date - _TWINS_WITHIN)
    listed = {run.nonce for found in runs.values() for run in found}
    extra: list[Run] = []
    for key, found in runs.items():
        runs[key], losers = settled(found)
        extra += losers
    for key, declared in jobs.items():
        if key in runs and runs[key][0].digest != declared.digest:
            runs[key][0] = _compared(api, declared, runs[key][0])
    past = archive.past()
    traces: dict[Key, Trace] = {}
    for key, attempt in _unexplained(journal.newest_started(jobs, listed), runs, past).items():
        run = unlisted_run(api, attempt, now)
        if run is None:
            traces[key] = Trace(job_id=str(attempt.job_id), attempt=attempt.number)
        else:
            runs[key] = [run, *runs.get(key, [])]
    return History(
        read_at=now,
        runs={key: tuple(found) for key, found in runs.items()},
        extra=tuple(extra),
        past=past,
        traces=traces,
        objects=read_objects(api, resolution, prune=prune),
        seen=frozenset(job.id for job in listing),
    )


def _unexplained(
    started: Mapping[Key, Attempt], runs: Mapping[Key, Sequence[Run]], past: Mapping[Key, PastRun]
) -> dict[Key, Attempt]:
    """Those of the started attempts that are younger than anything that the history and the archive know."""
    return {key: one for key, one in started.items() if not _is_explained(one, runs.get(key, ()), past.get(key))}


def _is_explained(attempt: Attempt, runs: Sequence[Run], past: PastRun | None) -> bool:
    if past is not None and past.job_id == attempt.job_id:
        return True
    if attempt.sent is None:
        return bool(runs) or past is not None
    younger = attempt.sent + _CLOCK_MARGIN
    ended = past.ended if past is not None else None
    return any(run.created > younger for run in runs) or (ended is not None and ended > younger)


def unlisted_run(api: "FusedReader", attempt: Attempt, now: datetime) -> Run | None:
    """A run that the service knows by its id, and its listing not yet or no more; None when it knows nothing of it."""
    try:
        run = api.get_status(str(attempt.job_id))
    except ApiError as error:
        if error.status_code in _GONE:
            return None
        raise
    status = status_of_run(run)
    return Run(
        job_id=run.job_id,
        key=attempt.key,
        digest=attempt.digest,
        status=status,
        created=attempt.sent or now,
        ended=None if status.in_flight else run.job_status_date,
        attempt=attempt.number,
        tries=attempt.tries,
        nonce=attempt.nonce,
    )


def list_jobs(api: "FusedReader") -> list["JobResponse"]:
    """The whole history, newest first.

    Pages are cut by count, so they shift when a job is added or purged meanwhile; they overlap, and one that
    shares nothing with the page before it means that something may have slipped through: then the reading starts
    over. A page with nothing new is the end, whatever size the service allows a page to have.
    """
    for _ in range(_RESTARTS):
        listing: dict[str, JobResponse] = {}
        while True:
            skip = max(0, len(listing) - _OVERLAP)
            page = list(api.get_jobs(_PAGE, skip=skip, per_request=_PAGE))
            new = [job for job in page if job.id not in listing]
            if listing and page and len(new) == len(page):
                break
            listing.update((job.id, job) for job in new)
            if not new:
                return list(listing.values())
    raise ServiceError(
        "the job history changed so quickly that it could not be read whole", hint="run the command again"
    )


class Markers:
    """The markers of jobs by id, remembered in a file; foreign jobs are remembered as such."""

    def __init__(
        self, api: "FusedReader", cache: Path | None, workers: Callable[[int], Executor] = ThreadPoolExecutor
    ) -> None:
        self._api = api
        self._cache = cache
        self._known: dict[str, Marker | None] = dict(_cached(cache)) if cache else {}
        self._workers = workers

    def read(self, job_ids: Sequence[str]) -> list[Marker | None]:
        """The marker of each job, None for a foreign one; unknown configs are read side by side."""
        unknown = [job_id for job_id in job_ids if job_id not in self._known]
        if unknown:
            with self._workers(_AT_ONCE) as pool:
                found = dict(zip(unknown, pool.map(self._metadata, unknown), strict=True))
            self._known.update((job_id, marker_in(metadata)) for job_id, metadata in found.items())
            if self._cache is not None:
                _remember(self._cache, found)
        return [self._known[job_id] for job_id in job_ids]

    def _metadata(self, job_id: str) -> dict[str, Any] | None:
        try:
            metadata = self._api.get_job_config(job_id).metadata
        except ApiError as error:
            if error.status_code in _GONE:
                return None  # a config that is gone for good cannot be one of a run that still matters
            raise
        return metadata


_OVER = (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)


def _listed_status(job: "JobResponse") -> RunStatus | None:
    return None if job.job_status is None else run_status(job_status=job.job_status)


def status_of(api: "FusedReader", job: "JobResponse") -> RunStatus:
    """The status in the listing; a service that leaves it out is asked for the run itself."""
    listed = _listed_status(job)
    if listed is not None:
        return listed
    return status_of_run(api.get_status(job.id))


def status_of_run(run: "RunResponse") -> RunStatus:
    """The run's status in our words, by the rules of both generations of the protocol."""
    return run_status(
        job_status=run.job_status,
        machine_status=run.status,
        terminal=run.terminal_status,
        finished=run.finished_job_status,
    )


def _run(api: "FusedReader", job: "JobResponse", marker: Marker) -> Run:
    status = status_of(api, job)
    return Run(
        job_id=job.id,
        key=marker.key,
        digest=marker.digest,
        status=status,
        created=job.creation_date,
        ended=None if status.in_flight else job.job_status_date,
        attempt=marker.attempt,
        tries=marker.tries,
        nonce=marker.nonce,
        protect=marker.protect,
        instance_type=job.instance_type,
    )


def _compared(api: "FusedReader", job: DesiredJob, run: Run) -> Run:
    config = api.get_job_config(run.job_id)
    marker = marker_in(config.metadata)
    return run if marker is None else replace(run, differences=job_differences(job, config, marker))


def _batches(listing: Sequence["JobResponse"], size: int) -> Iterator[Sequence["JobResponse"]]:
    return (listing[start : start + size] for start in range(0, len(listing), size))


def _cached(cache: Path) -> Iterator[tuple[str, Marker | None]]:
    """A line that a crash cut short, or that an older version wrote, is only a line to read again."""
    try:
        lines = cache.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        try:
            entry = json.loads(line)
            yield entry["id"], marker_in({FIELD: entry["marker"]})
        except (ValueError, KeyError, TypeError):
            continue


def _remember(cache: Path, found: dict[str, dict[str, Any] | None]) -> None:
    cache.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    entries: Iterable[dict[str, Any]] = (
        {"id": job_id, "marker": (metadata or {}).get(FIELD)} for job_id, metadata in found.items()
    )
    with cache.open("a", encoding="utf-8") as stream:
        cache.chmod(0o600)
        stream.writelines(json.dumps(entry) + "\n" for entry in entries)
