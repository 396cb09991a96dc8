"""How runs end: recorded, said in their log, told to whoever waits, and their room given back."""

import asyncio
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from fused_spec.jobs.folder import JobDir, now_ms
from fused_spec.service.jobs.queue import Rooms
from fused_spec.service.jobs.runs import CANCELED, FAILED, TERMINATED, Run, Runs
from fused_spec.service.jobs.watching import Watch
from fused_spec.service.state.reserve import Reserve
from fused_spec.service.workers.joblog import say, unwritten_word


class Endings:
    """Ends the runs whose folders are in `folder`; `freed` is called when one has left its room."""

    def __init__(self, runs: Runs, folder: Path, rooms: Rooms, reserve: Reserve, *, freed: Callable[[], None]) -> None:
        self._runs = runs
        self._folder = folder
        self._rooms = rooms
        self._reserve = reserve
        self._freed = freed
        self._awaited: dict[str, asyncio.Future[Run]] = {}

    async def ended(self, run: Run) -> Run:
        """Wait for the end of a run that was submitted in this process."""
        return await self._awaited.setdefault(run.job_id, asyncio.get_running_loop().create_future())

    def record(self, run: Run, job_status: str, last_line: str | None) -> Run:
        """The run as it is over; `last_line` is the service's own word in its log."""
        if last_line is not None:
            say(JobDir(self._folder / run.job_id).log, last_line)
        changed = run.changed if run.job_status == job_status else now_ms()
        run = self._runs.change(run, status=TERMINATED, job_status=job_status, changed=changed)
        self._rooms.remove(run)
        self._freed()
        if (awaited := self._awaited.pop(run.job_id, None)) is not None and not awaited.done():
            awaited.set_result(run)
        elif not run.listed:
            self.discard(run)
        return run

    def fail(self, run: Run, why: object) -> Run:
        return self.record(run, FAILED, f"ERROR: {why}")

    def of_gone_worker(self, watch: Watch, how: str) -> None:
        """What the worker said last holds, else that the run was cancelled, else that it was lost."""
        watch.end_leftovers()
        if watch.end is not None:
            self.record(watch.run, watch.end["job_status"], unwritten_word(watch.job.log, watch.end.get("message")))
        elif watch.run.cancel_requested:
            self.record(watch.run, CANCELED, "canceled")
        else:
            full = "; the disk is full" if self._reserve.is_needed else ""
            self.fail(watch.run, f"the worker {how} before the job was over{full}")

    def discard(self, run: Run) -> None:
        """Forget a run behind a shared token, with all it left."""
        shutil.rmtree(self._folder / run.job_id, ignore_errors=True)
        self._runs.remove(run)


def how_it_ended(code: int) -> str:
    """The end of a process, by its exit code, in words that follow its name."""
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
