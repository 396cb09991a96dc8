"""Small pieces of English that several views share."""

from collections.abc import Mapping
from datetime import UTC, datetime

from fused_spec.plan.model import Action, Plan

_TO_DO: Mapping[Action, str] = {
    Action.START: "to start",
    Action.REPLACE: "to replace",
    Action.QUEUE: "to queue",
    Action.CREATE: "to create",
    Action.UPDATE: "to update",
    Action.CANCEL: "to cancel",
    Action.DISABLE: "to disable",
    Action.DELETE: "to delete",
    Action.ATTACH: "running",
    Action.HOLD: "held",
    Action.WAIT: "waiting",
    Action.NONE: "unchanged",
}


def counted(number: int, noun: str) -> str:
    """`1 spec`, `2 specs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def plan_summary(plan: Plan) -> str:
    """`Plan: 3 to start, 1 to replace, 5 unchanged.`"""
    counts = plan.summary()
    parts = [f"{counts[action]} {words}" for action, words in _TO_DO.items() if action in counts]
    return f"Plan: {', '.join(parts) or 'nothing is declared'}."


def moment(when: datetime | None) -> str:
    """A point in time, in UTC and to the second; a dash when unknown."""
    return "-" if when is None else when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def duration(seconds: float) -> str:
    """`4s`, `3m 20s`, `2h 05m`."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m {rest:02d}s" if minutes < 60 else f"{minutes // 60}h {minutes % 60:02d}m"
