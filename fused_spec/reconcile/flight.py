"""A run that an apply waits for, and what is known of it so far."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from fused_spec.plan.model import Change
from fused_spec.reconcile.watch import Sight
from fused_spec.spec.model import DesiredJob
from fused_spec.status import RunStatus


class Then(Enum):
    """What follows when the run is over."""

    FINISH = auto()
    START = auto()


@dataclass(slots=True, kw_only=True)
class Flight:
    """Changes while the run goes on; `since` is the clock's reading when the run began, as far as known."""

    change: Change
    job_id: str
    digest: str
    attempt: int
    since: float
    then: Then = Then.FINISH
    sight: Sight = Sight(status=RunStatus.QUEUED)
    statuses: list[tuple[datetime, RunStatus]] = field(default_factory=list)
    cancelled_because: str | None = None

    def see(self, sight: Sight, at: datetime) -> bool:
        """Take in a look at the run; whether there is something new."""
        if not self.statuses or sight.status is not self.sight.status:
            self.statuses.append((at, sight.status))
        new = sight != self.sight
        self.sight = sight
        return new

    def overdue(self, clock: float) -> float | None:
        """The limit in seconds that the run has passed, if it has one and was not cancelled for it yet."""
        job = self.change.after
        limit = job.run.timeout if isinstance(job, DesiredJob) and self.then is Then.FINISH else None
        return limit if limit is not None and self.cancelled_because is None and clock - self.since > limit else None
