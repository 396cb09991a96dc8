"""The runs that a command is to take over: those that are named, or those of the history."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from fused_spec.api.errors import ApiError, InvalidArgument, Unreadable
from fused_spec.api.reading import FusedReader
from fused_spec.jobs.status import RunStatus
from fused_spec.messages.phrases import counted
from fused_spec.reconcile.adopting.origin import SETTINGS, Origin, read_origin
from fused_spec.reconcile.adopting.sameness import config_alone, same_start
from fused_spec.reconcile.history.listing import list_jobs
from fused_spec.reconcile.history.statuses import listed_status
from fused_spec.wire import as_job_config

if TYPE_CHECKING:
    from fused_spec.api.values.objects import JobResponse

_LOOKED_AT = 300
_AT_ONCE = 16
_ENDED_OTHERWISE = (RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.LOST)


@dataclass(slots=True)
class Found:
    """The starts to be written down, the newest of those that are the same; what was left out is told."""

    origins: list[Origin] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)


def named_runs(api: FusedReader, job_ids: Sequence[str]) -> Found:
    """The runs with these ids; raises `FusedSpecError` for one that the service does not know."""
    lines = {line.id: line for line in list_jobs(api)}
    return _newest([read_origin(api, job_id, lines.get(job_id)) for job_id in dict.fromkeys(job_ids)])


def runs_of_history(api: FusedReader, *, since: datetime | None, pattern: str | None) -> Found:
    """The runs that succeeded or go on, newest first, of those that were created since then and are called so."""
    lines = [line for line in list_jobs(api) if since is None or line.creation_date >= since]
    ended_otherwise = [line for line in lines if listed_status(line) in _ENDED_OTHERWISE]
    others = [line for line in lines if listed_status(line) not in _ENDED_OTHERWISE]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        read = list(pool.map(lambda line: _read(api, line), others))
    origins = [one for one in read if isinstance(one, Origin) and one.status not in _ENDED_OTHERWISE]
    found = _newest([one for one in origins if pattern is None or _is_called(one, pattern)])
    found.unread = [one for one in read if isinstance(one, tuple)]
    if ended_otherwise:
        found.notes.append(f"{counted(len(ended_otherwise), 'run')} that failed or was cancelled left out")
    return found


def recorded(starts: Sequence[Mapping[str, Any]]) -> Found:
    """The starts that a recording heard; what is no job is told."""
    found, seen = Found(), set()
    for number, one in enumerate(starts, start=1):
        try:
            config = as_job_config(one["start"])
        except ValueError as error:
            found.unread.append((f"start {number}", f"it is no job: {str(error).splitlines()[0]}"))
            continue
        origin = Origin(config=config, settings=one["settings"], env=one["env"], name=config.name)
        if (start := same_start(origin)) not in seen:
            seen.add(start)
            found.origins.append(origin)
    if twice := len(starts) - len(found.origins) - len(found.unread):
        found.notes.append(f"{counted(twice, 'start')} of the same left out")
    return found


def with_runs(api: FusedReader, origins: Sequence[Origin]) -> list[Origin]:
    """The starts, each with its newest run that succeeded or goes on, where one is among the newest of the history."""
    missing = {config_alone(origin): origin for origin in origins}
    found: dict[str, Origin] = {}
    lines = [line for line in list_jobs(api) if listed_status(line) not in _ENDED_OTHERWISE]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        read = list(pool.map(lambda line: _read(api, line), lines[:_LOOKED_AT]))
    for run in read:
        if not isinstance(run, Origin):
            continue  # it is of no use here
        start = config_alone(run)
        if start in missing and start not in found and _may_be(run, missing[start]):
            found[start] = replace(missing[start], run=run.run, created=run.created, ended=run.ended, status=run.status)
    return [found.get(config_alone(origin), origin) for origin in origins]


def _may_be(run: Origin, origin: Origin) -> bool:
    """Whether nothing that is told of the run contradicts the start."""
    told = {name: value for name, value in run.settings.items() if name in SETTINGS}
    if run.marker is not None:
        return told == {name: value for name, value in origin.settings.items() if name in SETTINGS}
    wanted = origin.settings.get("instance_type")
    return wanted is None or told.get("instance_type") in (None, wanted)


def _read(api: FusedReader, line: "JobResponse") -> Origin | tuple[str, str]:
    """What is told of a run, or its id and why nothing is; raises where the service cannot be read."""
    try:
        return read_origin(api, line.id, line)
    except (Unreadable, InvalidArgument) as error:
        return line.id, str(error)
    except ApiError as error:
        if not error.is_gone:
            raise
        return line.id, "its config is gone"


def _is_called(origin: Origin, pattern: str) -> bool:
    names = (origin.name, origin.config.name, *(step.name for step in origin.config.steps), *_udfs(origin))
    return any(fnmatchcase(name, pattern) for name in names if name)


def _udfs(origin: Origin) -> Iterator[str | None]:
    for step in origin.config.steps:
        if step.type == "udf":
            yield from (step.udf.name, step.udf.entrypoint)


def _newest(origins: Sequence[Origin]) -> Found:
    """Of runs of one start, and of those of one declared job, the newest; the origins come newest first."""
    found, known, seen = Found(), set(), set()
    for origin in sorted(origins, key=lambda one: one.created.timestamp() if one.created else 0.0, reverse=True):
        job = (origin.marker.scope, origin.marker.key) if origin.marker is not None else None
        start = same_start(origin)
        if start in seen or (job is not None and job in known):
            continue
        seen.add(start)
        known.add(job)
        found.origins.append(origin)
    if older := len(origins) - len(found.origins):
        found.notes.append(f"{counted(older, 'older run')} of the same left out")
    found.origins.reverse()  # as they were started
    return found
