"""`plan`: compare the specs with the history."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.options import (
    archive_option,
    command,
    output_option,
    spec_paths,
    strict_option,
)
from fused_spec.cli.terminal.requests import request_options
from fused_spec.errors import EXIT_CHANGES, EXIT_OK
from fused_spec.system.timings import Phase

if TYPE_CHECKING:
    from fused_spec.plan.model import Requests


@click.command()
@spec_paths
@output_option("text", "json", "markdown")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Keep the plan for apply.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 4 when apply would change something.")
@strict_option
@archive_option
@command
@request_options
def plan(
    context: Context,
    paths: tuple[str, ...],
    output: str,
    out: Path | None,
    detailed_exitcode: bool,
    strict: bool,
    archive: str | None,
    requests: "Requests",
) -> int:
    """Show what apply would do, and why.

    Changes nothing. With --out the plan is kept in a file, for `apply --plan` to carry out exactly that.
    """
    with context.timings.phase(Phase.LOAD):
        from fused_spec.cli.applying.planning import find_workplace, make_plan, refuse_if_denied
        from fused_spec.views.documents.json import as_json
        from fused_spec.views.documents.plans import plan_document
        from fused_spec.views.markdown.comment import plan_markdown
        from fused_spec.views.text.plans import plan_text

    if out is not None:
        from fused_spec.cli.applying.plan_file import check_place

        check_place(context, out)
    place = find_workplace(context, paths, archive=archive, strict=strict)
    made = make_plan(context, place, requests)
    views: dict[str, Callable[[], str]] = {
        "text": lambda: plan_text(made, paint=context.console.paint_result),
        "json": lambda: as_json(plan_document(made)),
        "markdown": lambda: plan_markdown(made).rstrip("\n"),
    }
    with context.timings.phase(Phase.SHOW):
        context.console.result(views[output]())
    refuse_if_denied(context, made, place, strict=strict)
    if out is not None:
        from fused_spec.cli.applying.plan_file import write_plan

        write_plan(context, out, made, place, paths, requests)
    return EXIT_CHANGES if detailed_exitcode and made.has_changes else EXIT_OK
