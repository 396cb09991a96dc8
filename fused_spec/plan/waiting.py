"""What a change needs before it can be carried out, and what nothing that needs it has to hope for."""

from collections.abc import Mapping

from msgspec.structs import replace

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change
from fused_spec.spec.model import Key
from fused_spec.spec.relations.graph import needs_of

_NEEDING = frozenset({Action.START, Action.REPLACE, Action.QUEUE, Action.CREATE, Action.UPDATE})


def needs_to_act(change: Change) -> tuple[Key, ...]:
    """What this change has to wait for: only what starts or makes something needs anything."""
    return needs_of(change.after) if change.action in _NEEDING and change.after is not None else ()


def is_there_already(change: Change) -> bool:
    """Whether what needs this may start although nothing is done about it: it succeeded, or was made, earlier."""
    return change.before is not None and getattr(change.before, "status", None) in (None, RunStatus.SUCCEEDED)


def waiting(change: Change, planned: Mapping[Key, Change]) -> Change:
    """The change, or the waiting in its place when apply would skip it for what `planned` says of its needs."""
    for key in needs_to_act(change):
        need = planned.get(key)
        state = None if need is None else _never_done(need)
        if state is not None:
            sentence = f"waits for {key}, which {state}"
            return replace(change, action=Action.WAIT, reason=Reason.WAITS, detail=sentence)
    return change


def _never_done(need: Change) -> str | None:
    """Why this apply will not bring it to succeed; None while it may."""
    match need.action:
        case Action.HOLD:
            return "is held"
        case Action.WAIT:
            return need.why.partition(", which")[0]
        case Action.NONE if need.reason is Reason.MANUAL and not is_there_already(need):
            return "runs only when named by --rerun"
        case Action.NONE if not is_there_already(need):
            return "has not succeeded"
    return None
