"""Diagnostics as a Code Quality report, which GitLab shows in a merge request beside the lines that changed."""

import json
from collections.abc import Iterable
from typing import Any

from fused_spec.messages.codes.registry import id_of
from fused_spec.messages.diagnostics import Diagnostic, Severity
from fused_spec.views.documents.reports.fingerprints import with_fingerprints
from fused_spec.views.documents.runners import harmless_json
from fused_spec.views.words.shown import shown_diagnostic

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def code_quality_text(diagnostics: Iterable[Diagnostic]) -> str:
    """The report: a list with an entry for each problem; GitLab drops all but one of those with one fingerprint."""
    shown = map(shown_diagnostic, diagnostics)
    entries = [_entry(diagnostic, fingerprint) for diagnostic, fingerprint in with_fingerprints(shown)]
    return harmless_json(json.dumps(entries, indent=2, ensure_ascii=False))


def _entry(diagnostic: Diagnostic, fingerprint: str) -> dict[str, Any]:
    place = diagnostic.location
    hint = f" Hint: {diagnostic.hint}" if diagnostic.hint else ""
    return {
        "description": f"{id_of(diagnostic.code)}: {diagnostic.message}{hint}",
        "check_name": f"fused-spec/{diagnostic.code}",
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[diagnostic.severity],
        "location": {"path": place.path, "lines": {"begin": place.line}},
    }
