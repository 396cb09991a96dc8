"""`import` and `record`: write down as specs what was started without them."""

from datetime import datetime, timezone

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.options import command
from fused_spec.system.timings import Phase

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
    """Write specs of runs, saved UDFs and tokens that are there.

    Whoever started them: the specs say the least that means the same, UDF code goes to udfs/, and runs that differ in a
    few values become one matrix. Each job takes its run over (metadata.adopts), so that nothing runs again. Nothing
    that exists is written over. Ends with the plan of what it wrote; exits with 4 where that would change something.

    A run that the service forgot is another matter: that is `apply --adopt`.
    """
    with context.timings.phase(Phase.LOAD):
        from fused_spec.cli.adopting.importing import plan_written, summary, tell_written, write_origins
        from fused_spec.cli.adopting.runs import named_runs, runs_of_history
        from fused_spec.cli.runs.lookup import surroundings

    if history == bool(names):
        raise click.UsageError("name what to import, or write --history; not both")
    if not history and (since is not None or pattern is not None):
        raise click.UsageError("--since and --name choose from --history")
    around = surroundings(context)
    with context.timings.phase(Phase.REFRESH):
        if history:
            begin = since.replace(tzinfo=_UTC) if since is not None else None
            found = runs_of_history(around.api, since=begin, pattern=pattern)
        else:
            found = named_runs(around.api, names)
    written = write_origins(context, found.origins, folds=not no_matrix)
    written.unwritten += [(one, "") for one in found.unread]
    written.notes = [*found.notes, *written.notes]
    tell_written(context, written, jobs="run")
    _, code = plan_written(context, written)
    if code == 0:
        context.console.result(summary(written))
    return code
