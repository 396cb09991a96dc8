"""Read runs for people: their lines as they come, and how they end."""

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from fused_spec.errors import FusedSpecError, ServiceError, WaitTimeout
from fused_spec.jobs.status import RunStatus, Vigil
from fused_spec.reconcile.following.silence import Silence
from fused_spec.system.polling import Clock, Deadline, Sleep, intervals, steady_clock

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.cli.runs.lookup import FoundRun, Surroundings
    from fused_spec.wire import RunResponse

_FIRST, _LONGEST = 0.25, 5.0  # seconds between two looks
_PATIENCE = 900.0  # seconds for which a service that cannot be read is ridden out


def log_lines(
    around: "Surroundings",
    found: "FoundRun",
    *,
    since_ms: int | None,
    follow: bool,
    sleep: Sleep,
    tell: Callable[[str], None],
) -> Iterator[str]:
    """The messages of a run's log, oldest first: the service's, or else the archive's.

    Where a secret of the run cannot be had, the archive's alone: the service's log may hold its value. `tell` is given
    what is to be known about an archived log.
    """
    from fused_spec.api.errors import ApiError

    unmasked = around.unmasked(found)
    if unmasked and found.receipt is None:
        names = ", ".join(f"secret.{name}" for name in unmasked)
        raise FusedSpecError(
            f"the log of {found.name} may hold {names}, which cannot be read here to be masked",
            hint="`fused-spec apply` archives it without them once the run has ended, and shows it meanwhile",
        )
    if found.in_history and not unmasked:
        try:
            yield from _live_lines(around, found.job_id, since_ms=since_ms, follow=follow, sleep=sleep)
            return
        except ApiError as error:
            if not error.is_gone or found.receipt is None:
                raise
    if found.receipt is None:
        raise AssertionError("a run outside the history is known by its receipt")
    if not found.receipt.ran_at(around.service):
        tell(f"Note: this run was at {found.receipt.where}, and not at {around.target.name}.")
    for line in around.archive.read_logs(found.receipt):
        if since_ms is None or line.timestamp >= since_ms:
            yield line.message.rstrip("\r\n")
    if found.receipt.log_missing is not None:
        tell(f"Note: this log is not whole: {found.receipt.log_missing}.")


def _live_lines(
    around: "Surroundings", job_id: str, *, since_ms: int | None, follow: bool, sleep: Sleep
) -> Iterator[str]:
    """What the service has, without the secrets of the project; with `follow` until the run and its machine have ended.

    The status is read before the lines, so those read after an ended status are the last ones. The answer goes
    through a file: a log may be longer than memory.
    """
    from fused_spec.api.http.limits import DOWNLOAD
    from fused_spec.api.logs.cursor import LogCursor
    from fused_spec.api.logs.file import saved_lines

    api, cursor = around.api, LogCursor()
    with TemporaryDirectory(prefix="fused-spec-") as folder:
        answer = Path(folder) / "answer.jsonl"
        silence = Silence(_PATIENCE if follow else 0.0)
        for pause in intervals(_FIRST, _LONGEST):
            try:
                run = api.get_status(job_id) if follow else None
                asked = since_ms if cursor.since_ms is None else cursor.since_ms
                last = run is None or _is_over(run)
                api.save_logs(job_id, answer, asked, most=DOWNLOAD.size, scrub=around.mask, last=last)
                silence.ends()
            except ServiceError as error:
                if not (follow and _may_pass(error)):
                    raise
                silence.begins(steady_clock(), error)
                sleep(max(pause, error.retry_after or 0.0))
                continue
            told = False
            for line in cursor.fresh(saved_lines(answer)):
                if since_ms is None or line.timestamp >= since_ms:
                    told = True
                    yield line.message.rstrip("\r\n")
            if last:
                return
            sleep(_FIRST if told else pause)


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
    silence, vigil = Silence(_PATIENCE), Vigil()
    for pause in intervals(_FIRST, _LONGEST):
        how = RunStatus.RUNNING
        try:
            run = api.get_status(found.job_id)
            how = status_of_run(run, api.server_time)
            if vigil.is_lost(run.machine_is_gone, clock()):
                how = RunStatus.LOST
            silence.ends()
        except ServiceError as error:
            if not _may_pass(error):
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


def _may_pass(error: ServiceError) -> bool:
    """Whether a run may be waited for in spite of this: what the service does not know it will not know later."""
    from fused_spec.api.errors import ApiError

    return not (isinstance(error, ApiError) and error.is_gone)


def _is_over(run: "RunResponse") -> bool:
    """The work is over and, where the service tells it, so is the machine: then the log is whole."""
    return run.terminal_status or (run.finished and run.status not in ("running", "pending"))
