"""`generate`: write the specs that a project's own Python makes; no other command runs a repository's Python."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.options import command, duration
from fused_spec.errors import EXIT_NOT_WELL, EXIT_OK, Misconfigured, SpecError

if TYPE_CHECKING:
    from fused_spec.cli.specs.generated import GeneratedFile
    from fused_spec.spec.model import Project

_PATIENCE_SECONDS = 60.0


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1, and show it, where something would change.")
@click.option("--timeout", callback=duration, metavar="D", help="How long each file may take: 90s, 5m. Else 60s.")
@command
def generate(context: Context, check: bool, timeout: float | None) -> int:
    """Write the specs that Python makes.

    Runs each FILE:NAME under generate in fused-spec.yaml, in a process without credentials, and writes what it makes
    beside it as YAML, to be committed. Exits with 3 where one fails.
    """
    from fused_spec.cli.runs.lookup import current_project

    files = _files(context, current_project(context), _PATIENCE_SECONDS if timeout is None else timeout)
    changed = [(file, difference) for file in files if (difference := file.difference())]
    problems = [one for file in files for one in file.problems()]
    if check:
        if changed:
            context.console.result("".join(difference for _, difference in changed).rstrip("\n"))
    else:
        for file, _ in changed:
            file.write()
            context.console.say(f"wrote {file.shown}")
        if not changed:
            context.console.say("nothing has changed")
    if any(one.is_error for one in problems):
        raise SpecError(problems)
    return EXIT_NOT_WELL if check and changed else EXIT_OK


def _files(context: Context, project: "Project", timeout: float) -> "list[GeneratedFile]":
    """What is to be written; raises `SpecError` where anything went wrong, and then nothing is."""
    from fused_spec.cli.specs.generated import generated_file
    from fused_spec.cli.specs.generators import generators_of, made_by

    generators, problems = generators_of(project, context.cwd)
    if not generators and not problems:
        raise Misconfigured(
            "the project names nothing that makes specs", hint="write generate: [jobs.py:specs] into fused-spec.yaml"
        )
    documents: dict[tuple[Path, str], list[Any]] = {}
    for generator in generators:
        made = made_by(generator, project, context.env, timeout=timeout)
        if made.printed:
            context.console.say(made.printed)
        if made.problem is not None:
            problems.append(made.problem)
        documents.setdefault((generator.path, generator.shown), []).extend(made.documents)
    if problems:
        raise SpecError(problems)
    return [generated_file(path, shown, found) for (path, shown), found in documents.items()]
