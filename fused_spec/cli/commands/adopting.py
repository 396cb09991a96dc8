"""`import` and `record`: write down as specs what was started without them."""

import shutil
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.options import command
from fused_spec.errors import EXIT_OK
from fused_spec.system.timings import Phase

if TYPE_CHECKING:
    from fused_spec.cli.adopting.objects import Saved
    from fused_spec.cli.adopting.runs import Found

_UTC = timezone.utc  # noqa: UP017  # click gives days without a zone


@click.command("import")
@click.argument("names", nargs=-1, metavar="[JOB_ID|UDF|TOKEN...]")
@click.option("--history", is_flag=True, help="Every run of the history that succeeded or goes on.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Of it those created since, in UTC.")
@click.option("--name", "pattern", metavar="GLOB", help="Of it those that are called so, or whose UDF is.")
@click.option("--no-matrix", is_flag=True, help="A spec for each run, also where few values differ.")
@command
def import_(
    context: Context,
    names: tuple[str, ...],
    history: bool,
    since: datetime | None,
    pattern: str | None,
    no_matrix: bool,
) -> int:
    """Write specs of runs, UDFs and tokens that are there.

    Whoever started them: the specs say the least that means the same, UDF code goes to udfs/, and runs that differ in a
    few values become one matrix. Each job takes its run over (metadata.adopts), so that nothing runs again. Nothing
    that exists is written over. Ends with the plan of what it wrote; exits with 4 where that would change something.

    A run that the service forgot is another matter: that is `apply --adopt`.
    """
    with context.timings.phase(Phase.LOAD):
        from fused_spec.cli.adopting.importing import leave_out_declared
        from fused_spec.cli.adopting.objects import Saved, sorted_out
        from fused_spec.cli.adopting.runs import Found, named_runs, runs_of_history
        from fused_spec.cli.runs.lookup import surroundings

    if history == bool(names):
        raise click.UsageError("name what to import, or write --history; not both")
    if not history and (since is not None or pattern is not None):
        raise click.UsageError("--since and --name choose from --history")
    around, saved = surroundings(context), Saved()
    with context.timings.phase(Phase.REFRESH):
        if history:
            begin = since.replace(tzinfo=_UTC) if since is not None else None
            found = runs_of_history(around.api, since=begin, pattern=pattern)
        else:
            runs, saved = sorted_out(around.api, names)
            found = named_runs(around.api, runs) if runs else Found()
        leave_out_declared(context, found, around.project.scope)
    return _write(context, found, saved, folds=not no_matrix, what="run")


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--no-matrix", is_flag=True, help="A spec for each start, also where few values differ.")
@click.argument("words", nargs=-1, required=True, metavar="-- COMMAND... | NOTEBOOK", type=click.UNPROCESSED)
@command
def record(context: Context, words: tuple[str, ...], no_matrix: bool) -> int:
    """Write specs of what a script or a notebook would start.

    Runs it to its end, as `record -- python script.py` or `record jobs.ipynb`, with the client that it imports answered
    here: starts are written down, and nothing is sent. A start whose run is in the history takes that over, and the
    others never ran. Nothing that exists is written over. Ends with the plan of what it wrote; exits with 4 where that
    would change something.
    """
    with context.timings.phase(Phase.LOAD):
        from fused_spec.cli.adopting.objects import Saved
        from fused_spec.cli.adopting.recording.launch import record as listen
        from fused_spec.cli.adopting.runs import recorded, with_runs
        from fused_spec.cli.runs.lookup import current_project, surroundings
        from fused_spec.errors import FusedSpecError

    current_project(context)  # what is wrong with it is told before anything runs
    heard = listen(words, cwd=context.cwd, env=context.env, python=shutil.which("python3") or sys.executable)
    for warning in heard.warnings:
        context.console.warn(f"Warning: {warning}")
    found = recorded(heard.starts)
    if not found.origins and not found.unread:
        raise FusedSpecError(
            "it started nothing", hint="record what starts jobs, by `run_remote`, `start_job` and such"
        )
    with context.timings.phase(Phase.REFRESH):
        found.origins = with_runs(surroundings(context).api, found.origins)
    return _write(context, found, Saved(), folds=not no_matrix, what="start")


def _write(context: Context, found: "Found", saved: "Saved", *, folds: bool, what: str) -> int:
    from fused_spec.cli.adopting.importing import plan_written, summary, tell_written, write_down

    if found.notes and not (found.origins or found.unread or saved.udfs or saved.tokens):
        context.console.result(f"nothing to write: {'; '.join(found.notes)}")
        return EXIT_OK
    written = write_down(context, found.origins, saved, folds=folds)
    written.unwritten += found.unread
    written.notes = [*found.notes, *written.notes]
    tell_written(context, written, jobs=what)
    _, code = plan_written(context, written)
    if code == 0:
        context.console.result(summary(written))
    return code
