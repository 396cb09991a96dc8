"""Diagnostics as SARIF 2.1.0, which code scanning reads (GitHub shows it beside the changed line)."""

import json
from collections.abc import Iterable
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from fused_spec.messages.codes.registry import entries, id_of
from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.views.documents.reports.fingerprints import fingerprint
from fused_spec.views.documents.runners import harmless_json
from fused_spec.views.markdown.codes import entry_markdown
from fused_spec.views.text.codes import entry_text
from fused_spec.views.words.shown import shown_diagnostic

_MOST = 5000  # what GitHub shows of one run


def sarif_text(diagnostics: Iterable[Diagnostic], *, version: str) -> str:
    """The SARIF file as one line of JSON, since its size is limited."""
    document = sarif_document(diagnostics, version=version)
    return harmless_json(json.dumps(document, separators=(",", ":"), ensure_ascii=False))


def sarif_document(diagnostics: Iterable[Diagnostic], *, version: str) -> dict[str, Any]:
    """One run with one result per problem, errors first."""
    results = sorted(diagnostics, key=lambda diagnostic: not diagnostic.is_error)[:_MOST]
    rules = sorted({diagnostic.code for diagnostic in results}, key=id_of)
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "fused-spec", "version": version, "rules": list(map(_rule, rules))}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(diagnostic) for diagnostic in results],
            }
        ],
    }


def _result(diagnostic: Diagnostic) -> dict[str, Any]:
    diagnostic = shown_diagnostic(diagnostic)
    place = diagnostic.location
    hint = f" Hint: {diagnostic.hint}" if diagnostic.hint else ""
    return {
        "ruleId": id_of(diagnostic.code),
        "level": str(diagnostic.severity),
        "message": {"text": diagnostic.message + hint},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": _uri(place.path)},
                    "region": {"startLine": place.line, "startColumn": place.column},
                }
            }
        ],
        "partialFingerprints": {"problem/v1": fingerprint(diagnostic)},
    }


def _rule(code: str) -> dict[str, Any]:
    """What is said of a sort of problem wherever one is shown."""
    entry = entries().get(code)
    if entry is None:
        return {"id": code}
    return {
        "id": entry.id,
        "name": entry.code,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.cause},
        "help": {"text": entry_text(entry), "markdown": entry_markdown(entry)},
    }


def _uri(path: str) -> str:
    """From the root of the repository, as who reads it takes it; a file outside of that by its absolute address, and
    one of another repository by what it is called there."""
    if "://" in path:
        return quote(path, safe="/:@")
    scheme = "file://" if path.startswith("/") else ""
    return scheme + quote(PurePath(path).as_posix())
