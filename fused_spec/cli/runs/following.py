"""Wait for runs, and tell how they end."""

from typing import TYPE_CHECKING

from fused_spec.errors import ServiceError, WaitTimeout
from fused_spec.jobs.status import RunStatus, Vigil
from fused_spec.reconcile.following.silence import Silence
from fused_spec.system.polling import Clock, Deadline, Sleep, intervals, steady_clock

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.cli.runs.lookup import FoundRun

FIRST, LONGEST = 0.25, 5.0  # seconds between two looks
PATIENCE = 900.0  # seconds for which a service that cannot be read is ridden out


def run_status_of(api: "FusedReader", found: "FoundRun") -> RunStatus:
    """How the run stands, by the service or, when that has forgotten it, by its receipt."""
    if found.receipt is not None:
        return found.receipt.status
    from fused_spec.reconcile.history.statuses import status_of_run

    return status_of_run(api.get_status(found.job_id), api.server_time)


def ended_status(
    api: "FusedReader", found: "FoundRun", deadline: Deadline, *, sleep: Sleep, clock: Clock = steady_clock
) -> RunStatus:
    """How the run ended, waiting for it; raises `WaitTimeout` at the deadline, and the run goes on."""
    from fused_spec.reconcile.history.statuses import status_of_run

    if found.receipt is not None:
        return found.receipt.status
    silence, vigil = Silence(PATIENCE), Vigil()
    for pause in intervals(FIRST, LONGEST):
        how = RunStatus.RUNNING
        try:
            run = api.get_status(found.job_id)
            how = status_of_run(run, api.server_time)
            if vigil.is_lost(run.machine_is_gone, clock()):
                how = RunStatus.LOST
            silence.ends()
        except ServiceError as error:
            if not may_pass(error):
                raise
            silence.begins(clock(), error)
            pause = max(pause, error.retry_after or 0.0)
        if not how.in_flight:
            return how
        if deadline.passed:
            raise WaitTimeout(
                f"{found.name} was not over in time and goes on ({found.job_id})",
                hint=f"fused-spec wait {found.name}",
            )
        sleep(pause if deadline.remaining is None else min(pause, deadline.remaining))
    raise AssertionError("intervals never end")


def may_pass(error: ServiceError) -> bool:
    """Whether a run may be waited for in spite of this: what the service does not know it will not know later."""
    from fused_spec.api.errors import ApiError

    return not (isinstance(error, ApiError) and error.is_gone)
