"""Plans for programs: what is to be done, what came of it, and how each job stands."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fused_spec.messages.redaction import redact
from fused_spec.plan.actions import Action
from fused_spec.plan.groups import Group, groups
from fused_spec.plan.model import ABSENT, Change, FieldChange, Left, PastRun, Plan, RemoteObject, Run
from fused_spec.reconcile.applying.outcome import Outcome
from fused_spec.views.changes.fields import shown_fields
from fused_spec.views.text.outcomes import Failure
from fused_spec.views.text.runs import declared_jobs, is_current
from fused_spec.views.words.shown import without_secrets

if TYPE_CHECKING:
    pass


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


def status_document(plan: Plan) -> dict[str, Any]:
    return {"target": redact(plan.target), "jobs": [_status(change) for change in declared_jobs(plan)]}


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


def apply_document(
    target: str, outcomes: Sequence[Outcome], exit_code: int, failed: Mapping[str, Failure] = MappingProxyType({})
) -> dict[str, Any]:
    """`failed` holds what is known of the runs that failed, by job id."""
    return {
        "target": redact(target),
        "outcomes": [_outcome(outcome, failed.get(outcome.job_id or "")) for outcome in outcomes],
        "exit_code": exit_code,
    }


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
