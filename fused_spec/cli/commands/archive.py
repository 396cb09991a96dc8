"""`archive`, `report`: look after the receipts and logs that applies have kept, and make a page of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.naming import Noun, naming
from fused_spec.cli.terminal.options import archive_option, command, duration, output_option
from fused_spec.cli.terminal.suggestions import Guided
from fused_spec.errors import EXIT_OK, JobFailed

if TYPE_CHECKING:
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.spec.model import Project
    from fused_spec.views.pages.data import Made


@click.group(cls=Guided)
def archive() -> None:
    """Look after the receipts and logs that were kept."""


@click.command()
@click.argument("name", required=False, metavar="[NAME|JOB_ID]", shell_complete=naming(Noun.RUN))
@click.option("--since", callback=duration, metavar="D", help="Every run of the last 12h, 7d, …")
@click.option("--data", is_flag=True, help="And what it made, on a map: asks the service.")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="FILE.html", help="The page.")
@archive_option
@command
def report(context: Context, name: str | None, since: float | None, data: bool, out: Path, archive: str | None) -> None:
    """Write a page of runs that were archived.

    Of one run, or of all since a time: outcomes, timeline, tasks, errors, the end of logs, facts, maps, cost. One file
    that needs no network. Asks no service, unless with --data.
    """
    from fused_spec.messages.phrases import counted
    from fused_spec.spec.resolving.prices import PRICES
    from fused_spec.system.drafts import written_whole
    from fused_spec.views.pages.gathering import newest_of, page_data, since_then
    from fused_spec.views.pages.report import report as made

    if (name is None) == (since is None):
        raise click.UsageError("name one run, or give --since, as --since 7d")
    if data and name is None:
        raise click.UsageError("--data is what one run made: name that, without --since")
    if out.suffix.lower() not in (".html", ".htm"):
        raise click.UsageError(f"a report is a page: give the file the ending .html, not {out.suffix or 'none'}")
    project, kept = _kept(context, archive)
    if name is not None:
        receipts = [newest_of(name, kept)]
        title = f"{receipts[0].key.name}: run {receipts[0].job_id[:8]}"
    else:
        assert since is not None
        receipts = since_then(datetime.now(UTC) - timedelta(seconds=since), kept)
        title = f"{project.name}: {counted(len(receipts), 'run')}"
    outputs = {receipts[0].job_id: _made(context, receipts[0].job_id)} if data else {}
    page = made(page_data(title, receipts, kept, {**PRICES, **project.prices}, outputs))
    written_whole(context.cwd / out, lambda draft: draft.write_bytes(page))
    context.console.say(f"{out}: {counted(len(receipts), 'run')}, {len(page):,} bytes")


@archive.command()
@archive_option
@output_option("text", "json")
@command
def verify(context: Context, archive: str | None, output: str) -> int:
    """Check every kept log against its receipt.

    Asks no service. Exits with 1 when a log is gone or changed, or a receipt cannot be read.
    """
    from fused_spec.views.documents.json import as_json
    from fused_spec.views.documents.lists import verify_document
    from fused_spec.views.text.archive import verified_text

    _, kept = _kept(context, archive)
    checks = list(kept.check())
    as_text = as_json(verify_document(checks)) if output == "json" else verified_text(checks)
    context.console.result(as_text)
    return EXIT_OK if all(check.problem is None for check in checks) else JobFailed.exit_code


def _made(context: Context, job_id: str) -> "Made":
    from fused_spec.cli.outputs.reported import made_by
    from fused_spec.cli.runs.lookup import surroundings

    return made_by(surroundings(context), job_id)


def _kept(context: Context, archive: str | None) -> "tuple[Project, Archive]":
    """The project of the current folder, and what is archived for it, whatever the service."""
    from fused_spec.cli.runs.lookup import current_project
    from fused_spec.cli.targets.memory import archive_place
    from fused_spec.cli.targets.target import find_target
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.store.stores import open_store

    project = current_project(context)
    project = project.at(find_target(context, project))
    return project, Archive(open_store(archive or archive_place(project)), project.scope)
