"""Archive one finished run: gather what the service has about it and hand it to the archive."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fused_spec.configuration.secret_values import Unreadable
from fused_spec.errors import ArchiveError, FileTrouble, FusedSpecError, ServiceError
from fused_spec.jobs.parts import Stretches, inputs_of, may_lose_tasks
from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import TaskCounts
from fused_spec.messages.named_secrets import names_of
from fused_spec.messages.redaction import masked
from fused_spec.plan.model import Change, Run
from fused_spec.reconcile.archive.folders import Archive
from fused_spec.reconcile.archive.record import RunRecord
from fused_spec.reconcile.archive.spool import Spool, WholeLog
from fused_spec.reconcile.marking.done import results_of
from fused_spec.reconcile.marking.marker import marker_in
from fused_spec.reconcile.marking.payload import shown_settings
from fused_spec.spec.model import DesiredJob
from fused_spec.system.timings import Phase

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.reconcile.site import Site


class Archived(Struct, frozen=True, kw_only=True):
    """Where a run is archived and how its tasks ended, or why it is not; `problem` where a person has to mend that."""

    folder: str | None = None
    tasks: TaskCounts | None = None
    trouble: str | None = None
    problem: FusedSpecError | None = None


def keep_run(
    change: Change,
    run: Run,
    site: "Site",
    *,
    statuses: Sequence[tuple[datetime, RunStatus]] = (),
    certain: Callable[[Run], Run] = lambda run: run,
) -> Archived:
    """Archive the run unless it is archived; where `certain` says that it goes on after all, it is left alone.

    A run that cannot be archived now is no failure: that is noted, and the next apply tries again.
    """
    with site.timings.phase(Phase.ARCHIVE):
        kept = _kept(change, run, site, statuses, certain)
        if kept.trouble is not None:
            # A store that fails now takes no note either, and no intent of a start that could hide this run.
            with suppress(ArchiveError, OSError):
                site.journal.not_archived(run)
        return kept


def _kept(
    change: Change,
    run: Run,
    site: "Site",
    statuses: Sequence[tuple[datetime, RunStatus]],
    certain: Callable[[Run], Run],
) -> Archived:
    api, archive, now = site.api, site.archive, site.world.now()
    declared = change.after if isinstance(change.after, DesiredJob) else None
    try:
        if archive.has(run.own.key, run.job_id):
            return _archived(archive, run)
        run = certain(run)
        if run.status.in_flight:
            return Archived()
        spec = _spec_of(run, declared, api)
        elements = _started_for(run, spec)
        names = _secrets_in(spec)
        gone = site.secrets.undeclared(names)
        spool = _spool(site, run.job_id, change, set(names).difference(gone))
        record = RunRecord(
            key=run.own.key,
            digest=run.own.digest,
            job_id=run.job_id,
            attempt=run.attempt,
            tries=run.tries,
            status=run.status,
            created=run.created,
            ended=run.ended,
            base_url=api.base_url,
            spec=spec,
            statuses=statuses or [(run.ended or now, run.status)],
            reads=run.own.reads,
            facts=None if gone else masked(api.get_job_facts(run.job_id), spool.redact),
            tasks=None if gone else spool.tasks(api, run.job_id),
            part=run.part,
            elements=elements,
            done=_done(run, spec, elements, site),
            group=declared.group if declared is not None else None,
            cell=declared.cell if declared is not None else {},
        )
        log = _left_out(gone) if gone else spool.whole(api, run.job_id)
        archive.write(record, log, now=now)
        spool.remove()
        return _archived(archive, run)
    except ServiceError as error:
        return Archived(trouble=_not_archived(error))
    except (ArchiveError, Unreadable) as error:
        return Archived(trouble=_not_archived(error), problem=error)
    except OSError as error:
        problem = FileTrouble.of(error)
        return Archived(trouble=_not_archived(problem), problem=problem)


def _started_for(run: Run, spec: Mapping[str, Any]) -> Stretches | None:
    """The elements that a run was started for; None of a job that does not make a result of each.

    What is kept is the declared job, or what the run was sent; a part that is of neither is not believed.
    """
    inputs = inputs_of(spec.get("config")) or []
    if run.part is None:
        return Stretches.all(len(inputs)) if len(inputs) > 1 else None
    return run.part.elements if len(inputs) in (run.part.of, len(run.part.elements)) else None


def _done(run: Run, spec: Mapping[str, Any], elements: Stretches | None, site: "Site") -> Stretches | None:
    """Those that have a result, of a run that may lack some at a service that tells nothing of tasks.

    Where that cannot be told now, a receipt is kept all the same, and whoever has to know asks again.
    """
    if elements is None or site.api.service_id is not None:
        return None
    if run.status is RunStatus.SUCCEEDED and not may_lose_tasks(spec.get("config")):
        return None
    try:
        return results_of(site.api, run.job_id, elements, site.markers.side_by_side)
    except ServiceError:
        return None


def _archived(archive: Archive, run: Run) -> Archived:
    key, job_id = run.own.key, run.job_id
    return Archived(folder=archive.folder(key, job_id), tasks=archive.counts(key, job_id))


def _not_archived(why: FusedSpecError) -> str:
    return f"not archived: {why}; the next apply tries again"


def open_spool(site: "Site", job_id: str, digest: str, change: Change) -> Spool:
    """The log on this machine of a run with this digest; the values of its secrets are kept out of it.

    Raises `Unreadable` where they cannot be had, and the client's errors.
    """
    job = change.after
    if isinstance(job, DesiredJob) and job.digest == digest:
        names = _secrets_in(shown_settings(job))
    else:
        marker = marker_in(site.api.get_job_config(job_id).metadata)
        names = _secrets_in(marker.settings if marker else {})
    return _spool(site, job_id, change, names)


def _spool(site: "Site", job_id: str, change: Change, secrets: Iterable[str]) -> Spool:
    env = change.after.payload.get("additional_env", {}) if isinstance(change.after, DesiredJob) else {}
    return site.spools.open(job_id, env, site.secrets.values(secrets).values())


def _secrets_in(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the secrets that a run was started with."""
    env = settings.get("additional_env")
    return names_of(env) if isinstance(env, Mapping) else ()


def _left_out(secrets: Sequence[str]) -> WholeLog:
    """Nobody can know what to mask: then none of it is kept."""
    names = ", ".join(f"secret.{name}" for name in secrets)
    return WholeLog(lines=(), missing=f"left out: it may hold {names}, which nothing declares any more")


def _spec_of(run: Run, job: DesiredJob | None, api: "FusedReader") -> dict[str, Any]:
    """What the run was started with: the declared payload, or for another digest what the service kept."""
    if job is not None and job.digest == run.digest:
        return {"config": job.payload["config"], **shown_settings(job)}
    config = api.get_job_config(run.job_id)
    marker = marker_in(config.metadata)
    settings = dict(marker.settings) if marker else {}
    return {"config": config.model_dump(mode="json", exclude_defaults=True), **settings}
