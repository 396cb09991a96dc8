"""Start runs when there is room, follow their workers, and record how each ends.

A worker leaves its story in its folder and needs nobody while it runs, so a restarted supervisor takes up every run
where its folder says it is.
"""

import asyncio
import logging
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from fused_spec.jobs.folder import JobDir
from fused_spec.service.images.images import Images
from fused_spec.service.jobs.endings import Endings, how_it_ended
from fused_spec.service.jobs.entrance import Entrance
from fused_spec.service.jobs.preparing import Preparations
from fused_spec.service.jobs.queue import Allocation, Rooms
from fused_spec.service.jobs.requests import given_to
from fused_spec.service.jobs.runs import CANCELED, RUNNING, Run, Runs
from fused_spec.service.jobs.watching import Watch
from fused_spec.service.state.reserve import Reserve
from fused_spec.service.workers.doorbell import Doorbell
from fused_spec.service.workers.forkserver import Forkservers
from fused_spec.service.workers.machine import Machine

_ROUND_SECONDS = 1.0  # between two looks at everything, whether or not it rang
_PATIENCE_SECONDS = 5.0  # for the other worker of a run that was asked for twice
_SOON_SECONDS = 0.01
_KILL_SECONDS = 3.0  # between TERM and KILL
_MOST_ASKS = 3
_log = logging.getLogger("fused_spec.service")


class Supervisor:
    """Runs jobs in `folder`; call everything from its event loop. `given` says what each job may use, and write to."""

    def __init__(
        self,
        runs: Runs,
        folder: Path,
        storage: str,
        *,
        machine: Machine,
        images: Images,
        engine: str | None = None,
        given: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self._runs = runs
        self._folder = folder
        self._rooms = Rooms(machine)
        self._reserve = Reserve(folder.parent / "reserve")
        self._wake = asyncio.Event()
        self._entrance = Entrance(folder, self._rooms, self._reserve, storage=storage, engine=engine, given=given)
        self._endings = Endings(runs, folder, self._rooms, self._reserve, freed=self._wake.set)
        self._preparations = Preparations(images, folder, done=self._enter, failed=self._endings.fail)
        self._watches: dict[str, Watch] = {}
        self._forkservers = Forkservers(self._note_exit, storage)
        self._doorbell = Doorbell(folder / "doorbell", self._note)
        self._stirred: set[str] = set()
        self._round_at = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_idle(self) -> bool:
        return not (self._preparations.any_goes_on or self._watches or self._rooms.any_waits)

    async def start(self) -> None:
        """Take up what an earlier service left, and begin to work."""
        self._doorbell.open()
        self._reserve.keep()
        for run in self._runs.unfinished():
            self._take_up(run)
        self._tasks = [asyncio.create_task(self._forkservers.of(None).start()), asyncio.create_task(self._work())]

    async def stop(self) -> None:
        """Stop looking; running jobs go on, and the next service takes them up."""
        for task in self._tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._preparations.stop()
        self._doorbell.close()
        await self._forkservers.close()

    def submit(self, run: Run) -> None:
        """Take a run that was just recorded."""
        if run.image_name is None:
            self._enter(run)
        else:
            self._preparations.begin(run, run.image_name)

    def cancel(self, run: Run) -> Run:
        """End a run with every process of it; one that is over stays as it is."""
        if run.finished:
            return run
        run = self._runs.change(run, cancel_requested=True)
        watch = self._watches.get(run.job_id)
        if watch is None:
            self._preparations.drop(run)
            return self._endings.record(run, CANCELED, "canceled before it began")
        watch.run = run
        self._terminate(watch)
        return run

    async def ended(self, run: Run) -> Run:
        """Wait for the end of a run that was submitted in this process."""
        return await self._endings.ended(run)

    def job_dir(self, job_id: str) -> JobDir:
        return JobDir(self._folder / job_id)

    def discard(self, run: Run) -> None:
        """Forget a run behind a shared token, with all it left."""
        self._endings.discard(run)

    def _take_up(self, run: Run) -> None:
        job = self.job_dir(run.job_id)
        if not job.request.exists():
            self.submit(run)
            return
        given = given_to(job)
        self._rooms.occupy(run, given.processors)
        self._watches[run.job_id] = Watch(run=run, job=job, python=given.python, scratch=given.scratch)
        if run.cancel_requested or not run.listed:  # whoever waited for a call is gone
            self.cancel(run)

    def _enter(self, run: Run, python: Path | None = None) -> None:
        self._entrance.add(run, python)
        self._wake.set()

    async def _work(self) -> None:
        while True:
            try:
                await self._round()
            except sqlite3.DatabaseError as error:  # a full disk, say; the next look finds the same runs
                _log.warning("the runs cannot be recorded: %s", error)
                self._round_at = 0.0
                await asyncio.sleep(0 if self._reserve.release() else _ROUND_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(_ROUND_SECONDS if self._watches else None):  # `wait_for` may lose a cancel
                    await self._wake.wait()
            self._wake.clear()

    async def _round(self) -> None:
        stirred, self._stirred = self._stirred, set()
        if time.monotonic() >= self._round_at:
            self._round_at = time.monotonic() + _ROUND_SECONDS
            stirred = set(self._watches)
            await self._forkservers.close_idle({watch.python for watch in self._watches.values()})
        for name in stirred:
            if (watch := self._watches.get(name)) is not None:
                await self._follow_guarded(watch)
        for allocation in self._entrance.ready():
            await self._start(allocation)

    async def _start(self, allocation: Allocation) -> None:
        try:
            watch = self._entrance.pass_on(allocation)
        except OSError as error:  # should its end not be recorded either, it waits to be tried again
            self._endings.fail(allocation.run, f"the job's folder cannot be written: {error}")
            return
        self._watches[allocation.run.job_id] = watch
        await self._ask(watch)

    async def _ask(self, watch: Watch) -> None:
        watch.asked += 1
        try:
            await self._forkservers.of(watch.python).run(watch.job.path)
        except ConnectionError:
            pass  # the forkserver died just now; the next look asks again
        except OSError as error:
            self._worker_gone(watch, f"could not be started: {error.filename}: {error.strerror}. It ended")

    def _note(self, name: str) -> None:
        self._stirred.add(name)
        self._wake.set()

    def _note_exit(self, folder: Path, code: int) -> None:
        watch = self._watches.get(folder.name)
        if watch is not None:
            watch.exit_code, watch.exited_at = code, time.monotonic()
        self._note(folder.name)

    async def _follow_guarded(self, watch: Watch) -> None:
        """Follow a run; whatever its own files hold, no other run suffers from it."""
        try:
            await self._follow(watch)
        except sqlite3.DatabaseError:
            raise
        except Exception:  # noqa: BLE001  # whatever it is, it is told, and ends this run alone
            _log.exception("job %s cannot be followed", watch.run.job_id)
            watch.kill_all()
            self._worker_gone(watch, "could not be followed; the log of the service says why. It ended")

    async def _follow(self, watch: Watch) -> None:
        exit_code = watch.exit_code  # before the events, so that those of an ended worker are all read
        is_lost = watch.pid is not None and exit_code is None and not watch.is_alive()
        for event in watch.new_events():
            match event["event"]:
                case "running":
                    watch.run = self._runs.change(
                        watch.run, status=RUNNING, job_status="In Progress", pid=watch.pid, changed=event["timestamp"]
                    )
                    if watch.run.cancel_requested:
                        self._terminate(watch)
                case "progress":
                    watch.run = self._runs.advance(watch.run, finished=event["finished"], total=event["total"])
                case "end":
                    watch.run = self._runs.change(watch.run, job_status=event["job_status"], changed=event["timestamp"])
        if is_lost:
            self._worker_gone(watch, "vanished")
        elif exit_code is not None and not watch.is_alive():
            self._worker_exited(watch, exit_code)
        elif watch.pid is None and exit_code is None and not (watch.asked and self._forkservers.of(watch.python).is_up):
            await self._ask_again(watch)
        elif watch.end is not None and not watch.asked:
            self._note_soon(watch)

    def _note_soon(self, watch: Watch) -> None:
        """The worker of an earlier service has said its last word, and nobody tells when it is gone."""
        asyncio.get_running_loop().call_later(_SOON_SECONDS, self._note, watch.run.job_id)

    async def _ask_again(self, watch: Watch) -> None:
        """The forkserver is gone, or this run is an earlier service's: whoever claims the job first runs it."""
        if watch.asked < _MOST_ASKS:
            await self._ask(watch)
        else:
            self._worker_gone(watch, "could not be started; the log of the service says why. It ended")

    def _worker_exited(self, watch: Watch, exit_code: int) -> None:
        if watch.pid is None and exit_code == 0 and time.monotonic() - watch.exited_at < _PATIENCE_SECONDS:
            return  # that worker found the job claimed: the one that has it is about to report
        self._worker_gone(watch, how_it_ended(exit_code))

    def _worker_gone(self, watch: Watch, how: str) -> None:
        self._endings.of_gone_worker(watch, how)
        del self._watches[watch.run.job_id]

    def _terminate(self, watch: Watch) -> None:
        watch.signal_group(signal.SIGTERM)
        asyncio.get_running_loop().call_later(_KILL_SECONDS, self._kill, watch)

    def _kill(self, watch: Watch) -> None:
        if self._watches.get(watch.run.job_id) is watch and watch.is_alive():
            watch.kill_all()
