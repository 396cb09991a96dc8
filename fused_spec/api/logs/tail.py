"""Print a job's log while it grows; standard output is the contract of `tail_logs`, so this module prints."""
# ruff: noqa: T201

from typing import Protocol

import requests

from fused_spec.api.errors import Unreadable
from fused_spec.api.logs.cursor import LogCursor
from fused_spec.errors import WaitTimeout
from fused_spec.system.polling import Deadline, Sleep
from fused_spec.wire import LogLine, RunResponse

# Anything else means that the job's machine is ending or gone, and that its log is whole.
_ALIVE = frozenset({"pending", "running"})


class LogReader(Protocol):
    """The two calls that following a log takes."""

    def get_status(self, job: str) -> RunResponse: ...

    def get_logs(self, job: str, since_ms: int | None = None) -> list[LogLine]: ...


def tail(
    reader: LogReader,
    job_id: str,
    *,
    refresh_seconds: float,
    sample: bool,
    deadline: Deadline,
    sleep: Sleep,
    retries: int,
) -> None:
    """Print lines until the machine has ended; see `FusedAPI.tail_logs`.

    The status is read before the lines, so the lines read after an ended status are the last ones.
    """
    run = reader.get_status(job_id)
    print(f"Logs of job {job_id}:")
    cursor = LogCursor()
    sample = sample and _is_alive(run)
    waiting_told = False
    while True:
        lines = cursor.take(_logs(reader, job_id, cursor.since_ms, retries))
        for line in lines[-1:] if sample else lines:
            print(line.message.rstrip())
        if not _is_alive(run):
            print(f"Job {job_id} is not running, its status is {run.job_status or run.status}.")
            return
        if cursor.since_ms is None and not waiting_told:
            print("Waiting for the first line.")
            waiting_told = True
        if deadline.passed:
            raise WaitTimeout(f"job {job_id} still ran after {deadline.seconds} seconds; it goes on")
        sleep(refresh_seconds)
        run = reader.get_status(job_id)


def _is_alive(run: RunResponse) -> bool:
    return run.status in _ALIVE and not run.terminal_status


def _logs(reader: LogReader, job_id: str, since_ms: int | None, retries: int) -> list[LogLine]:
    for left in range(retries, -1, -1):
        try:
            return reader.get_logs(job_id, since_ms)
        except requests.RequestException as error:
            if not left:
                raise Unreadable(f"the log of job {job_id} cannot be read: {error}") from error
            print(f"The log cannot be read, asking again: {error}")
    raise ValueError("get_logs_retries is below zero")
