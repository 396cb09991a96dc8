"""Schedules: when they are due, and that each minute is fired once."""

import asyncio
import errno
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fused_spec.service.jobs.runs import Run, Runs, new_run
from fused_spec.service.jobs.schedules import Schedules, fire_due, is_due, keep_time
from fused_spec.service.state.database import open_database
from fused_spec.service.udfs.registry import Udfs
from fused_spec.wire import JobConfig, UdfSave
from fused_spec.wire.schedules import CronJob

SUNDAY = datetime(2031, 6, 1, 3, 30, tzinfo=UTC)


def cron(**fields: Any) -> CronJob:
    every = {
        "minute": [30],
        "hour": list(range(24)),
        "day_of_month": list(range(1, 32)),
        "month": list(range(1, 13)),
        "day_of_week": list(range(7)),
    }
    return CronJob.model_validate({"name": "nightly", "udf": "u1", **every, **fields})


def begin_nothing(run: Run) -> None:
    raise AssertionError(f"{run} was not recorded by these tests")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = open_database(tmp_path / "service.db")
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({}, True),
        ({"minute": [31]}, False),
        ({"hour": [3]}, True),
        ({"hour": [4]}, False),
        ({"day_of_week": [0]}, True),
        ({"day_of_week": [1, 2, 3, 4, 5, 6]}, False),
        ({"month": [6], "day_of_month": [1]}, True),
        ({"enabled": False}, False),
    ],
)
def test_a_schedule_is_due_when_every_list_names_the_moment(fields: dict[str, Any], due: bool) -> None:
    assert is_due(cron(**fields), SUNDAY) is due


def test_a_minute_is_fired_once(database: sqlite3.Connection) -> None:
    schedules, fired = Schedules(database), []
    schedules.save(cron(), "environment")
    for second in (0, 1, 59):
        fire_due(schedules, SUNDAY.replace(second=second), fired.append, begin_nothing)
    assert len(fired) == 1
    fire_due(schedules, SUNDAY.replace(hour=4), fired.append, begin_nothing)
    assert len(fired) == 2


def test_the_last_run_is_told(database: sqlite3.Connection) -> None:
    schedules = Schedules(database)
    saved = schedules.save(cron(), "environment")
    fire_due(schedules, SUNDAY, lambda job: None, begin_nothing)
    found = schedules.get(str(saved.id))
    assert found is not None
    assert str(found.last_run).startswith("2031-06-01T03:30:00")


def test_a_changed_schedule_keeps_its_id(database: sqlite3.Connection) -> None:
    schedules = Schedules(database)
    saved = schedules.save(cron(), "environment")
    schedules.save(saved.model_copy(update={"hour": [5]}), "environment")
    assert [(job.id, job.hour) for job in schedules.list()] == [(saved.id, [5])]


def test_the_schedules_of_one_udf_are_listed(database: sqlite3.Connection) -> None:
    schedules = Schedules(database)
    schedules.save(cron(), "environment")
    schedules.save(cron(udf="u2"), "environment")
    assert [job.udf for job in schedules.list("u2")] == ["u2"]


def test_a_schedule_whose_udf_is_gone_is_told_in_the_log(
    database: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    schedules = Schedules(database)
    schedules.save(cron(), "environment")
    fire_due(schedules, SUNDAY, lambda job: None, begin_nothing)
    assert "(nightly) was not run at 2031-06-01 03:30:00+00:00: its UDF is gone" in caplog.text


@pytest.mark.parametrize(("fields", "waiting"), [({}, True), ({"enabled": False}, False), ({"udf": "gone"}, False)])
def test_an_enabled_schedule_of_a_udf_is_waited_for(
    database: sqlite3.Connection, fields: dict[str, Any], waiting: bool
) -> None:
    udf = Udfs(database).save("points", UdfSave(udf_body="{}"))
    schedules = Schedules(database)
    assert schedules.are_waiting is False
    schedules.save(cron(**{"udf": udf.id, **fields}), "environment")
    assert schedules.are_waiting is waiting


class Clock:
    """Time that passes when somebody sleeps, a little less or more than asked; it stops everything at its end."""

    def __init__(self, *, end: datetime, error: float) -> None:
        self.now = SUNDAY - timedelta(minutes=2, seconds=17)
        self._end = end
        self._error = error

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=max(0.001, seconds + self._error))
        if self.now >= self._end:
            raise asyncio.CancelledError


@pytest.mark.parametrize("error", [-0.02, 0.0, 0.3])
def test_every_hour_of_a_day_is_fired_once_whatever_the_clock_does(database: sqlite3.Connection, error: float) -> None:
    schedules, fired = Schedules(database), []
    schedules.save(cron(), "environment")
    clock = Clock(end=SUNDAY + timedelta(days=1), error=error)

    def run(_: CronJob) -> None:
        fired.append(clock.now.replace(second=0, microsecond=0))

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(keep_time(schedules, run, begin_nothing, now=lambda: clock.now, sleep=clock.sleep))
    assert fired == [SUNDAY + timedelta(hours=hours) for hours in range(24)]


def test_the_minute_in_which_a_service_starts_is_fired_too(database: sqlite3.Connection) -> None:
    schedules, fired = Schedules(database), []
    schedules.save(cron(minute=[27]), "environment")  # the clock begins within it
    clock = Clock(end=SUNDAY, error=0.0)
    for _ in range(2):  # and a restart fires nothing twice
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(
                keep_time(
                    schedules, fired.append, begin_nothing, now=lambda: SUNDAY.replace(minute=27), sleep=clock.sleep
                )
            )
        clock.now = SUNDAY
    assert len(fired) == 1


def test_a_schedule_that_cannot_be_run_does_not_stop_the_others(
    database: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    schedules, fired = Schedules(database), []
    schedules.save(cron(name="first"), "environment")
    schedules.save(cron(name="full"), "environment")

    def run(job: CronJob) -> None:
        if job.name == "full":
            raise OSError(errno.ENOSPC, "No space left on device")
        fired.append(job.name)

    fire_due(schedules, SUNDAY, run, begin_nothing)
    assert fired == ["first"]
    assert "No space left" in caplog.text


class Killed(BaseException):
    """The process ends here."""


def test_a_service_that_is_killed_while_it_records_a_run_fires_it_after_its_restart(
    database: sqlite3.Connection,
) -> None:
    schedules, runs = Schedules(database), Runs(database)
    schedules.save(cron(), "environment")

    def record(_: CronJob) -> Run:
        return runs.add(new_run(JobConfig(name="nightly", steps=[])))

    def record_and_die(job: CronJob) -> Run:
        record(job)
        raise Killed

    begun: list[Run] = []
    with pytest.raises(Killed):
        fire_due(schedules, SUNDAY, record_and_die, begun.append)
    assert (runs.unfinished(), begun) == ([], [])
    for _ in range(2):
        fire_due(schedules, SUNDAY, record, begun.append)
    assert runs.unfinished() == begun
    assert len(begun) == 1


def test_a_service_that_is_killed_before_a_recorded_run_began_has_it_after_its_restart(
    database: sqlite3.Connection,
) -> None:
    schedules, runs = Schedules(database), Runs(database)
    schedules.save(cron(), "environment")

    def die(_: Run) -> None:
        raise Killed

    with pytest.raises(Killed):
        fire_due(schedules, SUNDAY, lambda _: runs.add(new_run(JobConfig(name="nightly", steps=[]))), die)
    assert len(runs.unfinished()) == 1
