"""Small pieces of English that several views share."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from fused_spec.messages.phrases import counted
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Plan
from fused_spec.views.words.shown import visible

ACTION_WORDS: Mapping[Action, str] = {
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

_REASONS = 4


def plan_summary(plan: Plan) -> str:
    """`Plan: 3 to start, 1 to replace, 5 unchanged.`, or `No changes. 5 unchanged: up to date.`"""
    begin, counts = plan_counts(plan)
    because = "" if plan.has_changes else unchanged_because(plan)
    return f"{begin} {counts}{f': {because}' if because else ''}."


def plan_counts(plan: Plan) -> tuple[str, str]:
    """`Plan:` or `No changes.`, and how many changes there are of each action."""
    counts = plan.summary()
    parts = [f"{counts[action]} {words}" for action, words in ACTION_WORDS.items() if action in counts]
    if not parts:
        return "Plan:", "nothing is declared"
    return "Plan:" if plan.has_changes else "No changes.", ", ".join(parts)


def unchanged_because(plan: Plan) -> str:
    """Why nothing is done about what stays as it is: `4 up to date, 1 runs only when named by --rerun`."""
    reasons = Counter(change.why for change in plan.changes if change.action is Action.NONE)
    if len(reasons) == 1:
        return visible(next(iter(reasons)))
    told = ", ".join(f"{number} {visible(why)}" for why, number in reasons.most_common(_REASONS))
    more = f" and {counted(len(reasons) - _REASONS, 'other reason')}" if len(reasons) > _REASONS else ""
    return told + more


def is_quiet(plan: Plan) -> bool:
    """Whether there is nothing at all to say but that nothing changes."""
    told = plan.warnings or plan.left or plan.moved or plan.outside
    return not told and all(change.action is Action.NONE for change in plan.changes)


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
