"""What the service knows of one run that was handed to a worker, from the folder and the process alone."""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fused_spec.jobs.folder import JobDir, read_lines
from fused_spec.service.jobs.runs import Run
from fused_spec.system.removal import remove_tree

_CLOCK_TOLERANCE = 60.0  # seconds between a process's birth and its first event, at the very most
_LARGEST_NUMBER = 2**53  # that the database, and every reader of JSON, takes


def _is_event(line: dict[str, Any]) -> bool:
    """Whether a worker wrote this: the code that it runs can write into the same file."""
    match line:
        case {"event": "running", "pid": int(), "timestamp": int()}:
            pass
        case {"event": "progress", "finished": int(), "total": int(), "timestamp": int()}:
            pass
        case {"event": "end", "job_status": "Done" | "Failed", "timestamp": int()}:
            pass
        case _:
            return False
    return all(0 <= number < _LARGEST_NUMBER for number in line.values() if isinstance(number, int))


@dataclass(slots=True, kw_only=True)
class Watch:
    """Follows one run; `exit_code` is known once its worker's parent told it."""

    run: Run
    job: JobDir
    python: Path | None
    scratch: Path
    offset: int = 0
    pid: int | None = None
    running_since: float = 0.0
    exit_code: int | None = None
    exited_at: float = 0.0
    asked: int = 0
    end: dict[str, Any] | None = None

    def new_events(self) -> list[dict[str, Any]]:
        """The events since the last call; the worker's process and its last word are remembered."""
        events = []
        for event, offset in read_lines(self.job.events, self.offset):
            self.offset = offset
            if not _is_event(event):
                continue
            events.append(event)
            if event["event"] == "running":
                self.pid, self.running_since = int(event["pid"]), event["timestamp"] / 1000
            elif event["event"] == "end":
                self.end = event
        return events

    def is_alive(self) -> bool:
        """Whether the worker's process is there; another process that got its number is not it."""
        if self.pid is None:
            return False
        import psutil  # a good part of what the service would need to start

        try:
            process = psutil.Process(self.pid)
            born = process.create_time()
            return process.status() != psutil.STATUS_ZOMBIE and abs(born - self.running_since) < _CLOCK_TOLERANCE
        except psutil.NoSuchProcess:
            return False

    def signal_group(self, number: signal.Signals) -> None:
        """Signal the worker and everything below it; nothing happens when all are gone."""
        if self.pid is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)

    def end_leftovers(self) -> None:
        """Kill what a gone worker left behind.

        A process group keeps its number from being used again, so when another process has the number, nothing is left.
        """
        import psutil

        if self.pid is not None and not psutil.pid_exists(self.pid):
            self.signal_group(signal.SIGKILL)
        remove_tree(self.scratch)

    def kill_all(self) -> None:
        """Kill the worker and everything below it, whatever session that is in."""
        import psutil

        if self.pid is None:
            return
        with suppress(psutil.NoSuchProcess):
            worker = psutil.Process(self.pid)
            for process in (*worker.children(recursive=True), worker):
                with suppress(psutil.NoSuchProcess):
                    process.kill()
        self.signal_group(signal.SIGKILL)
