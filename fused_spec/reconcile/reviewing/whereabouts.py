"""Say why a job never ran where it is planned, though runs of it are known: a service or an archive is another one now.

A removed state folder takes the history and the tables of a service along, and the archive stays; or the archive was
removed, and the service stays; or another service answers where one was.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fused_spec.configuration.service_identity import ServiceIdentity, is_loopback, normal_url
from fused_spec.messages.phrases import counted, listed
from fused_spec.plan.model import History, Trace
from fused_spec.spec.model import DesiredJob, Key, Project, Resolution

if TYPE_CHECKING:
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.archive.receipt import Receipt
    from fused_spec.reconcile.journal.intents import Journal

_NAMED = 3


class Whereabouts(Struct, frozen=True, kw_only=True):
    """Where a plan is made: the service, and whether it is the local one; what is kept, and at which place."""

    service: ServiceIdentity
    is_local: bool
    archive: "Archive"
    journal: "Journal"
    place: str


def with_unreadable(history: History, archive: "Archive", resolution: Resolution) -> History:
    """The history with a trace of each run whose receipt nobody can read, where nothing else is known of its job."""
    jobs = {str(name): key for name, key in history.aliases.items()}
    jobs |= {str(one.key): one.key for one in resolution.desired if isinstance(one, DesiredJob)}
    unknown = {name: key for name, key in jobs.items() if key not in history.runs and key not in history.past}
    lost = {unknown[one.key]: Trace(job_id=one.job_id, attempt=1) for one in archive.unreadable() if one.key in unknown}
    return replace(history, traces={**lost, **history.traces}) if lost else history


def oddities(history: History, resolution: Resolution, at: Whereabouts) -> Iterator[str]:
    """A sentence for each such thing that the plan for these specs meets."""
    yield from _no_environment(resolution.project, at)
    jobs = [one.key for one in resolution.desired if isinstance(one, DesiredJob)]
    never = frozenset(key for key in jobs if key not in history.runs and key not in history.past)
    if never:
        yield from _ran_elsewhere(never, resolution.project, at)
        yield from _unreadable(history.traces, at.archive)
    known = sum(not run.status.in_flight for runs in history.runs.values() for run in runs)
    if at.is_local and known and at.journal.is_empty() and next(iter(at.archive.here()), None) is None:
        yield (
            f"the archive {at.place} has nothing of the {counted(known, 'run')} that the local service knows: it was "
            "removed, or is another one; apply keeps again what the service still has"
        )


def _no_environment(project: Project, at: Whereabouts) -> Iterator[str]:
    """Where a service was named by its URL alone, and the project has environments there, and this is none of them."""
    url = normal_url(at.service.url)
    here = [one for one in project.targets.values() if one.base_url is not None and normal_url(one.base_url) == url]
    if here and all(one.scope is not None for one in here) and project.environment is None:
        names = " and ".join(f'"{one.name}"' for one in here)
        yield (
            f"this is no environment of the project, which reaches this service as {names}: their runs do not count "
            "here; name one by --target"
        )


def _ran_elsewhere(never: Collection[Key], project: Project, at: Whereabouts) -> Iterator[str]:
    targets = {normal_url(target.base_url) for target in project.targets.values() if target.base_url is not None}

    def was_here(receipt: "Receipt") -> bool:
        url = normal_url(receipt.base_url)
        if at.is_local:
            return is_loopback(url) and url not in targets
        return url == normal_url(at.service.url)

    found = sorted((one for one in at.archive.elsewhere() if one.key in never and was_here(one)), key=_created)
    if not found:
        return
    names = sorted({str(receipt.key) for receipt in found})
    why = (
        "the state of that service is gone, or it is that of another folder or machine, and what they wrote is there"
        if at.is_local
        else "another service answers at that address now, and what they wrote is not known to it"
    )
    yield f"{listed(names, _NAMED)} never ran at this service; the archive keeps runs at {found[-1].where}: {why}"


def _unreadable(traces: Mapping[Key, Trace], archive: "Archive") -> Iterator[str]:
    asked = {trace.job_id for trace in traces.values()}
    for one in archive.unreadable():
        if one.job_id in asked:
            yield (
                f"{one.key}: the receipt {one.place} cannot be read ({one.why}); restore it from a backup, or start "
                "the job again by --rerun"
            )


def _created(receipt: "Receipt") -> float:
    return receipt.created.timestamp()
