"""`plan` and `apply`: compare the specs with the history, and carry out what differs."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fused_spec.cli.options import Context, Function, command, duration, output_option, spec_paths
from fused_spec.errors import EXIT_CHANGES, EXIT_OK

if TYPE_CHECKING:
    from fused_spec.plan.model import Requests

_ALL = "*"


def request_options(function: Function) -> Function:
    """What a person may ask for beyond the specs."""
    for option in (
        click.option("--prune", is_flag=True, help="Cancel runs and disable tokens of this project in no spec."),
        click.option(
            "--retry",
            multiple=True,
            is_flag=False,
            flag_value=_ALL,
            metavar="[NAME]",
            help="Start a held job again; without a NAME every one. Stands behind the paths.",
        ),
        click.option("--rerun", multiple=True, metavar="NAME", help="Start this job, whatever its last run."),
    ):
        function = option(function)
    return function


@click.command()
@spec_paths
@output_option("text", "json", "markdown")
@request_options
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 4 when apply would change something.")
@command
def plan(
    context: Context,
    paths: tuple[str, ...],
    output: str,
    rerun: tuple[str, ...],
    retry: tuple[str, ...],
    prune: bool,
    detailed_exitcode: bool,
) -> int:
    """Show what apply would do, and why.

    Changes nothing.
    """
    from fused_spec.cli.applying import make_plan
    from fused_spec.views.documents import as_json, plan_document
    from fused_spec.views.markdown import plan_markdown
    from fused_spec.views.plan_text import plan_text

    made = make_plan(context, paths, _requests(rerun, retry, prune)).plan
    views: dict[str, Callable[[], str]] = {
        "text": lambda: plan_text(made, paint=context.console.paint_result),
        "json": lambda: as_json(plan_document(made)),
        "markdown": lambda: plan_markdown(made).rstrip("\n"),
    }
    context.console.result(views[output]())
    return EXIT_CHANGES if detailed_exitcode and made.has_changes else EXIT_OK


@click.command()
@spec_paths
@output_option("text", "json")
@request_options
@click.option("--no-wait", is_flag=True, help="End once everything is started.")
@click.option("--timeout", callback=duration, metavar="D", help="How long to wait: 90s, 30m, 2h; runs go on then.")
@click.option("--parallelism", type=click.IntRange(1, 64), default=10, show_default=True, help="Calls at once.")
@click.option("--archive", type=click.Path(path_type=Path), metavar="DIR", help="Where receipts and logs are kept.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before changing a target other than local.")
@command
def apply(
    context: Context,
    paths: tuple[str, ...],
    output: str,
    rerun: tuple[str, ...],
    retry: tuple[str, ...],
    prune: bool,
    no_wait: bool,
    timeout: float | None,
    parallelism: int,
    archive: Path | None,
    yes: bool,
) -> int:
    """Carry out the plan, wait, and archive.

    Starts what is missing, follows every run, and keeps logs and receipts. Ctrl-C ends the waiting and no run; the
    next apply attaches to the runs.
    """
    from fused_spec.cli.applying import carry_out, confirm, last_log_lines, make_plan
    from fused_spec.reconcile.apply import Options
    from fused_spec.reconcile.outcome import exit_code
    from fused_spec.views.documents import apply_document, as_json
    from fused_spec.views.outcome_text import outcomes_text
    from fused_spec.views.plan_text import plan_text

    folder = context.cwd / archive.expanduser() if archive else None
    planned = make_plan(context, paths, _requests(rerun, retry, prune), archive=folder)
    console = context.console
    console.say(plan_text(planned.plan, paint=console.paint))
    confirm(context, planned, yes=yes)
    outcomes = carry_out(context, planned, Options(wait=not no_wait, timeout=timeout, parallelism=parallelism))
    code = exit_code(outcomes)
    if output == "json":
        console.result(as_json(apply_document(planned.plan.target, outcomes, code)))
    else:
        last_lines = last_log_lines(planned, outcomes)
        console.result(outcomes_text(outcomes, last_lines=last_lines, paint=console.paint_result))
    return code


def _requests(rerun: tuple[str, ...], retry: tuple[str, ...], prune: bool) -> "Requests":
    from fused_spec.plan.model import Requests

    names = frozenset(retry) - {_ALL}
    return Requests(rerun=frozenset(rerun), retry=names, retry_all=_ALL in retry, prune=prune)
