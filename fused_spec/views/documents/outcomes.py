"""Outcomes for programs: what came of each change, and why a run failed."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fused_spec.jobs.failures import Alike
from fused_spec.messages.redaction import redact
from fused_spec.plan.failing import placed
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus
from fused_spec.views.documents.plans import run_document, tasks_document
from fused_spec.views.text.outcomes import Failure
from fused_spec.views.words.shown import without_secrets


def apply_document(
    target: str, outcomes: Sequence[Outcome], exit_code: int, failed: Mapping[str, Failure] = MappingProxyType({})
) -> dict[str, Any]:
    """`failed` holds what is known of the runs that failed, by job id."""
    return {
        "target": redact(target),
        "outcomes": [_outcome(outcome, failed.get(outcome.run_id or "")) for outcome in outcomes],
        "exit_code": exit_code,
    }


def _outcome(outcome: Outcome, failure: Failure | None) -> dict[str, Any]:
    error = outcome.error or (_why(failure, outcome) if failure and _is_failed(outcome) else None)
    return {
        "kind": str(outcome.change.key.kind),
        "name": outcome.change.key.name,
        "action": str(outcome.change.action),
        "job_id": outcome.job_id,
        "status": str(outcome.status),
        "archive": outcome.archive,
        "error": redact(error) if error else None,
        "reason": outcome.change.why,
        "last_run": run_document(outcome.last_run),
        "seconds": outcome.seconds,
        "tasks": tasks_document(outcome.known_tasks),
        "failed_alike": [alike_document(one) for one in failure.alike] if failure else [],
        "ended_alike": [alike_document(one) for one in failure.ended] if failure else [],
        "failure": _failure(failure, outcome) if failure and _is_failed(outcome) else None,
    }


def _is_failed(outcome: Outcome) -> bool:
    """Whether the run itself failed: one that succeeded may have lost tasks."""
    return outcome.status not in (OutcomeStatus.SUCCEEDED, OutcomeStatus.UNCHANGED)


def alike_document(alike: Alike) -> dict[str, Any]:
    """Tasks that failed alike."""
    return {
        "error": redact(alike.error),
        "where": redact(alike.where) if alike.where else None,
        "count": alike.count,
        "inputs": list(alike.inputs),
    }


def _why(failure: Failure, outcome: Outcome) -> str:
    """Why a run failed, in a line; its log may not tell."""
    raised = f"{failure.raised.type}: {failure.raised.message}" if failure.raised else None
    if failure.why and failure.alike:
        return placed(failure.why, failure.alike[0].where)
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
