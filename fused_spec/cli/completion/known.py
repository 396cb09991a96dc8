"""What there is of each noun, as far as this machine knows it: from the specs, the project file, and the archive."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from fused_spec.cli.completion.shells import OPEN
from fused_spec.cli.terminal.context import Context, current_context
from fused_spec.cli.terminal.naming import Noun

if TYPE_CHECKING:
    from fused_spec.spec.language.project.variable import Variable
    from fused_spec.spec.model import Project
    from fused_spec.spec.outline import Named, Outline

_STDIN = "-"


def known(noun: Noun, asking: click.Context, typed: str) -> list[CompletionItem]:
    """Those that begin with what is typed; raises whatever cannot be found out."""
    return [item for item in _known(noun, asking, typed) if str(item.value).isprintable()]


def _known(noun: Noun, asking: click.Context, typed: str) -> Iterable[CompletionItem]:
    context = current_context(asking.ensure_object(dict))
    match noun:
        case Noun.FILE:
            return [CompletionItem(typed, type="file")]
        case Noun.CODE:
            return _beginning(typed, _codes())
        case Noun.KIND:
            return _beginning(typed, _kinds())
        case Noun.TARGET:
            return _beginning(typed, _targets(context))
        case Noun.JOBS:
            from fused_spec.cli.completion.cells import jobs_typed

            return jobs_typed(_named(context, asking, "Job"), typed)
        case Noun.RUN:
            return _runs(context, asking, typed)
        case Noun.TOKEN:
            return _beginning(typed, {one.name: None for one in _named(context, asking, "UdfAccessToken")})
        case Noun.SAVED_UDF:
            return _beginning(typed, {one.name: None for one in _named(context, asking, "Udf")})
        case Noun.VARIABLE:
            return _variables(_outline(context, asking).variables, typed)


def _beginning(typed: str, known: Mapping[str, str | None]) -> Iterator[CompletionItem]:
    return (CompletionItem(name, help=said) for name, said in known.items() if name.startswith(typed))


def _kinds() -> dict[str, str | None]:
    from fused_spec.spec.checking.schema import KINDS

    return dict.fromkeys(KINDS)


def _codes() -> dict[str, str | None]:
    """Each by its number and by its word."""
    from fused_spec.messages.codes.registry import entries

    return {word: entry.title for entry in entries().values() for word in (entry.id, entry.code)}


def _targets(context: Context) -> dict[str, str | None]:
    from fused_spec.configuration.settings import HOSTED_TARGET, HOSTED_URL, LOCAL_TARGET

    said = {name: target.base_url for name, target in _project(context).targets.items()}
    return {LOCAL_TARGET: "the embedded service", HOSTED_TARGET: HOSTED_URL, **said}


def _runs(context: Context, asking: click.Context, typed: str) -> Iterator[CompletionItem]:
    """Names of declared jobs; as soon as something is typed also of those that left the specs, and ids of runs."""
    from fused_spec.cli.completion.cells import runs_typed

    jobs = _named(context, asking, "Job")
    yield from runs_typed(jobs, typed)
    if typed:
        from fused_spec.cli.completion.run_ids import run_ids

        runs = run_ids(context, _project(context))
        left = {name: "left the specs" for name in runs.values() if name not in {job.name for job in jobs}}
        yield from _beginning(typed, left)
        yield from _beginning(typed.lower(), runs)


def _variables(variables: "Mapping[str, Variable]", typed: str) -> Iterator[CompletionItem]:
    """`NAME=`, and behind that what a value may be."""
    name, sign, value = typed.partition("=")
    if sign:
        found = _values(variables[name].declared) if name in variables else ()
        yield from (CompletionItem(f"{name}={one}") for one in found if one.startswith(value))
        return
    for variable in variables.values():
        if variable.name.startswith(typed):
            said = str(variable.declared.get("description") or variable.type)
            yield CompletionItem(f"{variable.name}=", type=OPEN, help=said)


def _values(declared: Mapping[str, Any]) -> Iterable[str]:
    if declared["type"] == "boolean":
        return ("true", "false")
    return [str(one) for one in declared.get("enum", ())]


def _named(context: Context, asking: click.Context, kind: str) -> "list[Named]":
    return [one for one in _outline(context, asking).named if one.kind == kind]


def _outline(context: Context, asking: click.Context) -> "Outline":
    """The specs that the command line names, or else those that are here.

    Outside of a project only what is named is looked at: what is here may be a home folder.
    """
    from fused_spec.cli.specs.reading import here, outline_specs
    from fused_spec.spec.files.roots import project_root

    paths = tuple(path for path in _paths(asking) if path != _STDIN)
    if not paths and ((context.cwd / "specs").is_dir() or project_root(context.cwd) is not None):
        paths = here(context, ())
    return outline_specs(context, paths)


def _paths(asking: click.Context) -> Sequence[str]:
    """The paths that are typed already; behind an option that has no value yet, click leaves them where they are."""
    if asking.params.get("paths"):
        return tuple(asking.params["paths"])
    takes_paths = any(isinstance(one, click.Argument) and one.name == "paths" for one in asking.command.params)
    return asking.args if takes_paths else ()


def _project(context: Context) -> "Project":
    from fused_spec.cli.targets.target import with_state
    from fused_spec.spec.project.project_file import find_project

    return with_state(find_project(context.cwd, cwd=context.cwd)[0], context)
