"""Read the specs that a command was given, with what is wrong with them told."""

from typing import TYPE_CHECKING, Any

from fused_spec.cli.terminal.context import Context
from fused_spec.errors import SpecError
from fused_spec.system.processors import processors
from fused_spec.system.timings import Phase

if TYPE_CHECKING:
    from pathlib import Path

    from fused_spec.spec.model import Project, Resolution, Survey
    from fused_spec.spec.project.git_lock import Locks
    from fused_spec.spec.udfs.git_sources import GitSources


def here(context: Context, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths, or without any the folder `specs` of the current one, or the current one itself."""
    return paths or (("specs",) if (context.cwd / "specs").is_dir() else (".",))


def read_specs(context: Context, paths: tuple[str, ...]) -> "Resolution":
    """Everything the paths say, with its problems; the state folder of the environment applies."""
    with context.timings.phase(Phase.LOAD):
        from msgspec.structs import replace

        from fused_spec.cli.targets.target import with_state
        from fused_spec.spec.resolve import resolve

    resolution = resolve(paths, **_means(context))
    return replace(resolution, project=with_state(resolution.project, context))


def survey_specs(context: Context, paths: tuple[str, ...]) -> "Survey":
    """What is wrong with what the paths say, and how many specs there are."""
    with context.timings.phase(Phase.LOAD):
        from fused_spec.spec.resolve import survey

    return survey(paths, **_means(context))


def _means(context: Context) -> dict[str, Any]:
    """How specs are read by every command that does not fetch anything."""
    from fused_spec.cli.targets.target import with_state
    from fused_spec.spec.resolve import offline

    def git(project: "Project", locks: "Locks") -> "GitSources":
        return offline(with_state(project, context), locks)

    def cache(project: "Project") -> "Path | None":
        # Where nothing else is kept, a look at specs leaves nothing behind.
        state = with_state(project, context).state
        return state / "cache" if project.file is not None or state.is_dir() else None

    return {
        "stdin": context.sources.stdin,
        "cwd": context.cwd,
        "git": git,
        "cache": cache,
        "processes": processors(),
        "timings": context.timings,
    }


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
