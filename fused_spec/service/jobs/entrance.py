"""Runs before their worker: they wait for room, are told what they wait for, and get the request for their worker."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from fused_spec.jobs.folder import JobDir
from fused_spec.service.jobs.queue import Allocation, Rooms
from fused_spec.service.jobs.requests import request_of, scratch_of, write_request
from fused_spec.service.jobs.runs import Run
from fused_spec.service.jobs.watching import Watch
from fused_spec.service.state.reserve import Reserve
from fused_spec.service.workers.joblog import say


class Entrance:
    """Runs whose folders are in `folder`; `given` says what each job may use, and write to."""

    def __init__(
        self,
        folder: Path,
        rooms: Rooms,
        reserve: Reserve,
        *,
        storage: str,
        engine: str | None,
        given: Callable[[], dict[str, Any]],
    ) -> None:
        self._folder = folder
        self._rooms = rooms
        self._reserve = reserve
        self._storage = storage
        self._engine = engine
        self._given = given
        self._newly: list[Run] = []

    def add(self, run: Run, python: Path | None = None) -> None:
        self._rooms.add(run, python)
        self._newly.append(run)

    def ready(self) -> Iterator[Allocation]:
        """Every run that may start now; when all are taken, the others are told in their logs what they wait for."""
        yield from self._rooms.ready()
        newly, self._newly = self._newly, []
        for run in newly:
            log = JobDir(self._folder / run.job_id).log
            if (why := self._rooms.why_waiting(run)) is not None and not log.exists():
                say(log, why)

    def pass_on(self, allocation: Allocation) -> Watch:
        """Write the worker's request; raises `OSError` when that cannot be, and the run waits again."""
        job = JobDir(self._folder / allocation.run.job_id)
        scratch = scratch_of(job)
        try:
            self._reserve.keep()
            request = request_of(
                allocation, storage=self._storage, engine=self._engine, scratch=scratch, given=self._given()
            )
            write_request(job, request)
        except OSError:
            self._rooms.add(allocation.run, allocation.python)
            raise
        return Watch(run=allocation.run, job=job, python=allocation.python, scratch=scratch)
