"""The supervisor of jobs, alone."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fused_spec.service.images.images import Images
from fused_spec.service.jobs.runs import Runs
from fused_spec.service.jobs.supervisor import Supervisor
from fused_spec.service.jobs.watching import Watch
from fused_spec.service.state.database import open_database
from fused_spec.service.workers.machine import this_machine
from tests.unit.service.test_database import new_run
from tests.waiting import PATIENCE


def test_it_stops_though_a_running_job_has_news_at_that_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jobs").mkdir()

    async def nothing(self: Supervisor) -> None:
        """No look at the job, which is none."""

    monkeypatch.setattr(Supervisor, "_round", nothing)

    async def stopped(database: sqlite3.Connection) -> None:
        supervisor = Supervisor(
            Runs(database), tmp_path / "jobs", str(tmp_path), machine=this_machine(), images=Images(tmp_path)
        )
        run = new_run("1")
        job = supervisor.job_dir(run.job_id)
        supervisor._watches[run.job_id] = Watch(run=run, job=job, python=None, scratch=tmp_path / "scratch")
        await supervisor.start()
        while not supervisor._tasks[0].done():
            await asyncio.sleep(0)  # the process below it is up, and it waits for news
        await asyncio.sleep(0.01)  # until it waits
        supervisor._note(run.job_id)
        done, _ = await asyncio.wait({asyncio.create_task(supervisor.stop())}, timeout=PATIENCE)
        assert done

    with closing(open_database(tmp_path / "db")) as database:
        asyncio.run(stopped(database))
