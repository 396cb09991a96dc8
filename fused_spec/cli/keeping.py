"""What is kept between two applies: the archive, the journal of attempts, remembered markers, and the lock."""

import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fused_spec.settings import Target

if TYPE_CHECKING:
    from fused_spec.reconcile.archive import Archive
    from fused_spec.reconcile.journal import Journal
    from fused_spec.reconcile.lease import Holder
    from fused_spec.reconcile.store import Store
    from fused_spec.spec.model import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The store of a project, and what is in it for one target; one that was named may be shared by machines."""

    store: "Store"
    archive: "Archive"
    journal: "Journal"
    target: str
    project: "Project"
    is_shared: bool


def open_kept(project: "Project", target: Target, place: str | None = None) -> Kept:
    """What is kept at `place` (a folder or a URL), else where the project says, else in its state folder."""
    from fused_spec.reconcile.archive import Archive
    from fused_spec.reconcile.journal import Journal
    from fused_spec.reconcile.store import open_store

    store = open_store(place or archive_place(project))
    return Kept(
        store=store,
        archive=Archive(store, project.scope),
        journal=Journal(store, project.scope, slug(target.name)),
        target=slug(target.name),
        project=project,
        is_shared=bool(place or project.archive),
    )


def archive_place(project: "Project") -> str:
    """The folder or URL of the project's archive."""
    if project.archive is None:
        return str(project.state / "archive")
    return project.archive if "://" in project.archive else str(project.root / project.archive)


def marker_cache(project: "Project", target: Target) -> Path:
    """The file that remembers the markers of the target's jobs."""
    return project.state / "cache" / f"markers-{slug(target.name)}.jsonl"


def slug(name: str) -> str:
    """A target's name as a part of a path."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", name)


@contextmanager
def only_apply(kept: Kept, env: Mapping[str, str], *, now: Callable[[], datetime]) -> Iterator[Callable[[float], bool]]:
    """Be the only apply of this project at this target, by a clock on which all agree; raises `Locked` with the holder.

    Gives a function that says whether that still holds, and will for so many seconds.
    """
    from fused_spec.reconcile.lease import Lease, kept_alive, local_lock
    from fused_spec.reconcile.site import always, steady_clock

    holder = _holder(env)
    with ExitStack() as stack:
        stack.enter_context(local_lock(kept.project.state / "locks" / f"{kept.target}.lock", holder))
        if not kept.is_shared:
            yield always
            return
        folder = f"{kept.project.scope}/lock/{kept.target}"
        lease = Lease(kept.store, folder, holder, clock=steady_clock, now=now)
        yield stack.enter_context(kept_alive(lease)).holds


def _holder(env: Mapping[str, str]) -> "Holder":
    from fused_spec.reconcile.lease import Holder

    run_url = env.get("CI_JOB_URL") or env.get("BUILD_URL")
    if env.get("GITHUB_RUN_ID"):
        server, repository = env.get("GITHUB_SERVER_URL", ""), env.get("GITHUB_REPOSITORY", "")
        run_url = f"{server}/{repository}/actions/runs/{env['GITHUB_RUN_ID']}"
    return Holder(host=socket.gethostname(), pid=os.getpid(), run_url=run_url)
