"""`apply`: compare the specs with the history, and carry out what differs."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import replace

from fused_spec.cli.terminal.context import Context, Values
from fused_spec.cli.terminal.naming import Noun, naming
from fused_spec.cli.terminal.options import (
    amount,
    archive_option,
    command,
    duration,
    lock_timeout_option,
    output_option,
    value_options,
    yes_option,
)
from fused_spec.cli.terminal.requests import request_options
from fused_spec.messages.redaction import redact
from fused_spec.system.timings import Phase

if TYPE_CHECKING:
    from fused_spec.cli.applying.plan_file import PlanToApply
    from fused_spec.plan.model import Requests
    from fused_spec.reconcile.applying.events import Event
    from fused_spec.reconcile.applying.options import Options


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH...]", shell_complete=naming(Noun.FILE))
@value_options
@output_option("text", "json")
@click.option("--plan", "plan_file", type=click.Path(path_type=Path), metavar="FILE", help="Carry out this plan alone.")
@click.option(
    "--adopt",
    multiple=True,
    metavar="NAME",
    shell_complete=naming(Noun.RUN),
    help="Take a job's forgotten run for done.",
)
@lock_timeout_option
@click.option("--no-wait", is_flag=True, help="End once everything is started.")
@click.option("--timeout", callback=duration, metavar="D", help="How long to wait: 90s, 30m, 2h; runs go on then.")
@click.option("--max-duration", callback=duration, metavar="D", help="Cancel this apply's runs after so long.")
@click.option("--max-cost", callback=amount, metavar="USD", help="Cancel them past that.")
@click.option("--parallelism", type=click.IntRange(1, 64), default=10, show_default=True, help="Calls at once.")
@click.option("--max-running", type=click.IntRange(min=1), metavar="N", help="No more runs beside each other.")
@archive_option
@yes_option
@command
@request_options
def apply(
    context: Context,
    paths: tuple[str, ...],
    output: str,
    plan_file: Path | None,
    adopt: tuple[str, ...],
    lock_timeout: float | None,
    no_wait: bool,
    timeout: float | None,
    max_duration: float | None,
    max_cost: float | None,
    parallelism: int,
    max_running: int | None,
    archive: str | None,
    yes: bool,
    requests: "Requests",
) -> int:
    """Carry out the plan, wait, and archive.

    Starts what is missing, follows every run, and keeps logs and receipts. Ctrl-C ends the waiting and no run; the
    next apply attaches to the runs. One apply is at work at a time.
    """
    with context.timings.phase(Phase.LOAD):
        from fused_spec.cli.applying.plan_file import read_plan
        from fused_spec.reconcile.applying.options import Options

    if bool(paths) == (plan_file is not None):
        raise click.UsageError("name the specs, or with --plan the plan; not both")
    saved = read_plan(context, plan_file) if plan_file is not None else None
    if saved is not None:
        if context.values != Values():
            raise click.UsageError("a kept plan has its own values; leave --var, --var-file and --as-of out")
        paths, requests, context = saved.plan.paths, saved.requests, replace(context, values=saved.values)
    options = Options(
        wait=not no_wait,
        timeout=timeout,
        max_duration=max_duration,
        max_cost=max_cost,
        parallelism=parallelism,
        max_running=max_running,
    )
    asked = _Asked(
        requests=requests,
        adopted=frozenset(adopt),
        saved=saved,
        yes=yes or saved is not None,
        lock_timeout=lock_timeout or 0.0,
    )
    return _apply(context, paths, archive, asked, options, output)


class _Asked(Struct, frozen=True, kw_only=True):
    """What a person asked of an apply."""

    requests: "Requests"
    adopted: frozenset[str]
    saved: "PlanToApply | None"
    yes: bool
    lock_timeout: float


def _apply(
    context: Context, paths: tuple[str, ...], archive: str | None, asked: _Asked, options: "Options", output: str
) -> int:
    with context.timings.phase(Phase.LOAD):
        from fused_spec.cli.applying.acting import begin, plan_at, write_down
        from fused_spec.cli.applying.lock import only_apply
        from fused_spec.cli.applying.planning import find_workplace, refuse_if_denied
        from fused_spec.cli.applying.session import carry_out, connect_to, open_site, service_clock
        from fused_spec.cli.runs.failures import failures
        from fused_spec.cli.terminal.asking import confirm
        from fused_spec.reconcile.applying.outcome import exit_code
        from fused_spec.spec.resolving.prices import PRICES
        from fused_spec.views.documents.json import as_json
        from fused_spec.views.documents.outcomes import apply_document
        from fused_spec.views.text.outcomes import outcomes_text
        from fused_spec.views.text.plans import plan_text

    console = context.console
    with ExitStack() as stack:
        place = find_workplace(context, paths, archive=archive)
        if asked.saved is not None:
            asked.saved.refuse_if_foreign(place)
        api = connect_to(context, place)
        lock = only_apply(
            place.kept, context.env, now=service_clock(api), timeout=asked.lock_timeout, tell=console.warn
        )
        with context.timings.phase(Phase.LOCK):
            may_act = stack.enter_context(lock)
        site = open_site(context, place, api, may_act)
        made = plan_at(place, site, asked.requests, asked.adopted)
        refuse_if_denied(context, made, place)
        if asked.saved is not None:
            asked.saved.refuse_if_moved(context, made, place)
        console.say(plan_text(made, paint=console.paint))
        if made.has_changes:
            question, declined = f"Apply to {place.target.name}?", "nothing was started"
            confirm(
                context, place.target, question, yes=asked.yes, otherwise=declined, hint="-y applies without asking"
            )
        begin(place, made, api)
        priced = replace(options, prices={**PRICES, **place.resolution.project.prices})
        heard: list[Event] = []
        with context.timings.phase(Phase.APPLY):
            outcomes = carry_out(context, made, site.seeing(made.seen), priced, hear=heard.append)
        failed = failures(site, outcomes, link=not place.target.is_local)
        write_down(context, place, made, outcomes, heard)
    code = exit_code(outcomes)
    with context.timings.phase(Phase.SHOW):
        if output == "json":
            console.result(as_json(apply_document(made.target, outcomes, code, failed)))
        else:
            again = _again(context, paths, archive)
            console.result(outcomes_text(outcomes, failed=failed, again=again, paint=console.paint_result))
    return code


def _again(context: Context, paths: tuple[str, ...], archive: str | None) -> str:
    """This apply as a person would type it again, without what it asked for beyond the specs."""
    import shlex

    places = {"--target": context.target, "--base-url": context.base_url, "--archive": archive}
    given = [word for option, place in places.items() if place is not None for word in (option, redact(place))]
    return shlex.join(["fused-spec", "apply", *paths, *given, *context.values.as_options()])
