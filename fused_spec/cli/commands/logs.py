"""`logs`: print the log of a run, or those lines of it that somebody wants to see."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.naming import Noun, naming
from fused_spec.cli.terminal.options import command, duration, not_empty, output_option

if TYPE_CHECKING:
    from fused_spec.jobs.log_choice import LogChoice
    from fused_spec.reconcile.archive.spool import LogRecord


@click.command()
@click.argument("name", metavar="NAME|JOB_ID", shell_complete=naming(Noun.RUN))
@click.option("-f", "--follow", is_flag=True, help="Go on until the run has ended.")
@click.option("--task", type=click.IntRange(min=0), metavar="N", help="Only lines of this task, counted from 0.")
@click.option("--failed", is_flag=True, help="Only lines of the tasks that failed.")
@click.option("--tail", type=click.IntRange(min=1), metavar="N", help="Only the last N lines of those.")
@click.option("--since", callback=duration, metavar="D", help="Only lines of the last 10m, 2h, …")
@click.option("--grep", callback=not_empty, metavar="TEXT", help="Only lines that hold this text.")
@click.option("--timestamps", is_flag=True, help="In front of each line its time, its task and its stream.")
@click.option("--attempt", type=click.IntRange(min=1), metavar="N", help="Of this attempt, not the newest run.")
@output_option("text", "json")
@command
def logs(
    context: Context,
    name: str,
    follow: bool,
    task: int | None,
    failed: bool,
    tail: int | None,
    since: float | None,
    grep: str | None,
    timestamps: bool,
    attempt: int | None,
    output: str,
) -> None:
    """Print the log of a run.

    From the service or, when that has forgotten the run or its log or cannot be reached, from the archive, whose copy
    is checked. As JSON each line is an object.
    """
    from fused_spec.jobs.log_choice import LogChoice
    from fused_spec.views.documents.logs import log_entry
    from fused_spec.views.text.logs import log_line, stamped_line

    if follow and failed:
        raise click.UsageError("with --follow a task has printed its lines before it is known to fail; leave one out")
    since_ms = None if since is None else int((time.time() - since) * 1000)
    choice = LogChoice(task=task, failed=failed, text=grep, since_ms=since_ms, tail=tail)
    for line in _lines(context, name, attempt, choice, follow=follow):
        text = line.message.rstrip("\r\n")
        if output == "json":
            context.console.entry(log_entry(line.timestamp, line.task, line.stream, text))
        elif timestamps:
            context.console.result(stamped_line(line.timestamp, line.task, line.stream, text))
        else:
            context.console.result(log_line(text))
        if context.console.stdout_closed:
            return


def _lines(
    context: Context, name: str, attempt: int | None, choice: "LogChoice", *, follow: bool
) -> "Iterator[LogRecord]":
    from fused_spec.cli.runs.kept import find_kept
    from fused_spec.cli.runs.log_lines import archived_lines, log_lines, of_elements, with_elements
    from fused_spec.cli.runs.lookup import find_run, surroundings
    from fused_spec.errors import ServiceError

    try:
        around = surroundings(context)
        found = find_run(around, name, attempt=attempt)
    except ServiceError as error:
        kept = find_kept(context, name, attempt=attempt)
        if kept is None:
            raise
        context.console.warn(
            f"Note: {error}. This is from the archive: the run of {kept.receipt.created:%Y-%m-%d %H:%M} UTC."
        )
        part, warn = kept.receipt.part, context.console.warn
        yield from with_elements(archived_lines(kept.archive, kept.receipt, of_elements(choice, part), warn), part)
        return
    known = found.marker or found.receipt
    part = known.part if known is not None else None
    asked = of_elements(choice, part)
    lines = log_lines(around, found, asked, follow=follow, sleep=time.sleep, tell=context.console.warn)
    yield from with_elements(lines, part)
