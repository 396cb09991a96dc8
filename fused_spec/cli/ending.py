"""How a command ends: an error in words on stderr, or as a document, with its exit code; and what it all took."""

import io
import os
from collections.abc import Sequence
from typing import Any

import click

from fused_spec.cli.terminal.context import current_console, current_context, current_stopwatch
from fused_spec.cli.terminal.report import write_report
from fused_spec.cli.terminal.suggestions import guided
from fused_spec.errors import Bug, FileTrouble, FusedSpecError, Interrupted, Misconfigured, SpecError
from fused_spec.views.documents.json import as_json, error_document, validate_document
from fused_spec.views.documents.timings import timings_line
from fused_spec.views.text.diagnostics import diagnostics_text
from fused_spec.views.text.errors import error_text
from fused_spec.views.text.timings import timings_text
from fused_spec.views.words.shown import visible_lines


def ended_by(error: Exception, arguments: Sequence[str], given: dict[str, Any]) -> int:
    """Tell what came out of a command; `given` are its global options. Returns the exit code."""
    match error:
        case click.exceptions.Abort():
            return _explain(Interrupted("interrupted"), given)
        case click.ClickException():
            return _correct(error, given)
        case FusedSpecError():
            return _explain(error, given)
        case OSError():
            return _explain(FileTrouble.of(error), given)
    return _confess(error, arguments, given)


def tell_timings(given: dict[str, Any]) -> None:
    """The last of all: what the command took, in a line for programs where its result is for them."""
    took = current_stopwatch(given).took()
    current_console(given).warn(timings_line(took) if given.get("output") == "json" else timings_text(took))


def _correct(error: click.ClickException, given: dict[str, Any]) -> int:
    """Say what is wrong with the command line."""
    told, shown = guided(error), io.StringIO()
    told.show(file=shown)
    current_console(given).warn(visible_lines(shown.getvalue()))
    return _as_document(Misconfigured(told.format_message()), given) or told.exit_code


def _explain(error: FusedSpecError, given: dict[str, Any]) -> int:
    """Say what went wrong on stderr, and with `--output json` also as a document on stdout."""
    console = current_console(given)
    not_written = _as_document(error, given)
    if isinstance(error, SpecError):
        lines = current_context(given).sources.line
        console.warn(diagnostics_text(error.diagnostics, source_line=lines, paint=console.paint))
    console.warn(error_text(error, paint=console.paint))
    return not_written or error.exit_code


def _as_document(error: FusedSpecError, given: dict[str, Any]) -> int:
    """Print it for scripts, where the command line could be read so far that it asks for one.

    Returns 0, or the exit code of a result that cannot be written: to a script an error without a document is that.
    """
    console = current_console(given)
    if given.get("output") == "json":
        document = _invalid(error) if isinstance(error, SpecError) else error_document(error)
        console.document(as_json(document))
    if given.get("output") == "markdown":
        from fused_spec.views.markdown.comment import error_markdown, problems_markdown

        # so that a comment never goes on showing an old plan
        comment = problems_markdown(error.diagnostics) if isinstance(error, SpecError) else error_markdown(error)
        console.result(comment.rstrip("\n"))
    try:
        console.finish()
    except FileTrouble as trouble:
        console.warn(error_text(trouble, paint=console.paint))
        return trouble.exit_code
    return 0


def _invalid(error: SpecError) -> dict[str, Any]:
    return validate_document(error.diagnostics, strict=error.strict)


def _confess(error: Exception, arguments: Sequence[str], given: dict[str, Any]) -> int:
    """Keep the traceback for a report; what a person sees is where it is and what to do."""
    try:
        report = f"the details are in {write_report(error, arguments, os.environ)}; look through them, then send them"
    except OSError as trouble:
        report = f"its details cannot be kept ({FileTrouble.of(trouble)}); send this line"
    what = f"fused-spec failed in a way that it should not ({type(error).__name__})"
    return _explain(Bug(what, hint=f"{report} along with a bug report"), given)
