"""Which changes may be carried out by now: those whose needs have succeeded, in this apply or before."""

from dataclasses import dataclass, field

from fused_spec.plan.model import Change, ReadRun
from fused_spec.plan.waiting import needs_to_act
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus
from fused_spec.spec.model import DesiredJob, Key
from fused_spec.spec.relations.addresses import output_of


@dataclass(slots=True)
class Progress:
    """What became of each declared thing so far."""

    _outcomes: dict[Key, Outcome] = field(default_factory=dict)

    def note(self, outcome: Outcome) -> None:
        """Remember an outcome; that of a run which is no longer wanted says nothing about its job."""
        if outcome.change.after is not None:
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

    def reads(self, change: Change) -> dict[str, ReadRun]:
        """The runs whose output it reads when it is carried out now: each the newest success of its job."""
        keys = change.after.reads if isinstance(change.after, DesiredJob) else ()
        outcomes = [self._outcomes[key] for key in keys if key in self._outcomes]
        return {
            one.change.key.name: ReadRun(
                job_id=one.job_id, digest=one.change.after.digest, output=output_of(one.change.after)
            )
            for one in outcomes
            if one.job_id is not None and one.change.after is not None and one.satisfied
        }
