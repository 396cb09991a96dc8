"""`lock`: write down the commit behind each git reference, and bring here what is read at it.

The one command that fetches: validate, plan and apply read the lock file and what is here.
"""

from typing import TYPE_CHECKING

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.options import command, spec_paths
from fused_spec.errors import EXIT_OK, SpecError
from fused_spec.messages.phrases import counted

if TYPE_CHECKING:
    from fused_spec.spec.model import Project
    from fused_spec.spec.project.git_lock import Locks
    from fused_spec.spec.udfs.git_sources import GitSources

_PATIENCE_SECONDS = 10.0


@click.command()
@spec_paths
@click.option("--upgrade", is_flag=True, help="Look again where branches and tags point.")
@command
def lock(context: Context, paths: tuple[str, ...], upgrade: bool) -> int:
    """Write the commits of git references into fused-spec.lock.

    Also fetches what the specs read from git, so it is the first command in a new checkout. What is locked already
    stays as it is, unless --upgrade is given. Exits with 3 when there is an error.
    """
    from fused_spec.cli.specs.reading import means_of
    from fused_spec.cli.targets.target import with_state
    from fused_spec.spec.project.git_lock import LOCK_FILE, write_locks
    from fused_spec.spec.resolve import resolve
    from fused_spec.spec.sight import git_cache
    from fused_spec.spec.udfs.git_sources import GitSources
    from fused_spec.udfs.gitrefs import Repositories

    known: list[tuple[GitSources, Locks]] = []

    def fetching(project: "Project", locks: "Locks") -> "GitSources":
        repositories = Repositories(
            cache=git_cache(with_state(project, context)),
            clones=project.clones,
            may_fetch=True,
            reach_seconds=_PATIENCE_SECONDS,
        )
        kept = {} if upgrade else locks
        known.append((GitSources(repositories=repositories, locks=kept, lock=repositories.commit), locks))
        return known[0][0]

    means = means_of(context)
    means["git"] = fetching
    resolution = resolve(paths, **means)
    if not resolution.valid:
        raise SpecError(resolution.diagnostics)
    [(sources, locks)] = known
    merged = {**locks, **sources.used}
    if merged != locks:
        write_locks(resolution.project.root, merged)
    changed = sum(1 for name, commit in sources.used.items() if locks.get(name) != commit)
    context.console.say(f"{counted(len(sources.used), 'git reference')}, {changed} of them locked now ({LOCK_FILE}).")
    return EXIT_OK
