"""Read what exists: the job history, whose runs of ours their markers tell, and the remembered runs.

Whatever cannot be read makes the history incomplete and ends the command; it is never taken for absent.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.model import History, PastRun, Run, Trace
from fused_spec.reconcile.history.adopted import read_adopted
from fused_spec.reconcile.history.losses import for_its_job
from fused_spec.reconcile.history.markers import Markers
from fused_spec.reconcile.history.memory import MarkedRun
from fused_spec.reconcile.history.search import Runs, find_runs, service_time
from fused_spec.reconcile.history.statuses import LISTING_LEADS, is_over, record_of, status_of, status_of_run
from fused_spec.reconcile.history.successes import successes
from fused_spec.reconcile.history.unfinished import tell_tasks
from fused_spec.reconcile.journal.intents import Attempt, Notes
from fused_spec.reconcile.marking.copies import is_changed_copy
from fused_spec.reconcile.marking.marker import Marker, marker_in
from fused_spec.reconcile.marking.payload import archived_differences, job_differences
from fused_spec.reconcile.marking.renamed import renamed_run
from fused_spec.reconcile.marking.settle import settled
from fused_spec.reconcile.saved.objects import read_objects
from fused_spec.spec.model import DesiredJob, Key, Resolution
from fused_spec.spec.project.elsewhere import Elsewhere, look_elsewhere
from fused_spec.spec.relations.moves import Moves

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.objects import JobResponse
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.journal.intents import Journal

_CANCEL_TAKES = timedelta(minutes=5)
_CLOCK_MARGIN = timedelta(seconds=5)


def read_history(
    api: "FusedReader",
    resolution: Resolution,
    *,
    archive: "Archive",
    journal: "Journal",
    markers: Markers,
    now: datetime,
    prune: bool = False,
    moves: Moves | None = None,
) -> History:
    """Everything a plan needs to know, as of the service's time, or of `now` where that is not known.

    All of it comes under the names that things have by now; without `moves` by what the specs tell of that. Raises the
    client's errors when the service cannot be read.
    """
    jobs = {one.key: one for one in resolution.desired if isinstance(one, DesiredJob)}
    moves = Moves(resolution.desired) if moves is None else moves
    kept, began = archive.kept(), service_time(api) or now
    listing = find_runs(api, markers, lambda: Runs(jobs, began, moves), scope=resolution.project.scope, archived=kept)
    read_at = api.server_time or now
    # What was noted is read after what came of it.
    noted, past = journal.notes(), archive.past(moves)
    given_up = {one.job_id for one in past.values() if one.status is RunStatus.LOST}

    def as_it_stands(one: MarkedRun) -> Run:
        run = renamed_run(_run(api, one.line, one.marker, read_at), moves)
        return _with_note(_without_machine(api, run) if run.job_id in given_up else run, noted)

    found = markers.side_by_side(as_it_stands, listing.runs, asks=lambda one: not is_over(one.line))
    counting, extra = settled(found)
    runs = _by_key(counting)
    adopted = read_adopted(api, jobs.values(), {*runs, *past}, markers, read_at, moves)
    runs |= {key: [one] for key, one in adopted.items() if isinstance(one, Run)}
    for key, run in _decisive(api, runs, jobs, markers, kept=kept, now=read_at).items():
        runs[key][0] = run
    past = {key: _compared_with(archive, run, jobs.get(key), listing.seen) for key, run in past.items()}
    started = _unexplained(journal.newest_started(jobs, {run.nonce for run in found}, moves), runs, past)
    unlisted = _unlisted(api, markers, started, read_at)
    for key, run in _known_by_id(unlisted):
        runs[key] = [_with_note(renamed_run(run, moves), noted), *runs.get(key, [])]
    tell_tasks(api, runs, past, jobs, markers)
    past = {key: for_its_job(run, jobs.get(key)) for key, run in past.items()}
    elsewhere = cache(lambda: look_elsewhere(resolution))
    objects = read_objects(
        api, resolution, journal=journal.tokens, now=read_at, prune=prune, elsewhere=elsewhere, moves=moves
    )
    return History(
        read_at=read_at,
        runs={key: tuple(of_key) for key, of_key in runs.items()},
        extra=tuple(run for run in extra if run.status.in_flight and not is_changed_copy(api, run, counting)),
        missed=_missed(found, noted, kept),
        past=past,
        traces=_forgotten(adopted, {key: started[key] for key, one in unlisted.items() if one is None}),
        successes=successes(jobs, runs, past, archive, moves),
        objects=objects,
        elsewhere=elsewhere() if _has_undeclared(runs, objects, resolution) else Elsewhere(),
        seen=listing.seen,
        aliases=moves.aliases,
    )


def _has_undeclared(runs: Mapping[Key, Sequence[Run]], objects: Collection[Key], resolution: Resolution) -> bool:
    """Whether anything goes on or is saved that these specs do not declare."""
    going_on = (key for key, of_key in runs.items() if any(run.status.in_flight for run in of_key))
    return bool({*going_on, *objects} - {one.key for one in resolution.desired})


def _by_key(counting: Iterable[Run]) -> dict[Key, list[Run]]:
    runs: dict[Key, list[Run]] = {}
    for run in counting:
        runs.setdefault(run.key, []).append(run)
    return runs


def _known_by_id(unlisted: Mapping[Key, Run | None]) -> list[tuple[Key, Run]]:
    return [(key, run) for key, run in unlisted.items() if run is not None]


def _forgotten(adopted: Mapping[Key, Run | Trace], unknown: Mapping[Key, Attempt]) -> dict[Key, Trace]:
    """What nobody knows any more: of a job's own attempts, and of runs from before its spec."""
    own = {key: _trace(one) for key, one in unknown.items()}
    return {key: one for key, one in adopted.items() if isinstance(one, Trace)} | own


def _decisive(
    api: "FusedReader",
    runs: Mapping[Key, Sequence[Run]],
    jobs: Mapping[Key, DesiredJob],
    markers: Markers,
    *,
    kept: Collection[str],
    now: datetime,
) -> dict[Key, Run]:
    """The newest run of each job, which decides: as its record tells it, and with what differs from the spec."""
    newest = {key: runs[key][0] for key in jobs if key in runs}
    changed = {key for key, run in newest.items() if run.digest != jobs[key].digest}

    def is_in_doubt(key: Key) -> bool:
        """Whether it only seems to be as it is listed: one that is archived was believed before."""
        return newest[key].job_id not in kept and not _ended_long_ago(newest[key], now)

    def asked(key: Key) -> Run:
        run = confirmed(api, newest[key]) if is_in_doubt(key) else newest[key]
        return _compared(api, jobs[key], run) if key in changed else run

    keys = list(newest)
    decisive = markers.side_by_side(asked, keys, asks=lambda key: key in changed or is_in_doubt(key))
    return dict(zip(keys, decisive, strict=True))


def _ended_long_ago(run: Run, now: datetime) -> bool:
    """Whether the listing has told for so long that it is over that its own record says the same by now."""
    return not run.status.in_flight and run.ended is not None and now - run.ended > LISTING_LEADS


def _with_note(run: Run, noted: Notes) -> Run:
    """The run, and whether it ended when an apply was about to cancel it for another; later, somebody else ended it."""
    at = noted.replaced.get(run.nonce)
    return replace(run, replaced=at is not None and run.ended is not None and abs(run.ended - at) < _CANCEL_TAKES)


def _missed(found: Sequence[Run], noted: Notes, kept: Collection[str]) -> tuple[Run, ...]:
    """What applies of here started, and that ended without being kept."""
    kept_or_going_on = {*kept, *(run.job_id for run in found if run.status.in_flight)}
    return tuple(run for run in found if run.nonce in noted.started and run.job_id not in kept_or_going_on)


def confirmed(api: "FusedReader", run: Run) -> Run:
    """The run as its own record tells it: a listing may be ahead of that, and ends nothing alone.

    That one is lost was told by its record.
    """
    if run.status.in_flight or run.status is RunStatus.LOST:
        return run
    record = api.get_status(run.job_id)
    if not record.finished:
        return replace(run, status=RunStatus.RUNNING, ended=None)
    # Where the record leaves out how the work ended, as that of 1.x does, only the listing can tell.
    return run if record.job_status is None else replace(run, status=status_of_run(record))


def _without_machine(api: "FusedReader", run: Run) -> Run:
    """A run that an apply saw without a machine for so long that it gave it up: lost, unless it has one again."""
    record = record_of(api, run.job_id) if run.status.in_flight else None
    return replace(run, status=RunStatus.LOST) if record is not None and record.machine_is_gone else run


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
    ended = past.over if past is not None else None
    return any(run.created > younger for run in runs) or (ended is not None and ended > younger)


def _unlisted(
    api: "FusedReader", markers: Markers, started: Mapping[Key, Attempt], now: datetime
) -> dict[Key, Run | None]:
    """What the service knows of these attempts by their ids."""
    found = markers.side_by_side(lambda attempt: unlisted_run(api, attempt, now), list(started.values()))
    return dict(zip(started, found, strict=True))


def _trace(attempt: Attempt) -> Trace:
    return Trace(job_id=str(attempt.job_id), attempt=attempt.number)


def unlisted_run(api: "FusedReader", attempt: Attempt, now: datetime) -> Run | None:
    """A run that the service knows by its id, and its listing not yet or no more; None when it knows nothing of it."""
    run = record_of(api, str(attempt.job_id))
    if run is None:
        return None
    status = status_of_run(run, now)
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
        reads=attempt.reads,
        part=attempt.part,
    )


def _run(api: "FusedReader", job: "JobResponse", marker: Marker, now: datetime) -> Run:
    status = status_of(api, job, now)
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
        reads=marker.reads,
        part=marker.part,
    )


def _compared(api: "FusedReader", job: DesiredJob, run: Run) -> Run:
    config = api.get_job_config(run.job_id)
    marker = marker_in(config.metadata)
    return run if marker is None else replace(run, differences=job_differences(job, config, marker))


def _compared_with(archive: "Archive", run: PastRun, job: DesiredJob | None, seen: Collection[str]) -> PastRun:
    """The remembered run, and where only the archive knows how another spec differs from it, its differences."""
    if job is None or job.digest == run.digest or run.job_id in seen:
        return run
    spec = archive.spec(run.own.key, run.job_id)
    return run if spec is None else replace(run, differences=archived_differences(job, spec, run.part))
