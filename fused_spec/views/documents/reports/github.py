"""Diagnostics as workflow commands, which GitHub Actions turns into annotations of the changed lines."""

from collections.abc import Iterable

from fused_spec.messages.codes.registry import id_of
from fused_spec.messages.diagnostics import Diagnostic, Severity
from fused_spec.views.documents.runners import without_brackets
from fused_spec.views.words.shown import shown_diagnostic


def annotations(diagnostics: Iterable[Diagnostic]) -> str:
    """One command per line, errors first: GitHub shows only the first ten of each step."""
    return "\n".join(map(_command, sorted(diagnostics, key=lambda diagnostic: not diagnostic.is_error)))


def _command(diagnostic: Diagnostic) -> str:
    diagnostic = shown_diagnostic(diagnostic)
    place = diagnostic.location
    properties = {"file": place.path, "line": place.line, "col": place.column, "title": _title(diagnostic)}
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    message = f"{diagnostic.message}\n{diagnostic.hint}" if diagnostic.hint else diagnostic.message
    command = "notice" if diagnostic.severity is Severity.NOTE else str(diagnostic.severity)
    return f"::{command} {listed}::{_text(message)}"


def _title(diagnostic: Diagnostic) -> str:
    return f"fused-spec {id_of(diagnostic.code)} {diagnostic.code}"


def _text(text: str) -> str:
    """The text as GitHub reads it back, on one line, with nothing in it that another runner would obey."""
    return without_brackets(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
