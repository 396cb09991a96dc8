"""What became of each declared thing so far, in this apply or before, and so what is read by what starts now."""

from msgspec import Struct, field

from fused_spec.plan.model import Change, ReadRun
from fused_spec.reconcile.applying.outcome import Outcome
from fused_spec.spec.model import DesiredJob, Key
from fused_spec.spec.relations.addresses import output_of


class Progress(Struct):
    """The outcomes, by key."""

    _outcomes: dict[Key, Outcome] = field(default_factory=dict)

    def note(self, outcome: Outcome) -> None:
        """Remember an outcome; that of a run which is no longer wanted says nothing about its job."""
        if outcome.change.after is not None:
            self._outcomes[outcome.change.key] = outcome

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
