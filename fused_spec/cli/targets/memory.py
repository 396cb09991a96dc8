"""What is kept between two applies: the archive, the journal of attempts, and remembered markers.

All of it by project, environment and service. Earlier versions kept it by the target's name; that goes on counting.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec import Struct

from fused_spec.configuration.settings import Target
from fused_spec.configuration.storage_url import is_meant_as_url
from fused_spec.errors import FusedSpecError
from fused_spec.system.timings import UNTIMED, Timings

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.cli.terminal.console import Console
    from fused_spec.cli.terminal.context import Context
    from fused_spec.configuration.service_identity import ServiceIdentity
    from fused_spec.reconcile.archive.cancels import Cancels
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.archive.spool import Spools
    from fused_spec.reconcile.history.markers import Markers
    from fused_spec.reconcile.journal.intents import Journal
    from fused_spec.reconcile.journal.moves import RecordedMoves
    from fused_spec.reconcile.reviewing.left import Leavings
    from fused_spec.reconcile.store.snapshot import Snapshot
    from fused_spec.reconcile.store.store import Store
    from fused_spec.spec.model import Project


class Memory(Struct, frozen=True, kw_only=True):
    """The store of a project, and what is in it for one environment at one service.

    A store that was named may be shared by machines. `locks` are the names of this machine's, `leases` folders of the
    store; the last of each is that of earlier versions, so that an apply of theirs and one of ours exclude each other.
    What is told from file names alone is told from one `listed` state of the store.
    """

    store: "Store"
    listed: "Snapshot"
    archive: "Archive"
    journal: "Journal"
    moves: "RecordedMoves"
    service: "ServiceIdentity"
    project: "Project"
    locks: tuple[str, ...]
    leases: tuple[str, ...]


def open_kept(
    project: "Project",
    target: Target,
    service: "ServiceIdentity",
    place: str | None = None,
    timings: Timings = UNTIMED,
) -> Memory:
    """What is kept at `place` (a folder or a URL), else where the project says, else in its state folder."""
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.journal.intents import Earlier, Journal
    from fused_spec.reconcile.journal.moves import RecordedMoves
    from fused_spec.reconcile.store.snapshot import Snapshot
    from fused_spec.reconcile.store.stores import open_store

    project = project.at(target)
    store = open_store(place or archive_place(project))
    listed = Snapshot(store, project.scope)
    is_shared = bool(place or project.archive)
    before = slug(target.name) if project.environment is None else None
    # Behind `local` each machine has a service of its own, so in a shared archive that name says nothing. And an
    # embedded service forgets nothing: what it does not know, another one ran.
    is_certain = not (target.is_local and is_shared)
    earlier = before and Earlier(target=before, settles=is_certain, is_remembered=is_certain and service.id is None)
    return Memory(
        store=store,
        listed=listed,
        archive=Archive(listed, project.scope, service, earlier=before if is_certain else None, timings=timings),
        journal=Journal(listed, project.scope, service.folder, earlier=earlier or None),
        moves=RecordedMoves(listed, project.scope),
        service=service,
        project=project,
        locks=(f"{project.scope}@{service.folder}", *([before] if before else ())),
        leases=(
            *([f"{_folder(project, service)}/lock"] if is_shared else ()),
            *([f"{project.scope}/lock/{before}"] if is_shared and before and is_certain else ()),
        ),
    )


def kept_at(context: "Context", project: "Project", target: Target, place: str | None = None) -> Memory:
    """The same for the service that the target reaches, which is asked who it is; raises the client's errors."""
    from fused_spec.cli.targets.target import identify

    return open_kept(project, target, identify(target, context, project), place, context.timings)


def leavings_of(kept: Memory) -> "Leavings":
    """What applies have told of things that left the specs."""
    from fused_spec.reconcile.reviewing.left import Leavings

    return Leavings(kept.listed, f"{_folder(kept.project, kept.service)}/left")


def cancels_of(kept: Memory) -> "Cancels":
    """Who cancelled which run."""
    from fused_spec.reconcile.archive.cancels import Cancels

    return Cancels(kept.store, f"{_folder(kept.project, kept.service)}/cancelled")


@contextmanager
def only_said(console: "Console", lost: str) -> Iterator[None]:
    """Let trouble with what only people read end nothing; `lost` says what is not kept."""
    try:
        yield
    except (FusedSpecError, OSError) as error:
        console.warn(f"Warning: {lost}: {error}")


def _folder(project: "Project", service: "ServiceIdentity") -> str:
    """Where the store has what is of one environment at one service."""
    return f"{project.scope}/services/{service.folder}"


def archive_place(project: "Project") -> str:
    """The folder or URL of the project's archive."""
    if project.archive is None:
        return str(project.state / "archive")
    return project.archive if is_meant_as_url(project.archive) else str(project.root / project.archive)


def open_markers(
    api: "FusedReader", project: "Project", target: Target, service: "ServiceIdentity", timings: Timings = UNTIMED
) -> "Markers":
    """The remembered markers of a service's jobs, and what is known of the older ones."""
    from fused_spec.reconcile.history.markers import Markers
    from fused_spec.reconcile.history.memory import Memory
    from fused_spec.reconcile.site import timing_of

    folder = project.state / "cache"
    earlier = folder / f"markers-{slug(target.name)}.jsonl"
    memory = Memory(file=folder / f"history-{service.folder}-{slug(project.scope)}.json", late=timing_of(target).dead)
    return Markers(api, folder / f"markers-{service.folder}.jsonl", earlier=earlier, memory=memory, timings=timings)


def open_spools(project: "Project", service: "ServiceIdentity", secrets: tuple[str, ...]) -> "Spools":
    """The logs of runs that go on at a service."""
    from fused_spec.reconcile.archive.spool import Spools

    logs = project.state / "logs"
    return Spools(logs / service.folder, secrets=secrets, earlier=logs)


def slug(name: str) -> str:
    """A target's name as a part of a path."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", name)
