"""Start queued runs, follow their workers, and record how each ends.

A worker leaves its story in its folder and needs nobody while it runs, so a restarted supervisor takes up every run
where its folder says it is. Runs start first come, first served, as many at once as the machine has processors.
"""

import asyncio
import json
import logging
import os
import shutil
import signal
import sqlite3
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

from fused_spec.jobdir import JobDir
from fused_spec.service.forkserver import Forkserver
from fused_spec.service.joblog import add_line, last_message
from fused_spec.service.reserve import Reserve
from fused_spec.service.runs import CANCELED, FAILED, RUNNING, TERMINATED, Run, Runs
from fused_spec.service.times import now_ms
from fused_spec.service.watching import Watch

_LOOK_SECONDS = 0.03  # between two looks at the events of running jobs
_ALIVE_SECONDS = 1.0  # between two looks at their processes
_PATIENCE_SECONDS = 5.0  # for the other worker of a run that was asked for twice
_KILL_SECONDS = 3.0  # between TERM and KILL
_MOST_ASKS = 3
_log = logging.getLogger("fused_spec.service")


class Supervisor:
    """Runs jobs in `folder`; call everything from its event loop."""

    def __init__(self, runs: Runs, folder: Path, storage: str, *, cpus: int, engine: str | None = None) -> None:
        self._runs = runs
        self._folder = folder
        self._storage = storage
        self._cpus = cpus
        self._engine = engine
        self._limit = max(2, cpus)
        self._queue: deque[Run] = deque()
        self._watches: dict[str, Watch] = {}
        self._endings: dict[str, asyncio.Future[Run]] = {}
        self._forkserver = Forkserver(self._note_exit, storage)
        self._reserve = Reserve(folder.parent / "reserve")
        self._wake = asyncio.Event()
        self._looked_alive = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_idle(self) -> bool:
        return not self._queue and not self._watches

    async def start(self) -> None:
        """Take up what an earlier service left, and begin to work."""
        self._reserve.keep()
        for run in self._runs.unfinished():
            self._take_up(run)
        self._tasks = [asyncio.create_task(self._forkserver.start()), asyncio.create_task(self._live())]

    async def stop(self) -> None:
        """Stop looking; running jobs go on, and the next service takes them up."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._forkserver.close()

    def submit(self, run: Run) -> None:
        """Queue a run that was just recorded."""
        self._queue.append(run)
        self._wake.set()

    def cancel(self, run: Run) -> Run:
        """End a run with every process of it; one that is over stays as it is."""
        if run.finished:
            return run
        run = self._runs.change(run, cancel_requested=True)
        watch = self._watches.get(run.job_id)
        if watch is None:
            self._queue = deque(queued for queued in self._queue if queued.job_id != run.job_id)
            return self._end(run, CANCELED, "canceled before it began")
        watch.run = run
        self._terminate(watch)
        return run

    async def ended(self, run: Run) -> Run:
        """Wait for the end of a run that was submitted in this process."""
        return await self._endings.setdefault(run.job_id, asyncio.get_running_loop().create_future())

    def job_dir(self, job_id: str) -> JobDir:
        return JobDir(self._folder / job_id)

    def _take_up(self, run: Run) -> None:
        job = self.job_dir(run.job_id)
        if not job.request.exists():
            self._queue.append(run)
            return
        self._watches[run.job_id] = Watch(run=run, job=job)
        if not run.listed:  # whoever waited for it is gone
            self.cancel(run)

    async def _live(self) -> None:
        while True:
            try:
                await self._look()
            except sqlite3.OperationalError as error:  # a full disk, say; the next look finds the same runs
                _log.warning("the runs cannot be recorded: %s", error)
                await asyncio.sleep(0 if self._reserve.release() else _ALIVE_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _LOOK_SECONDS if self._watches else None)
            self._wake.clear()

    async def _look(self) -> None:
        for watch in list(self._watches.values()):
            await self._follow(watch)
        self._look_for_lost()
        await self._start_queued()

    async def _start_queued(self) -> None:
        """Start what there is room for; a run behind a shared token has somebody waiting, and room of its own."""
        room = dict.fromkeys((True, False), self._limit)
        for watch in self._watches.values():
            room[watch.run.listed] -= 1
        waiting: deque[Run] = deque()
        while self._queue:
            run = self._queue.popleft()
            if room[run.listed] > 0:
                room[run.listed] -= 1
                await self._start(run)
            else:
                waiting.append(run)
        self._queue = waiting

    async def _start(self, run: Run) -> None:
        job = self.job_dir(run.job_id)
        try:
            self._reserve.keep()
            _write_request(job, run, self._storage, self._cpus, self._engine)
        except OSError as error:
            self._end(run, FAILED, f"ERROR: the job's folder cannot be written: {error}")
            return
        watch = self._watches[run.job_id] = Watch(run=run, job=job)
        await self._ask(watch)

    async def _ask(self, watch: Watch) -> None:
        watch.sent += 1
        with suppress(ConnectionError):  # the forkserver died just now; the next look asks again
            await self._forkserver.run(watch.job.path)

    def _note_exit(self, folder: Path, code: int) -> None:
        watch = self._watches.get(folder.name)
        if watch is not None:
            watch.exit_code, watch.exited_at = code, time.monotonic()
        self._wake.set()

    async def _follow(self, watch: Watch) -> None:
        exit_code = watch.exit_code  # before the events, so that those of an ended worker are all read
        for event in watch.new_events():
            match event["event"]:
                case "running":
                    watch.run = self._runs.change(
                        watch.run, status=RUNNING, job_status="In Progress", pid=watch.pid, changed=event["timestamp"]
                    )
                    if watch.run.cancel_requested:
                        self._terminate(watch)
                case "progress":
                    watch.run = self._runs.change(
                        watch.run, finished_tasks=event["finished"], total_tasks=event["total"]
                    )
                case "end":
                    watch.run = self._runs.change(watch.run, job_status=event["job_status"], changed=event["timestamp"])
        if exit_code is not None and not watch.is_alive():
            self._conclude(watch, exit_code)
        elif watch.pid is None and exit_code is None and not (watch.sent and self._forkserver.is_up):
            await self._ask_again(watch)

    async def _ask_again(self, watch: Watch) -> None:
        """The forkserver is gone, or this run is an earlier service's: whoever claims the job first runs it."""
        if watch.sent < _MOST_ASKS:
            await self._ask(watch)
        else:
            self._forget(watch, FAILED, "ERROR: the engine does not start; the log of the service says why")

    def _conclude(self, watch: Watch, exit_code: int) -> None:
        if watch.pid is None and exit_code == 0 and time.monotonic() - watch.exited_at < _PATIENCE_SECONDS:
            return  # that worker found the job claimed: the one that has it is about to report
        self._finish(watch, f"ended {_how(exit_code)}")

    def _look_for_lost(self) -> None:
        """Notice workers that died while nobody could tell how."""
        if time.monotonic() - self._looked_alive < _ALIVE_SECONDS:
            return
        self._looked_alive = time.monotonic()
        for watch in list(self._watches.values()):
            if watch.pid is not None and watch.exit_code is None and not watch.is_alive():
                watch.new_events()  # its last word may have come since
                self._finish(watch, "vanished")

    def _finish(self, watch: Watch, how: str) -> None:
        """The worker is gone: what it said last holds, else that it was cancelled, else that it was lost."""
        watch.end_leftovers()
        if watch.end is not None:
            self._forget(watch, watch.end["job_status"], _unwritten_word(watch.end, watch.job))
        elif watch.run.cancel_requested:
            self._forget(watch, CANCELED, "canceled")
        else:
            full = "; the disk is full" if self._reserve.is_needed else ""
            self._forget(watch, FAILED, f"ERROR: the worker {how} before the job was over{full}")

    def _forget(self, watch: Watch, job_status: str, last_line: str | None) -> None:
        self._end(watch.run, job_status, last_line)
        del self._watches[watch.run.job_id]

    def _end(self, run: Run, job_status: str, last_line: str | None) -> Run:
        if last_line is not None:
            job = self.job_dir(run.job_id)
            try:
                job.path.mkdir(mode=0o700, exist_ok=True)
                add_line(job.log, last_line)
            except OSError as error:  # how the run ended counts more than its log
                _log.warning("%s: cannot write its last line %r: %s", job.log, last_line, error.strerror)
        changed = run.changed if run.job_status == job_status else now_ms()
        run = self._runs.change(run, status=TERMINATED, job_status=job_status, changed=changed)
        if (ending := self._endings.pop(run.job_id, None)) is not None and not ending.done():
            ending.set_result(run)
        elif not run.listed:
            self.discard(run)
        return run

    def discard(self, run: Run) -> None:
        """Forget a run behind a shared token, with all it left."""
        shutil.rmtree(self.job_dir(run.job_id).path, ignore_errors=True)
        self._runs.remove(run)

    def _terminate(self, watch: Watch) -> None:
        watch.signal_group(signal.SIGTERM)
        asyncio.get_running_loop().call_later(_KILL_SECONDS, self._kill, watch)

    def _kill(self, watch: Watch) -> None:
        if self._watches.get(watch.run.job_id) is watch and watch.is_alive():
            watch.signal_group(signal.SIGKILL)


def _write_request(job: JobDir, run: Run, storage: str, cpus: int, engine: str | None) -> None:
    """Leave the worker its task, readable by this user alone: the environment may hold secrets."""
    job.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    request = {
        "job_id": run.job_id,
        "config": json.loads(run.config),
        "env": dict(run.env),
        "storage": storage,
        "engine": engine,
        "cpus": cpus,
        "output_format": run.output_format,
        "tile": [int(number) for number in run.tile.split("/")] if run.tile else None,
    }
    draft = job.request.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(request, stream)
    draft.replace(job.request)


def _unwritten_word(end: dict[str, Any], job: JobDir) -> str | None:
    """Why the job failed, when its worker could tell but found no room for it in the log."""
    if not end.get("message"):
        return None
    word = f"ERROR: {end['message']}"
    said = last_message(job.log)
    return None if said is not None and word.splitlines()[-1].endswith(said) else word


def _how(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
