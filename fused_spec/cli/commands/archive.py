"""`archive`: look after the receipts and logs that applies have kept."""

import click

from fused_spec.cli.terminal.context import Context
from fused_spec.cli.terminal.options import archive_option, command, output_option
from fused_spec.cli.terminal.suggestions import Guided
from fused_spec.errors import EXIT_OK, JobFailed


@click.group(cls=Guided)
def archive() -> None:
    """Look after the receipts and logs that were kept."""


@archive.command()
@archive_option
@output_option("text", "json")
@command
def verify(context: Context, archive: str | None, output: str) -> int:
    """Check every kept log against its receipt.

    Asks no service. Exits with 1 when a log is gone or changed, or a receipt cannot be read.
    """
    from fused_spec.cli.runs.lookup import current_project
    from fused_spec.cli.targets.memory import archive_place
    from fused_spec.cli.targets.target import find_target
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.store.stores import open_store
    from fused_spec.views.documents.json import as_json
    from fused_spec.views.documents.lists import verify_document
    from fused_spec.views.text.archive import verified_text

    project = current_project(context)
    scope = project.at(find_target(context, project)).scope
    checks = list(Archive(open_store(archive or archive_place(project)), scope).check())
    as_text = as_json(verify_document(checks)) if output == "json" else verified_text(checks)
    context.console.result(as_text)
    return EXIT_OK if all(check.problem is None for check in checks) else JobFailed.exit_code
