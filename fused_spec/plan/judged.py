"""What the policies of a project say of a plan: its facts, those of each of its changes, and what is found."""

import math
from collections.abc import Mapping
from typing import Any

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Change, Plan
from fused_spec.spec.model import DesiredJob, Kind, Resolution

_STARTS = (Action.START, Action.REPLACE, Action.QUEUE)
_CANCELS = (Action.CANCEL, Action.REPLACE)


def judged(plan: Plan, resolution: Resolution) -> list[Diagnostic]:
    """Everything that is denied or warned of; nothing where no policy is on plans."""
    if resolution.judge is None:
        return []
    from fused_spec.spec.policies.judge import Subject  # with CEL, which most projects have no need of

    facts = {"plan": plan_facts(plan)}
    changes = [
        Subject(
            facts={**facts, "change": change_facts(change)},
            names=_names(change),
            location=change.after.origin if change.after is not None else None,
        )
        for change in plan.changes
    ]
    return list(resolution.judge.plan(Subject(facts={**facts, "change": {}}, names=("plan",)), changes))


def plan_facts(plan: Plan) -> Mapping[str, Any]:
    """What is told of a plan as a whole; `cost.max` is infinite where a job that starts has no `run.max_cost`."""
    actions = [change.action for change in plan.changes]
    bounds = [_bound(change) for change in plan.changes if _is_started(change)]
    return {
        "changes": sum(action.changes_something for action in actions),
        "starts": len(bounds),
        "cancels": sum(action in _CANCELS for action in actions),
        "creates": actions.count(Action.CREATE),
        "updates": actions.count(Action.UPDATE),
        "disables": actions.count(Action.DISABLE),
        "deletes": actions.count(Action.DELETE),
        "holds": actions.count(Action.HOLD),
        "cost": {"max": math.fsum(bounds)},
    }


def change_facts(change: Change) -> Mapping[str, Any]:
    """What is told of one change; `group` and `cell` are those of a matrix."""
    after = change.after
    facts: dict[str, Any] = {
        "action": str(change.action),
        "reason": change.reason.name.lower().replace("_", "-"),
        "kind": str(change.key.kind),
        "name": change.key.name,
        "labels": dict(after.labels) if after is not None else {},
        "cell": dict(after.cell) if after is not None else {},
        "cost": {"max": _bound(change) if _is_started(change) else 0.0},
    }
    if after is not None and after.group is not None:
        facts["group"] = after.group
    return facts


def _is_started(change: Change) -> bool:
    return change.key.kind is Kind.JOB and change.action in _STARTS


def _bound(change: Change) -> float:
    most = change.after.run.max_cost if isinstance(change.after, DesiredJob) else None
    return math.inf if most is None else float(most)


def _names(change: Change) -> tuple[str, ...]:
    group = change.after.group if change.after is not None else None
    kind = change.key.kind
    return (str(change.key),) if group is None else (str(change.key), f"{kind}/{group}")
