"""What became of each change in this process, and the exit code of all of them."""

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from fused_spec.errors import (
    ArchiveError,
    CredentialsError,
    FileTrouble,
    FusedSpecError,
    Locked,
    ServiceUnreachable,
    StalePlan,
)
from fused_spec.jobs.tasks import TaskCounts
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.failing import has_lost
from fused_spec.plan.model import Change, PastRun, Run
from fused_spec.plan.waiting import is_there_already
from fused_spec.spec.model import DesiredJob, OnFailedTasks


class OutcomeStatus(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    RUNNING = "running"
    TIMEOUT = "timeout"
    UNKNOWN = "unknown"
    UNCHANGED = "unchanged"
    HELD = "held"
    SKIPPED = "skipped"


class Outcome(Struct, frozen=True, kw_only=True):
    """The end of one change; `archive` is the folder of its receipt, `problem` the exception behind `error`.

    `unarchived` is what kept its run from being archived, whose own end that does not change. `seconds` is how long
    the run took, as far as it was watched, and `tasks` how its tasks ended, where that was told. The change of a run
    that ended has it as its `before`; `earlier` is the newest run before that one.
    """

    change: Change
    status: OutcomeStatus
    job_id: str | None = None
    archive: str | None = None
    error: str | None = None
    problem: FusedSpecError | None = None
    unarchived: FusedSpecError | None = None
    seconds: float | None = None
    tasks: TaskCounts | None = None
    earlier: Run | PastRun | None = None

    @property
    def last_run(self) -> Run | PastRun | None:
        """The newest run of the job but this outcome's own; of what was left as it was, the newest run."""
        before = self.earlier or self.change.before
        if not isinstance(before, Run | PastRun):
            return None
        is_own = before.job_id == self.job_id and self.status not in (OutcomeStatus.UNCHANGED, OutcomeStatus.HELD)
        return None if is_own else before

    @property
    def run_id(self) -> str | None:
        """The run that it tells of: its own, or the newest of what was left as it was."""
        before = self.change.before
        return self.job_id or (before.job_id if isinstance(before, Run | PastRun) else None)

    @property
    def known_tasks(self) -> TaskCounts | None:
        """How the tasks ended of its own run, or of the newest run of what was left as it was."""
        before = self.change.before
        if self.status is OutcomeStatus.UNCHANGED and isinstance(before, Run | PastRun):
            return before.tasks
        return self.tasks

    @property
    def lossy(self) -> TaskCounts | None:
        """The same of a run that succeeded without some of its tasks; None for any other."""
        is_good = self.status in (OutcomeStatus.SUCCEEDED, OutcomeStatus.UNCHANGED)
        return self.known_tasks if is_good and has_lost(self.known_tasks) else None

    @property
    def lacks_tasks(self) -> bool:
        """Whether its job says that a run without some of its tasks is as good as failed, and this one is such."""
        job = self.change.after
        is_strict = isinstance(job, DesiredJob) and job.run.failed_tasks is OnFailedTasks.FAIL
        return is_strict and self.lossy is not None

    @property
    def satisfied(self) -> bool:
        """Whether what needs this may start: it succeeded, now or earlier."""
        if self.status is OutcomeStatus.UNCHANGED:
            return is_there_already(self.change)
        return self.status is OutcomeStatus.SUCCEEDED


def ways_out(change: Change) -> tuple[str, ...]:
    """The options of `apply` of which each ends the holding of this job."""
    name = change.key.name
    return (f"--adopt {name}", f"--rerun {name}") if change.reason is Reason.FORGOTTEN else (f"--retry {name}",)


_WORST_FIRST = (9, 8, 74, 7, 6, 1, 5)


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """The exit code for all outcomes together: the worst one counts, in the order 9, 8, 74, 7, 6, 1, 5, 0."""
    known = list(outcomes)
    codes = {_code(one) for one in known} | {one.unarchived.exit_code for one in known if one.unarchived is not None}
    return next((code for code in _WORST_FIRST if code in codes), 0)


def _code(outcome: Outcome) -> int:
    match outcome.status:
        case OutcomeStatus.SUCCEEDED | OutcomeStatus.UNCHANGED if outcome.lacks_tasks:
            return 1
        case OutcomeStatus.SUCCEEDED | OutcomeStatus.UNCHANGED | OutcomeStatus.RUNNING:
            return 0
        case OutcomeStatus.UNKNOWN:
            return 9
        case OutcomeStatus.TIMEOUT:
            return 5
        case OutcomeStatus.CANCELLED if outcome.change.action is Action.CANCEL:
            return 0
    problem = outcome.problem
    # A service that refuses one job has answered; only one that refuses us, or is not there, is exit 8.
    if isinstance(problem, CredentialsError | ServiceUnreachable | ArchiveError | FileTrouble | StalePlan | Locked):
        return problem.exit_code
    return 1
