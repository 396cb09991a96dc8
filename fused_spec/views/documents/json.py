"""The JSON documents that scripts read; each has its schema in `schemas/output`. What any command may print is here.

A key once published keeps its name and meaning; more keys may be added. No value here holds a secret.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fused_spec.errors import FusedSpecError
from fused_spec.messages.codes.registry import id_of
from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.messages.redaction import redact
from fused_spec.views.documents.runners import harmless_json
from fused_spec.views.words.shown import shown_diagnostic

FORMAT_VERSION = "1"


def as_json(document: Mapping[str, Any]) -> str:
    """The document as text, with its `format_version`; the order of keys is that of the code."""
    return harmless_json(json.dumps({"format_version": FORMAT_VERSION, **document}, indent=2, ensure_ascii=False))


def validate_document(diagnostics: Sequence[Diagnostic], *, strict: bool = False) -> dict[str, Any]:
    return {
        "valid": not any(diagnostic.invalidates(strict=strict) for diagnostic in diagnostics),
        "diagnostics": [_diagnostic(shown_diagnostic(diagnostic)) for diagnostic in diagnostics],
    }


def error_document(error: FusedSpecError) -> dict[str, Any]:
    """What stands in place of a command's own document when it could not do its work."""
    hint = redact(error.hint) if error.hint else None
    return {"error": {"message": redact(str(error)), "hint": hint, "exit_code": error.exit_code}}


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "severity": str(diagnostic.severity),
        "code": diagnostic.code,
        "id": id_of(diagnostic.code),
        "file": diagnostic.location.path,
        "line": diagnostic.location.line,
        "column": diagnostic.location.column,
        "path": diagnostic.pointer,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }
