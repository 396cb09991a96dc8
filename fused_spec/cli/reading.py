"""Read runs for people: their lines as they come, and how they end."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fused_spec.errors import WaitTimeout
from fused_spec.polling import Deadline, Sleep, intervals
from fused_spec.status import RunStatus, run_status

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.cli.lookup import FoundRun
    from fused_spec.reconcile.archive import Archive
    from fused_spec.wire import RunResponse

_FIRST, _LONGEST = 0.25, 5.0  # seconds between two looks


def log_lines(api: "FusedReader", job_id: str, *, since_ms: int | None, follow: bool, sleep: Sleep) -> Iterator[str]:
    """The messages of a log, oldest first; with `follow` until the run and its machine have ended.

    The status is read before the lines, so those read after an ended status are the last ones.
    """
    from fused_spec.api.log_cursor import LogCursor

    cursor = LogCursor()
    for pause in intervals(_FIRST, _LONGEST):
        run = api.get_status(job_id) if follow else None
        asked = since_ms if cursor.since_ms is None else cursor.since_ms
        lines = cursor.take(api.get_logs(job_id, asked))
        yield from (line.message.rstrip("\r\n") for line in lines if since_ms is None or line.timestamp >= since_ms)
        if run is None or _is_over(run):
            return
        sleep(_FIRST if lines else pause)


def archived_lines(archive: "Archive", found: "FoundRun", *, since_ms: int | None) -> Iterator[str]:
    """The messages that the archive kept of a run."""
    if found.receipt is None:
        raise AssertionError("only an archived run is read from the archive")
    for line in archive.read_logs(found.receipt):
        if since_ms is None or line.timestamp >= since_ms:
            yield line.message.rstrip("\r\n")


def run_status_of(api: "FusedReader", found: "FoundRun") -> RunStatus:
    """How the run stands, by the service or, when that has forgotten it, by its receipt."""
    if found.receipt is not None:
        return found.receipt.status
    return status_of_answer(api.get_status(found.job_id))


def status_of_answer(run: "RunResponse") -> RunStatus:
    """The run's status in our words."""
    return run_status(
        job_status=run.job_status,
        machine_status=run.status,
        terminal=run.terminal_status,
        finished=run.finished_job_status,
    )


def ended_status(api: "FusedReader", found: "FoundRun", deadline: Deadline, *, sleep: Sleep) -> RunStatus:
    """How the run ended, waiting for it; raises `WaitTimeout` at the deadline, and the run goes on."""
    for pause in intervals(_FIRST, _LONGEST):
        how = run_status_of(api, found)
        if not how.in_flight:
            return how
        if deadline.passed:
            raise WaitTimeout(
                f"{found.name} was not over in time and goes on ({found.job_id})",
                hint=f"fused-spec wait {found.name}",
            )
        sleep(pause if deadline.remaining is None else min(pause, deadline.remaining))
    raise AssertionError("intervals never end")


def _is_over(run: "RunResponse") -> bool:
    """The work is over and, where the service tells it, so is the machine: then the log is whole."""
    return run.terminal_status or (run.finished and run.status not in ("running", "pending"))
