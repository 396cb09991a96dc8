"""A run that an apply waits for, and what is known of it so far."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from enum import Enum, auto

from msgspec import Struct, field
from msgspec.structs import replace

from fused_spec.jobs.parts import Part
from fused_spec.jobs.status import RunStatus, Vigil
from fused_spec.jobs.tasks import Standing
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Change, ReadRun, Run, StartedAs
from fused_spec.reconcile.following.watch import Sight
from fused_spec.spec.model import DesiredJob, Key
from fused_spec.spec.resolving.prices import affordable_seconds


class Then(Enum):
    """What follows when the run is over."""

    FINISH = auto()
    START = auto()
    SKIP = auto()  # it was to start, and may not any more


class Flight(Struct, kw_only=True):
    """Changes while the run goes on; `since` and `running_since` are readings of the clock, as far as known.

    `settle_at` is the clock's reading until which another run of the same attempt may still come to light.
    """

    change: Change
    job_id: str
    digest: str
    attempt: int
    tries: int
    since: float
    nonce: str = ""
    reads: Mapping[str, ReadRun] = field(default_factory=dict)
    part: Part | None = None
    started_as: StartedAs | None = None
    settle_at: float = 0.0
    running_since: float | None = None
    then: Then = Then.FINISH
    sight: Sight = Sight(status=RunStatus.QUEUED)
    statuses: list[tuple[datetime, RunStatus]] = field(default_factory=list)
    cancelled_because: str | None = None
    _vigil: Vigil = field(default_factory=Vigil)
    _is_lost: bool = False

    @property
    def key(self) -> Key:
        return self.change.key

    @property
    def counts(self) -> bool:
        """Whether this run is the job's, and not one that is being ended."""
        return self.then is Then.FINISH and self.change.action is not Action.CANCEL

    @property
    def run(self) -> Run:
        """The run as far as it is known; one that was never seen began when it was first looked for."""
        return Run(
            job_id=self.job_id,
            key=self.change.key,
            digest=self.digest,
            status=self.sight.status,
            created=self.sight.created or self.statuses[0][0],
            ended=self.sight.ended,
            attempt=self.attempt,
            tries=self.tries,
            nonce=self.nonce,
            reads=self.reads,
            part=self.part,
            started_as=self.started_as,
        )

    @property
    def standing(self) -> Standing | None:
        """How its tasks stand, as far as that is told, by the numbers of the job's elements."""
        standing = self.sight.standing
        return None if standing is None else standing.by_element(self.part)

    def follow(self, counts: Run) -> None:
        """Wait for another run of the same attempt instead."""
        self.job_id, self.nonce, self.reads = counts.job_id, counts.nonce, counts.reads
        self.part, self.started_as = counts.part, counts.started_as
        self.sight, self.statuses = Sight(status=counts.status, created=counts.created), []
        self._vigil, self._is_lost = Vigil(), False

    def see(self, sight: Sight, time: Callable[[], datetime], clock: float) -> bool:
        """Take in a look at the run; whether there is something new, whose time is asked for then.

        A look that was less close does not undo what is known of the tasks, nor that the machine has been gone for so
        long that the run is lost.
        """
        if sight.total_tasks == 0 and self.sight.total_tasks:
            before = self.sight
            sight = replace(
                sight,
                finished_tasks=before.finished_tasks,
                total_tasks=before.total_tasks,
                standing=before.standing,
            )
        if sight.machine_is_gone is None:
            sight = replace(sight, machine_is_gone=self.sight.machine_is_gone)
        else:
            self._is_lost = self._vigil.is_lost(sight.machine_is_gone, clock)
        if self._is_lost and sight.status.in_flight:
            sight = replace(sight, status=RunStatus.LOST)
        if not self.statuses or sight.status is not self.sight.status:
            self.statuses.append((time(), sight.status))
        if sight.status is RunStatus.RUNNING and self.running_since is None:
            self.running_since = clock
        new = sight != self.sight
        self.sight = sight
        return new

    def overdue(self, clock: float, prices: Mapping[str, float]) -> str | None:
        """Why the run has gone on for longer than its job allows; told once."""
        if self.cancelled_because is not None or self.then is not Then.FINISH:
            return None
        for seconds, began, why in self._limits(prices):
            if clock - began > seconds:
                return why
        return None

    def _limits(self, prices: Mapping[str, float]) -> Iterator[tuple[float, float, str]]:
        """Each limit in seconds, from when it counts, and its words."""
        job = self.change.after
        if not isinstance(job, DesiredJob):
            return
        if job.run.timeout is not None and self.running_since is not None:
            yield job.run.timeout, self.running_since, f"it ran longer than its timeout of {job.run.timeout:g} seconds"
        if job.run.max_duration is not None:
            limit = job.run.max_duration
            yield limit, self.since, f"it took longer than its max_duration of {limit:g} seconds"
        if job.run.max_cost is not None:
            seconds = affordable_seconds(job.payload.get("instance_type"), job.run.max_cost, prices)
            if seconds is not None:
                yield seconds, self.since, f"it cost more than its max_cost of {job.run.max_cost:g} dollars"
