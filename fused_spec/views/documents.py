"""The JSON documents that scripts read; each has its schema in `schemas/output`.

A key once published keeps its name and meaning; more keys may be added. No value here holds a secret.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fused_spec.diagnostics import Diagnostic
from fused_spec.errors import FusedSpecError
from fused_spec.plan.model import Change, PastRun, Plan, Run
from fused_spec.reconcile.outcome import Outcome
from fused_spec.redaction import redact
from fused_spec.views.runs_text import ListedRun, declared_jobs, is_current
from fused_spec.views.shown import shown_diagnostic, shown_fields
from fused_spec.views.tokens_text import TokenState

if TYPE_CHECKING:
    from fused_spec.reconcile.archive import Check

FORMAT_VERSION = "1"


def as_json(document: Mapping[str, Any]) -> str:
    """The document as text, with its `format_version`; the order of keys is that of the code."""
    return json.dumps({"format_version": FORMAT_VERSION, **document}, indent=2, ensure_ascii=False)


def validate_document(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    return {
        "valid": not any(diagnostic.is_error for diagnostic in diagnostics),
        "diagnostics": [_diagnostic(shown_diagnostic(diagnostic)) for diagnostic in diagnostics],
    }


def error_document(error: FusedSpecError) -> dict[str, Any]:
    """What stands in place of a command's own document when it could not do its work."""
    hint = redact(error.hint) if error.hint else None
    return {"error": {"message": redact(str(error)), "hint": hint, "exit_code": error.exit_code}}


def verify_document(checks: Sequence["Check"]) -> dict[str, Any]:
    return {
        "verified": all(check.problem is None for check in checks),
        "runs": [{"folder": check.folder, "problem": check.problem, "missing": check.missing} for check in checks],
    }


def plan_document(plan: Plan) -> dict[str, Any]:
    return {
        "target": redact(plan.target),
        "changes": [_change(change) for change in plan.changes],
        "summary": plan.summary(),
        "warnings": list(plan.warnings),
    }


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "severity": str(diagnostic.severity),
        "code": diagnostic.code,
        "file": diagnostic.location.path,
        "line": diagnostic.location.line,
        "column": diagnostic.location.column,
        "path": diagnostic.pointer,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": str(change.key.kind),
        "name": change.key.name,
        "action": str(change.action),
        "reason": change.why,
        "sign": change.action.sign,
        "job_id": change.job_id,
        "digest": change.digest,
        "fields": [
            {"path": field.path, "before": field.before, "after": field.after} for field in shown_fields(change.fields)
        ],
    }


def apply_document(target: str, outcomes: Sequence[Outcome], exit_code: int) -> dict[str, Any]:
    return {
        "target": redact(target),
        "outcomes": [_outcome(outcome) for outcome in outcomes],
        "exit_code": exit_code,
    }


def status_document(plan: Plan) -> dict[str, Any]:
    return {"target": redact(plan.target), "jobs": [_status(change) for change in declared_jobs(plan)]}


def jobs_document(target: str, runs: Sequence[ListedRun]) -> dict[str, Any]:
    return {
        "target": redact(target),
        "jobs": [
            {
                "key": str(run.key) if run.key else None,
                "job_id": run.job_id,
                "status": str(run.status),
                "created": run.created.isoformat(),
                "attempt": run.attempt,
                "scope": run.scope,
                "copy_of": str(run.copy_of) if run.copy_of else None,
            }
            for run in runs
        ],
    }


def tokens_document(target: str, tokens: Sequence[TokenState]) -> dict[str, Any]:
    return {"target": redact(target), "tokens": [asdict(token) for token in tokens]}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "kind": str(outcome.change.key.kind),
        "name": outcome.change.key.name,
        "action": str(outcome.change.action),
        "job_id": outcome.job_id,
        "status": str(outcome.status),
        "archive": outcome.archive,
        "error": redact(outcome.error) if outcome.error else None,
        "reason": outcome.change.why,
    }


def _status(change: Change) -> dict[str, Any]:
    run = change.before if isinstance(change.before, Run | PastRun) else None
    return {
        "name": change.key.name,
        "status": str(run.status) if run else None,
        "job_id": run.job_id if run else None,
        "created": run.created.isoformat() if isinstance(run, Run) else None,
        "current": is_current(change),
        "reason": change.why,
    }
