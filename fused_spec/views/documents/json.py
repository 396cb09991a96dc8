"""The JSON documents that scripts read; each has its schema in `schemas/output`.

A key once published keeps its name and meaning; more keys may be added. No value here holds a secret.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fused_spec.diagnostics import Diagnostic
from fused_spec.errors import FusedSpecError
from fused_spec.plan.actions import Action
from fused_spec.plan.groups import Group, groups
from fused_spec.plan.model import ABSENT, Change, FieldChange, Left, PastRun, Plan, RemoteObject, Run
from fused_spec.reconcile.applying.outcome import Outcome
from fused_spec.redaction import redact
from fused_spec.views.documents.runners import harmless_json
from fused_spec.views.text.outcomes import Failure
from fused_spec.views.text.runs import ListedRun, declared_jobs, is_current
from fused_spec.views.text.tokens import TokenState
from fused_spec.views.words.shown import shown_diagnostic, shown_fields, without_secrets

if TYPE_CHECKING:
    from fused_spec.reconcile.archive.folders import Check

FORMAT_VERSION = "1"


def as_json(document: Mapping[str, Any]) -> str:
    """The document as text, with its `format_version`; the order of keys is that of the code."""
    return harmless_json(json.dumps({"format_version": FORMAT_VERSION, **document}, indent=2, ensure_ascii=False))


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
        "groups": [_group(group) for group in groups(_told(plan)) if len(group.changes) > 1],
        "left": [_left(left) for left in plan.left],
    }


def _told(plan: Plan) -> Iterator[Change]:
    return (change for change in plan.changes if change.action is not Action.NONE)


def _group(group: Group) -> dict[str, Any]:
    return {
        "action": str(group.first.action),
        "reason": group.why,
        "keys": [str(change.key) for change in group.changes],
        "fields": [_field(field) for field in shown_fields(group.fields)],
        "varying": sorted(group.varying),
        "exceptions": [
            {"key": str(change.key), "fields": [_field(field) for field in shown_fields(fields)]}
            for change, fields in group.exceptions
        ],
    }


def _left(left: Left) -> dict[str, Any]:
    return {
        "kind": str(left.key.kind),
        "name": left.key.name,
        "said": left.said,
        "stays": [redact(address) for address in left.stays],
        "taken": [{"address": redact(address), "by": str(key)} for address, key in left.taken],
    }


def _run(run: Run | PastRun | RemoteObject | None) -> dict[str, Any] | None:
    if not isinstance(run, Run | PastRun):
        return None
    return {
        "job_id": run.job_id,
        "status": str(run.status),
        "ended": run.ended.isoformat() if run.ended else None,
        "ended_by": redact(run.ended_by) if run.ended_by else None,
        "error": redact(run.error) if run.error else None,
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
        "fields": [_field(field) for field in shown_fields(change.fields)],
        "notes": [redact(note) for note in change.notes],
        "last_run": _run(change.before),
    }


def _field(field: FieldChange) -> dict[str, Any]:
    sides = {"before": field.before, "after": field.after}
    absent = [side for side, value in sides.items() if value is ABSENT]
    return {
        "path": field.path,
        **{side: None if value is ABSENT else value for side, value in sides.items()},
        **({"absent": absent[0]} if absent else {}),
    }


def apply_document(
    target: str, outcomes: Sequence[Outcome], exit_code: int, failed: Mapping[str, Failure] = MappingProxyType({})
) -> dict[str, Any]:
    """`failed` holds what is known of the runs that failed, by job id."""
    return {
        "target": redact(target),
        "outcomes": [_outcome(outcome, failed.get(outcome.job_id or "")) for outcome in outcomes],
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
    return {
        "target": redact(target),
        "well": not any(token.problems for token in tokens),
        "tokens": [_token(token) for token in tokens],
    }


def _token(token: TokenState) -> dict[str, Any]:
    moments = {name: getattr(token, name) for name in ("made", "expires", "former_until")}
    return {**asdict(token), **{name: at and at.isoformat() for name, at in moments.items()}}


def _outcome(outcome: Outcome, failure: Failure | None) -> dict[str, Any]:
    error = outcome.error or (_why(failure, outcome) if failure else None)
    return {
        "kind": str(outcome.change.key.kind),
        "name": outcome.change.key.name,
        "action": str(outcome.change.action),
        "job_id": outcome.job_id,
        "status": str(outcome.status),
        "archive": outcome.archive,
        "error": redact(error) if error else None,
        "reason": outcome.change.why,
        "last_run": _run(outcome.last_run),
        "seconds": outcome.seconds,
        "failure": _failure(failure, outcome) if failure else None,
    }


def _why(failure: Failure, outcome: Outcome) -> str:
    """Why a run failed, in a line; its log may not tell."""
    raised = f"{failure.raised.type}: {failure.raised.message}" if failure.raised else None
    return failure.why or raised or f"the run is {outcome.status}, and its log does not tell why"


def _failure(failure: Failure, outcome: Outcome) -> dict[str, Any]:
    one, raised = failure.input, failure.raised
    return {
        "step": redact(failure.step) if failure.step else None,
        "input": {"index": one.index, "value": without_secrets(one.value)} if one else None,
        "exception": {"type": redact(raised.type), "message": redact(raised.message)} if raised else None,
        "seconds": outcome.seconds,
        "log": [redact(line) for line in failure.lines],
        "page": failure.link,
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
        "last_run": _run(change.before),
    }
