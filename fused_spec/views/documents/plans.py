"""Plans for programs: what is to be done, and how each job stands."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fused_spec.jobs.tasks import TaskCounts
from fused_spec.messages.redaction import redact
from fused_spec.plan.actions import Action
from fused_spec.plan.groups import Group, groups
from fused_spec.plan.model import ABSENT, Change, FieldChange, Left, PastRun, Plan, RemoteObject, Run
from fused_spec.views.changes.fields import shown_fields
from fused_spec.views.text.runs import declared_jobs, is_current

if TYPE_CHECKING:
    pass


def plan_document(plan: Plan) -> dict[str, Any]:
    return {
        "target": redact(plan.target),
        "changes": [_change(change) for change in plan.changes],
        "summary": plan.summary(),
        "outside": list(plan.outside),
        "warnings": list(plan.warnings),
        "groups": [_group(group) for group in groups(_told(plan)) if len(group.changes) > 1],
        "left": [_left(left) for left in plan.left],
        "moved": [
            {"kind": str(after.kind), "before": before.name, "after": after.name} for before, after in plan.moved
        ],
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
        "group": change.after.group if change.after is not None else None,
        "cell": dict(change.after.cell) if change.after is not None else {},
        "action": str(change.action),
        "reason": change.why,
        "sign": change.action.sign,
        "job_id": change.job_id,
        "digest": change.digest,
        "part": change.part.to_json() if change.part is not None else None,
        "fields": [_field(field) for field in shown_fields(change.fields)],
        "notes": [redact(note) for note in change.notes],
        "renamed_from": change.renamed_from,
        "last_run": run_document(change.before),
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
        "group": change.after.group if change.after is not None else None,
        "cell": dict(change.after.cell) if change.after is not None else {},
        "status": str(run.status) if run else None,
        "job_id": run.job_id if run else None,
        "created": run.created.isoformat() if isinstance(run, Run) else None,
        "current": is_current(change),
        "reason": change.why,
        "tasks": tasks_document(run.tasks) if run else None,
        "last_run": run_document(change.before),
    }


def tasks_document(tasks: TaskCounts | None) -> dict[str, int] | None:
    """How many tasks of a run ended how; null where nobody told."""
    if tasks is None:
        return None
    return {
        "total": tasks.total,
        "succeeded": tasks.succeeded,
        "failed": tasks.failed,
        "cancelled": tasks.cancelled,
        "not_started": tasks.not_started,
    }


def run_document(run: Run | PastRun | RemoteObject | None) -> dict[str, Any] | None:
    if not isinstance(run, Run | PastRun):
        return None
    return {
        "job_id": run.job_id,
        "status": str(run.status),
        "ended": run.ended.isoformat() if run.ended else None,
        "ended_by": redact(run.ended_by) if run.ended_by else None,
        "error": redact(run.error) if run.error else None,
    }
