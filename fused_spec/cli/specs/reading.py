"""Read the specs that a command was given, with what is wrong with them told."""

from functools import partial
from typing import TYPE_CHECKING

from fused_spec.cli.specs.own_schemas import keep_schemas
from fused_spec.cli.terminal.context import Context
from fused_spec.errors import SpecError
from fused_spec.system.processors import processors
from fused_spec.system.timings import Phase

if TYPE_CHECKING:
    from pathlib import Path

    from fused_spec.spec.language.outside import Outside
    from fused_spec.spec.model import Project, Resolution, Survey
    from fused_spec.spec.outline import Outline
    from fused_spec.spec.project.git_lock import Locks
    from fused_spec.spec.sight import Means
    from fused_spec.spec.udfs.git_sources import GitSources


def here(context: Context, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths, or without any the folder `specs` of the current one, or the current one itself."""
    return paths or (("specs",) if (context.cwd / "specs").is_dir() else (".",))


def read_specs(context: Context, paths: tuple[str, ...], target: str | None = None) -> "Resolution":
    """Everything the paths say at a target, with its problems; the state folder of the environment applies.

    Where no target is named, it is that of the command.
    """
    with context.timings.phase(Phase.LOAD):
        from msgspec.structs import replace

        from fused_spec.cli.targets.sinks import with_ways
        from fused_spec.cli.targets.target import find_target, named_target, with_state
        from fused_spec.spec.resolve import resolve

    def chosen(project: "Project") -> str:
        return (find_target(context, project) if target is None else named_target(target, project)).name

    resolution = resolve(paths, target=chosen, **means_of(context))
    return with_ways(replace(resolution, project=with_state(resolution.project, context)), context)


def survey_specs(context: Context, paths: tuple[str, ...]) -> "Survey":
    """What is wrong with what the paths say, and how many specs there are."""
    with context.timings.phase(Phase.LOAD):
        from fused_spec.spec.resolve import survey

    return survey(paths, **means_of(context))


def outline_specs(context: Context, paths: tuple[str, ...]) -> "Outline":
    """What the specs are called at the target of the command, whatever is wrong with them."""
    from fused_spec.cli.targets.target import find_target
    from fused_spec.spec.outline import outline

    return outline(paths, target=lambda project: find_target(context, project).name, **means_of(context))


def means_of(context: Context) -> "Means":
    """How specs are read by every command that does not fetch anything."""
    from fused_spec.cli.targets.target import with_state
    from fused_spec.spec.sight import Means, offline

    def git(project: "Project", locks: "Locks") -> "GitSources":
        return offline(with_state(project, context), locks)

    def cache(project: "Project") -> "Path | None":
        # Where nothing else is kept, a look at specs leaves nothing behind.
        state = with_state(project, context).state
        return state / "cache" if project.file is not None or state.is_dir() else None

    means: Means = {
        "stdin": context.sources.stdin,
        "cwd": context.cwd,
        "git": git,
        "cache": cache,
        "processes": processors(),
        "timings": context.timings,
        "outside": _outside(context),
        "notice": partial(keep_schemas, context),
    }
    if context.values.as_of is not None:
        means["today"] = context.values.as_of.date()
    return means


def _outside(context: Context) -> "Outside":
    """What flags and the environment say of what the specs leave open."""
    from fused_spec.spec.language.outside import Outside

    def git(word: str) -> str | None:
        from fused_spec.udfs.gitrefs.checkout import word_of

        return word_of(context.cwd, word)

    values = context.values
    return Outside(values.variables, tuple(context.cwd / name for name in values.files), context.env, git)


def valid_specs(
    context: Context, paths: tuple[str, ...], target: str | None = None, *, strict: bool = False
) -> "Resolution":
    """The same, with warnings shown; raises `SpecError` when there is an error, or where one is strict a warning."""
    from fused_spec.views.text.diagnostics import diagnostics_text

    resolution = read_specs(context, paths, target)
    if any(one.invalidates(strict=strict) for one in resolution.diagnostics):
        raise SpecError(resolution.diagnostics, strict=strict)
    if resolution.diagnostics:
        console = context.console
        console.say(diagnostics_text(resolution.diagnostics, source_line=context.sources.line, paint=console.paint))
    return resolution
