"""Read the specs that a command was given, with what is wrong with them told."""

from typing import TYPE_CHECKING

from fused_spec.cli.terminal.context import Context
from fused_spec.errors import SpecError

if TYPE_CHECKING:
    from fused_spec.spec.model import Project, Resolution
    from fused_spec.spec.project.git_lock import Locks
    from fused_spec.spec.udfs.git_sources import GitSources


def here(context: Context, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths, or without any the folder `specs` of the current one, or the current one itself."""
    return paths or (("specs",) if (context.cwd / "specs").is_dir() else (".",))


def read_specs(context: Context, paths: tuple[str, ...]) -> "Resolution":
    """Everything the paths say, with its problems; the state folder of the environment applies."""
    from dataclasses import replace

    from fused_spec.cli.targets.target import with_state
    from fused_spec.spec.resolve import offline, resolve

    def git(project: "Project", locks: "Locks") -> "GitSources":
        return offline(with_state(project, context), locks)

    resolution = resolve(paths, stdin=context.sources.stdin, cwd=context.cwd, git=git)
    return replace(resolution, project=with_state(resolution.project, context))


def valid_specs(context: Context, paths: tuple[str, ...]) -> "Resolution":
    """The same, with warnings shown; raises `SpecError` when there is an error."""
    from fused_spec.views.text.diagnostics import diagnostics_text

    resolution = read_specs(context, paths)
    if not resolution.valid:
        raise SpecError(resolution.diagnostics)
    if resolution.diagnostics:
        console = context.console
        console.say(diagnostics_text(resolution.diagnostics, source_line=context.sources.line, paint=console.paint))
    return resolution
