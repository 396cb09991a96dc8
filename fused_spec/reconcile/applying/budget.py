"""What an apply may take altogether: time and money of the runs that it waits for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from fused_spec.reconcile.following.flight import Flight
from fused_spec.spec.model import DesiredJob
from fused_spec.spec.resolving.prices import PRICES, cost
from fused_spec.system.polling import Clock, Deadline


@dataclass(slots=True, kw_only=True)
class Budget:
    """Counts the money of runs that ended; that of the others follows from the clock."""

    clock: Clock
    max_duration: float | None = None
    max_cost: float | None = None
    prices: Mapping[str, float] = field(default_factory=lambda: PRICES)
    spent: float = 0.0
    _deadline: Deadline = field(init=False)

    def __post_init__(self) -> None:
        self._deadline = Deadline(self.max_duration, self.clock)

    def pay(self, flight: Flight) -> None:
        """Count a run that ended."""
        self.spent += self._cost(flight)

    def passed(self, flights: Iterable[Flight]) -> str | None:
        """Why no more may be spent; None while it may."""
        if self.max_duration is not None and self._deadline.passed:
            return f"the apply took longer than its max_duration of {self.max_duration:g} seconds"
        if self.max_cost is not None and self.spent + sum(map(self._cost, flights)) > self.max_cost:
            return f"the apply cost more than its max_cost of {self.max_cost:g} dollars"
        return None

    def _cost(self, flight: Flight) -> float:
        """What a run has cost until now, as far as its machine's price is known."""
        job = flight.change.after
        machine = job.payload.get("instance_type") if isinstance(job, DesiredJob) else None
        return cost(machine, self.clock() - flight.since, self.prices)
