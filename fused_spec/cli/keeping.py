"""What is kept between two applies: the archive, the journal of attempts, remembered markers, and the lock.

All of it by project, environment and service. Earlier versions kept it by the target's name; that goes on counting.
"""

import os
import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fused_spec.errors import FusedSpecError, Locked
from fused_spec.polling import Clock, Deadline, Sleep, intervals
from fused_spec.settings import Target
from fused_spec.storage_url import is_meant_as_url

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.cli.console import Console
    from fused_spec.reconcile.archive import Archive
    from fused_spec.reconcile.cancels import Cancels
    from fused_spec.reconcile.journal import Journal
    from fused_spec.reconcile.lease import Holder
    from fused_spec.reconcile.left import Leavings
    from fused_spec.reconcile.markers import Markers
    from fused_spec.reconcile.spool import Spools
    from fused_spec.reconcile.store import Store
    from fused_spec.service_identity import ServiceIdentity
    from fused_spec.spec.model import Project

_FIRST_LOOK, _LONGEST_LOOK = 0.5, 5.0  # seconds between two looks at a lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The store of a project, and what is in it for one environment at one service.

    A store that was named may be shared by machines. `locks` are the names of this machine's, `leases` folders of the
    store; the last of each is that of earlier versions, so that an apply of theirs and one of ours exclude each other.
    """

    store: "Store"
    archive: "Archive"
    journal: "Journal"
    service: "ServiceIdentity"
    project: "Project"
    locks: tuple[str, ...]
    leases: tuple[str, ...]


def open_kept(project: "Project", target: Target, service: "ServiceIdentity", place: str | None = None) -> Kept:
    """What is kept at `place` (a folder or a URL), else where the project says, else in its state folder."""
    from fused_spec.reconcile.archive import Archive
    from fused_spec.reconcile.journal import Earlier, Journal
    from fused_spec.reconcile.store import open_store

    project = project.at(target)
    store = open_store(place or archive_place(project))
    is_shared = bool(place or project.archive)
    before = slug(target.name) if project.environment is None else None
    # Behind `local` each machine has a service of its own, so in a shared archive that name says nothing. And an
    # embedded service forgets nothing: what it does not know, another one ran.
    is_certain = not (target.is_local and is_shared)
    earlier = before and Earlier(target=before, settles=is_certain, is_remembered=is_certain and service.id is None)
    return Kept(
        store=store,
        archive=Archive(store, project.scope, service, earlier=before if is_certain else None),
        journal=Journal(store, project.scope, service.folder, earlier=earlier or None),
        service=service,
        project=project,
        locks=(f"{project.scope}@{service.folder}", *([before] if before else ())),
        leases=(
            *([f"{project.scope}/services/{service.folder}/lock"] if is_shared else ()),
            *([f"{project.scope}/lock/{before}"] if is_shared and before else ()),
        ),
    )


def leavings_of(kept: Kept) -> "Leavings":
    """What applies have told of things that left the specs."""
    from fused_spec.reconcile.left import Leavings

    return Leavings(kept.store, f"{kept.project.scope}/services/{kept.service.folder}/left")


def cancels_of(kept: Kept) -> "Cancels":
    """Who cancelled which run."""
    from fused_spec.reconcile.cancels import Cancels

    return Cancels(kept.store, f"{kept.project.scope}/services/{kept.service.folder}/cancelled")


@contextmanager
def only_said(console: "Console", lost: str) -> Iterator[None]:
    """Let trouble with what only people read end nothing; `lost` says what is not kept."""
    try:
        yield
    except (FusedSpecError, OSError) as error:
        console.warn(f"Warning: {lost}: {error}")


def who(env: Mapping[str, str]) -> str:
    """Who is at work here, as far as the environment says: `of ada on laptop`, with the run of a CI."""
    holder = _holder(env)
    person = env.get("GITHUB_ACTOR") or env.get("GITLAB_USER_LOGIN") or env.get("USER") or env.get("LOGNAME")
    where = f"of {person} on {holder.host}" if person else f"on {holder.host}"
    return f"{where} ({holder.run_url})" if holder.run_url else where


def archive_place(project: "Project") -> str:
    """The folder or URL of the project's archive."""
    if project.archive is None:
        return str(project.state / "archive")
    return project.archive if is_meant_as_url(project.archive) else str(project.root / project.archive)


def open_markers(api: "FusedReader", project: "Project", target: Target, service: "ServiceIdentity") -> "Markers":
    """The remembered markers of a service's jobs."""
    from fused_spec.reconcile.markers import Markers

    folder = project.state / "cache"
    earlier = folder / f"markers-{slug(target.name)}.jsonl"
    return Markers(api, folder / f"markers-{service.folder}.jsonl", earlier=earlier)


def open_spools(project: "Project", service: "ServiceIdentity", secrets: tuple[str, ...]) -> "Spools":
    """The logs of runs that go on at a service."""
    from fused_spec.reconcile.spool import Spools

    logs = project.state / "logs"
    return Spools(logs / service.folder, secrets=secrets, earlier=logs)


def slug(name: str) -> str:
    """A target's name as a part of a path."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", name)


@contextmanager
def only_apply(
    kept: Kept,
    env: Mapping[str, str],
    *,
    now: Callable[[], datetime],
    timeout: float = 0.0,
    tell: Callable[[str], None] = lambda text: None,
    clock: Clock | None = None,
    sleep: Sleep = time.sleep,
) -> Iterator[Callable[[float], bool]]:
    """Be the only apply of this project in its environment at its service, by a clock on which all agree.

    Waits `timeout` seconds for another one to end, and `tell`s which it is; raises `Locked` with the holder after that.
    Gives a function that says whether the lock still is held, and will be for so many seconds.
    """
    from fused_spec.reconcile.site import steady_clock

    holder, deadline = _holder(env), Deadline(timeout, clock or steady_clock)
    with ExitStack() as stack:
        told = None
        for pause in intervals(_FIRST_LOOK, _LONGEST_LOOK):
            try:
                may_act = stack.enter_context(_locked(kept, holder, now))
                break
            except Locked as error:
                left = deadline.remaining
                if not left:
                    raise
                if told != (told := str(error)):
                    tell(f"Waiting for the lock: {error}.")
                sleep(min(pause, left))
        yield may_act


@contextmanager
def _locked(kept: Kept, holder: "Holder", now: Callable[[], datetime]) -> Iterator[Callable[[float], bool]]:
    """Hold every lock of this place."""
    from fused_spec.reconcile.lease import Lease, kept_alive, local_lock
    from fused_spec.reconcile.site import steady_clock

    with ExitStack() as stack:
        for name in kept.locks:
            stack.enter_context(local_lock(kept.project.state / "locks" / f"{name}.lock", holder))
        leases = [
            stack.enter_context(kept_alive(Lease(kept.store, folder, holder, clock=steady_clock, now=now)))
            for folder in kept.leases
        ]
        yield lambda seconds: all(lease.holds(seconds) for lease in leases)


def _holder(env: Mapping[str, str]) -> "Holder":
    from fused_spec.reconcile.lease import Holder

    run_url = env.get("CI_JOB_URL") or env.get("BUILD_URL")
    if env.get("GITHUB_RUN_ID"):
        server, repository = env.get("GITHUB_SERVER_URL", ""), env.get("GITHUB_REPOSITORY", "")
        run_url = f"{server}/{repository}/actions/runs/{env['GITHUB_RUN_ID']}"
    return Holder(host=socket.gethostname(), pid=os.getpid(), run_url=run_url)
