"""Which runs are asked for by themselves at a look, beside the listing: how far their tasks are only they tell."""

from collections.abc import Collection
from dataclasses import dataclass

from fused_spec.jobs.status import RunStatus
from fused_spec.reconcile.following.flight import Flight

_FEW = 16
_LONGEST_NEAR = 1.0  # second between two looks: a service on this machine, or of this team, answers for nothing


@dataclass(slots=True, kw_only=True)
class CloseLooks:
    """Runs in turn, one at a time; of those that run on an embedded service (`is_near`) a few."""

    is_near: bool
    _turn: int = 0

    def pauses(self, given: tuple[float, float]) -> tuple[float, float]:
        """The first and the longest pause between two looks, in seconds."""
        first, longest = given
        return (first, min(longest, max(first, _LONGEST_NEAR))) if self.is_near else given

    def next(self, flights: Collection[Flight]) -> list[str]:
        """Those that run are asked how far their tasks are; of those that wait one, whether its machine is there."""
        self._turn += 1
        return [
            job_ids[(self._turn * few + number) % len(job_ids)]
            for status, few in ((RunStatus.RUNNING, _FEW if self.is_near else 1), (RunStatus.QUEUED, 1))
            if (job_ids := [flight.job_id for flight in flights if flight.sight.status is status])
            for number in range(min(few, len(job_ids)))
        ]
