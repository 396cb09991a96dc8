"""The command `fused-spec`: its group, and the one place where errors become messages and exit codes."""

import io
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from fused_spec import __version__
from fused_spec.cli import archive, jobs, locking, planning, project, service, specs, tokens
from fused_spec.cli.console import give_up
from fused_spec.cli.options import current_console, current_context, global_options
from fused_spec.cli.report import write_report
from fused_spec.cli.suggestions import Guided, guided
from fused_spec.errors import Bug, FileTrouble, FusedSpecError, Interrupted, Misconfigured, SpecError
from fused_spec.views.documents.json import as_json, error_document, validate_document
from fused_spec.views.markdown.comment import error_markdown, problems_markdown
from fused_spec.views.text.diagnostics import diagnostics_text
from fused_spec.views.text.errors import error_text
from fused_spec.views.words.shown import visible_lines


class InOrder(Guided):
    """Lists its commands as they were added: in the order in which people meet them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@global_options
@click.version_option(__version__, prog_name="fused-spec")
def commands() -> None:
    """Declare Fused batch jobs in YAML; plan them, apply them, keep their logs.

    Begin with `fused-spec init`, then `fused-spec apply specs/`. Without an account everything runs on this machine.
    """


for _command in (
    project.init,
    specs.validate,
    specs.render,
    locking.lock,
    planning.plan,
    planning.apply,
    jobs.status,
    jobs.jobs,
    jobs.show,
    jobs.logs,
    jobs.wait,
    jobs.cancel,
    archive.archive,
    tokens.tokens,
    project.schema,
    service.serve,
):
    commands.add_command(_command)


def main() -> None:
    """The entry point of the installed command."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    _open_streams()
    code = run(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            give_up(stream)
            code = code or FileTrouble.exit_code
    sys.exit(code)


def _open_streams() -> None:
    """Have all three streams; one that was closed for us would else be the next file that is opened."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  # to the end
    for stream in (sys.stdout, sys.stderr):
        # A file name may hold bytes that are no text; showing it must not fail.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _interrupt(*_: object) -> None:
    """The first signal ends the work in order; the second ends the process at once."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(Interrupted.exit_code))
    raise KeyboardInterrupt


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns its exit code."""
    given: dict[str, Any] = {}
    if _asks_for_json(arguments):  # also where it cannot be read any further
        given["output"] = "json"
    try:
        return commands.main(arguments, prog_name="fused-spec", standalone_mode=False, obj=given) or 0
    except click.exceptions.Abort:
        return _explain(Interrupted("interrupted"), given)
    except click.ClickException as error:
        told, shown = guided(error), io.StringIO()
        told.show(file=shown)
        current_console(given).warn(visible_lines(shown.getvalue()))
        return _as_document(Misconfigured(told.format_message()), given) or told.exit_code
    except FusedSpecError as error:
        return _explain(error, given)
    except OSError as error:
        return _explain(FileTrouble.of(error), given)
    except Exception as error:  # noqa: BLE001  # the outermost boundary: whatever comes here is a bug of ours
        return _confess(error, arguments, given)


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
        document = validate_document(error.diagnostics) if isinstance(error, SpecError) else error_document(error)
        console.document(as_json(document))
    if given.get("output") == "markdown":  # so that a comment never goes on showing an old plan
        comment = problems_markdown(error.diagnostics) if isinstance(error, SpecError) else error_markdown(error)
        console.result(comment.rstrip("\n"))
    try:
        console.finish()
    except FileTrouble as trouble:
        console.warn(error_text(trouble, paint=console.paint))
        return trouble.exit_code
    return 0


def _asks_for_json(arguments: Sequence[str]) -> bool:
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    return any(pair == ("--output", "json") or pair[0] == "--output=json" for pair in pairs)


def _confess(error: Exception, arguments: Sequence[str], given: dict[str, Any]) -> int:
    """Keep the traceback for a report; what a person sees is where it is and what to do."""
    try:
        report = f"the details are in {write_report(error, arguments, os.environ)}; look through them, then send them"
    except OSError as trouble:
        report = f"its details cannot be kept ({FileTrouble.of(trouble)}); send this line"
    what = f"fused-spec failed in a way that it should not ({type(error).__name__})"
    return _explain(Bug(what, hint=f"{report} along with a bug report"), given)
