"""`status`, `jobs`, `show`, `logs`, `wait`, `cancel`: look at runs, and end them."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.naming import Noun, naming
from fused_spec.cli.terminal.options import command, duration, map_option, not_empty, output_option, value_options
from fused_spec.errors import EXIT_OK, JobFailed
from fused_spec.system.timings import Phase

if TYPE_CHECKING:
    from fused_spec.cli.runs.lookup import FoundRun, Surroundings

_names = click.argument("names", nargs=-1, required=True, metavar="NAME|JOB_ID...", shell_complete=naming(Noun.RUN))
_name = click.argument("name", metavar="NAME|JOB_ID", shell_complete=naming(Noun.RUN))


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]", shell_complete=naming(Noun.FILE))
@value_options
@output_option("text", "json")
@click.option("--all-targets", is_flag=True, help="At every target of the project; exits with 8 if one is not read.")
@command
def status(context: Context, paths: tuple[str, ...], output: str, all_targets: bool) -> int:
    """Show the newest run of each declared job.

    And whether it is of what the spec declares now. Without a PATH the specs are those in specs/, or else those here.
    """
    if all_targets:
        return _status_everywhere(context, paths, output)
    with context.timings.phase(Phase.LOAD):
        from fused_spec.cli.applying.planning import find_workplace, make_plan
        from fused_spec.cli.specs.reading import here
        from fused_spec.plan.model import Requests
        from fused_spec.views.documents.json import as_json
        from fused_spec.views.documents.plans import status_document
        from fused_spec.views.text.runs import status_text

    plan = make_plan(context, find_workplace(context, here(context, paths)), Requests())
    with context.timings.phase(Phase.SHOW):
        context.console.result(as_json(status_document(plan)) if output == "json" else status_text(plan))
    return EXIT_OK


def _status_everywhere(context: Context, paths: tuple[str, ...], output: str) -> int:
    from fused_spec.cli.applying.everywhere import standings
    from fused_spec.cli.specs.reading import here
    from fused_spec.views.documents.json import as_json
    from fused_spec.views.documents.standings import standings_document, standings_text

    if context.target is not None or context.base_url is not None:
        raise click.UsageError("name one target, or with --all-targets none")
    found = standings(context, here(context, paths))
    context.console.result(as_json(standings_document(found)) if output == "json" else standings_text(found))
    return max((one.error.exit_code for one in found if one.error is not None), default=EXIT_OK)


@click.command()
@click.option("-n", "number", type=click.IntRange(min=1), default=20, show_default=True, help="How many.")
@output_option("text", "json")
@command
def jobs(context: Context, number: int, output: str) -> None:
    """List the newest runs of the history.

    Also those that fused-spec did not start.
    """
    with context.timings.phase(Phase.LOAD):
        from fused_spec.cli.runs.lookup import marked_jobs, surroundings
        from fused_spec.reconcile.history.statuses import status_of
        from fused_spec.reconcile.marking.copies import copies_in
        from fused_spec.views.documents.json import as_json
        from fused_spec.views.documents.lists import jobs_document
        from fused_spec.views.text.runs import ListedRun, jobs_text

    around = surroundings(context)
    with context.timings.phase(Phase.REFRESH):
        listing = list(around.api.get_jobs(number, per_request=min(number, 50), max_requests=None))
        marked = list(marked_jobs(around, listing))
    copies = copies_in(marked)
    runs = [
        ListedRun(
            job_id=job.id,
            status=status_of(around.api, job),
            created=job.creation_date,
            key=marker.key if marker and job.id not in copies else None,
            scope=marker.scope if marker and job.id not in copies else None,
            attempt=marker.attempt if marker and job.id not in copies else None,
            copy_of=marker.key if marker and job.id in copies else None,
        )
        for job, marker in marked
    ]
    as_text = as_json(jobs_document(around.target.name, runs)) if output == "json" else jobs_text(runs)
    context.console.result(as_text)


@click.command()
@_name
@click.option("--diff", "other", metavar="RUN", shell_complete=naming(Noun.RUN), help="What its results differ in.")
@map_option("With --diff, draw both:")
@output_option("text", "json")
@command
def show(context: Context, name: str, other: str | None, map_file: Path | None, output: str) -> None:
    """Show one run in detail.

    What it was started with, how it stands, its results and its archive. With --diff RUN instead, what its results
    differ in from those of RUN: rows, columns, bounds, and how values are distributed.
    """
    from fused_spec.cli.outputs.showing import shown_outputs
    from fused_spec.cli.runs.details import run_details
    from fused_spec.cli.runs.lookup import find_run, surroundings
    from fused_spec.messages.redaction import masked
    from fused_spec.views.documents.json import as_json
    from fused_spec.views.text.outputs import shown_outputs_lines
    from fused_spec.views.text.runs import show_text

    if map_file is not None and other is None:
        raise click.UsageError("--map is for --diff RUN; `fused-spec results NAME --map FILE` draws one run")
    around = surroundings(context)
    found = find_run(around, name)
    if other is not None:
        _show_differences(context, around, find_run(around, other), found, map_file, output)
        return
    shown = shown_outputs(around, found)
    details = masked({**run_details(around, found), **shown.document()}, around.mask)
    lines = list(shown_outputs_lines(shown.outputs, shown.left))
    context.console.result(as_json(details) if output == "json" else show_text(details, lines))


def _show_differences(
    context: Context,
    around: "Surroundings",
    before: "FoundRun",
    after: "FoundRun",
    map_file: Path | None,
    output: str,
) -> None:
    from fused_spec.cli.outputs.comparing import compare
    from fused_spec.messages.redaction import masked
    from fused_spec.views.documents.json import as_json
    from fused_spec.views.documents.outputs import differences_document
    from fused_spec.views.text.output_differences import output_differences_text

    found = compare(around, before, after)
    if map_file is not None:
        from fused_spec.cli.outputs.drawing import draw_file
        from fused_spec.cli.outputs.mapping import map_of_both

        title = f"{after.name}: {before.job_id[:8]} and {after.job_id[:8]}"
        draw_file(context, map_of_both(title, found.before, found.after, ()), map_file)
    if output == "json":
        document = differences_document(before.job_id, after.job_id, found.differences, found.unread)
        context.console.result(as_json(masked(document, around.mask)))
    else:
        text = output_differences_text(before.job_id, after.job_id, found.differences, found.unread)
        context.console.result(around.mask(text))


@click.command()
@_name
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
    from fused_spec.cli.runs.log_lines import lines_of
    from fused_spec.jobs.log_choice import LogChoice
    from fused_spec.views.documents.lists import log_entry
    from fused_spec.views.text.logs import log_line, stamped_line

    if follow and failed:
        raise click.UsageError("with --follow a task has printed its lines before it is known to fail; leave one out")
    since_ms = None if since is None else int((time.time() - since) * 1000)
    choice = LogChoice(task=task, failed=failed, text=grep, since_ms=since_ms, tail=tail)
    for line in lines_of(context, name, choice, attempt=attempt, follow=follow, sleep=time.sleep):
        text = line.message.rstrip("\r\n")
        if output == "json":
            context.console.entry(log_entry(line.timestamp, line.task, line.stream, text))
        elif timestamps:
            context.console.result(stamped_line(line.timestamp, line.task, line.stream, text))
        else:
            context.console.result(log_line(text))
        if context.console.stdout_closed:
            return


@click.command()
@_names
@click.option("--timeout", callback=duration, metavar="D", help="How long: 90s, 30m, 2h; for ever without it.")
@command
def wait(context: Context, names: tuple[str, ...], timeout: float | None) -> int:
    """Wait until runs have ended.

    Exits with 1 when one did not succeed, with 5 when time is up.
    """
    from fused_spec.cli.runs.following import ended_status
    from fused_spec.cli.runs.lookup import find_run, surroundings
    from fused_spec.jobs.status import RunStatus
    from fused_spec.system.polling import Deadline

    around = surroundings(context)
    deadline = Deadline(timeout)
    succeeded = True
    for found in [find_run(around, name) for name in names]:
        with context.timings.phase(Phase.WAIT):
            how = ended_status(around.api, found, deadline, sleep=time.sleep)
        context.console.result(f"{found.name} {how} ({found.job_id})")
        succeeded = succeeded and how is RunStatus.SUCCEEDED
    return EXIT_OK if succeeded else JobFailed.exit_code


@click.command()
@_names
@click.option("--timeout", callback=duration, default="2m", show_default=True, metavar="D", help="How long to wait.")
@command
def cancel(context: Context, names: tuple[str, ...], timeout: float) -> None:
    """Cancel runs, and wait until they have ended.

    One that has ended before is left as it is.
    """
    from fused_spec.cli.runs.lookup import find_run, surroundings

    around = surroundings(context)
    for found in [find_run(around, name) for name in names]:
        _cancel(context, around, found, timeout)


def _cancel(context: Context, around: "Surroundings", found: "FoundRun", timeout: float) -> None:
    from fused_spec.api.client import FusedAPI
    from fused_spec.cli.applying.lock import who
    from fused_spec.cli.runs.following import ended_status, run_status_of
    from fused_spec.cli.targets.memory import only_said
    from fused_spec.cli.targets.target import connect
    from fused_spec.system.polling import Deadline

    if not run_status_of(around.api, found).in_flight:
        context.console.result(f"{found.name} has ended before ({found.job_id})")
        return
    connect(FusedAPI, around.target, context, around.project).cancel_job(found.job_id)
    with only_said(context.console, "later plans will not tell who cancelled it"):
        around.cancels.note(found.job_id, f"by `fused-spec cancel` {who(context.env)}")
    with context.timings.phase(Phase.WAIT):
        how = ended_status(around.api, found, Deadline(timeout), sleep=time.sleep)
    context.console.result(f"{found.name} {how} ({found.job_id})")
