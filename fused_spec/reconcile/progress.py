"""Which changes may be carried out by now: those whose needs have succeeded, in this apply or before."""

from dataclasses import dataclass, field

from fused_spec.plan.model import Action, Change
from fused_spec.reconcile.outcome import Outcome, OutcomeStatus
from fused_spec.spec.graph import needs_of
from fused_spec.spec.model import Key

_NEEDING = frozenset({Action.START, Action.REPLACE, Action.QUEUE, Action.CREATE, Action.UPDATE})


def needs_to_act(change: Change) -> tuple[Key, ...]:
    """What this change has to wait for: only what starts or makes something needs anything."""
    return needs_of(change.after) if change.action in _NEEDING and change.after is not None else ()


@dataclass(slots=True)
class Progress:
    """What became of each declared thing so far."""

    _outcomes: dict[Key, Outcome] = field(default_factory=dict)

    def note(self, outcome: Outcome) -> None:
        """Remember an outcome; that of a run which is no longer wanted says nothing about its job."""
        if outcome.change.action is not Action.CANCEL:
            self._outcomes[outcome.change.key] = outcome

    def is_ready(self, change: Change) -> bool:
        return all(need in self._outcomes for need in needs_to_act(change))

    def missing_need(self, change: Change) -> str | None:
        """Why the change can never be carried out; None while it still may."""
        for need in needs_to_act(change):
            outcome = self._outcomes.get(need)
            if outcome is not None and not outcome.satisfied:
                state = "has not run" if outcome.status is OutcomeStatus.UNCHANGED else f"is {outcome.status}"
                return f"needs {need}, which {state}"
        return None
