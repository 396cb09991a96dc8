"""Schedules, kept in SQLite, and the clock that fires them.

A minute in which the service does not run is not made up for. Each schedule starts one run for a minute, also when the
service is killed within it: the moment and the run are recorded together, and the run begins afterwards.
"""

import asyncio
import json
import logging
import sqlite3
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from fused_spec.service.jobs.runs import Run
from fused_spec.service.state.times import at
from fused_spec.wire.schedules import CronJob

_log = logging.getLogger("fused_spec.service")


class Schedules:
    """Adds, finds and changes schedules."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def save(self, job: CronJob, environment_id: str) -> CronJob:
        """Keep a new schedule, or a new content of an old one."""
        kept = job.model_copy(update={"id": job.id or str(uuid.uuid4()), "execution_environment_id": environment_id})
        self._database.execute(
            "INSERT INTO schedules (id, udf_id, content) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET udf_id = excluded.udf_id, content = excluded.content",
            (kept.id, kept.udf, kept.model_dump_json(exclude={"last_run"})),
        )
        return self.get(str(kept.id)) or kept

    def get(self, schedule_id: str) -> CronJob | None:
        row = self._database.execute("SELECT * FROM schedules WHERE id = ?", (schedule_id,)).fetchone()
        return _job(row) if row else None

    def list(self, udf_id: str | None = None) -> "list[CronJob]":
        """The schedules, newest first, of one UDF or of all."""
        query = "SELECT * FROM schedules WHERE ? IS NULL OR udf_id = ? ORDER BY number DESC"
        return [_job(row) for row in self._database.execute(query, (udf_id, udf_id))]

    @property
    def are_waiting(self) -> bool:
        """Whether one may fire: it is enabled, and its UDF is there."""
        query = (
            "SELECT EXISTS (SELECT 1 FROM schedules JOIN udfs ON udfs.id = udf_id "
            "WHERE json_extract(content, '$.enabled'))"
        )
        return bool(self._database.execute(query).fetchone()[0])

    def remove(self, job: CronJob) -> None:
        self._database.execute("DELETE FROM schedules WHERE id = ?", (job.id,))

    def note_run(self, job: CronJob, moment_ms: int) -> bool:
        """Record that the schedule runs at this moment; False when it is recorded already."""
        changed = self._database.execute(
            "UPDATE schedules SET last_run = ? WHERE id = ? AND (last_run IS NULL OR last_run < ?)",
            (moment_ms, job.id, moment_ms),
        )
        return changed.rowcount == 1

    @contextmanager
    def together(self) -> Iterator[None]:
        """Record what is recorded within it at once, or nothing of it."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def is_due(job: CronJob, moment: datetime) -> bool:
    """Whether the schedule names this minute (UTC)."""
    return (
        job.enabled
        and moment.minute in job.minute
        and moment.hour in job.hour
        and moment.day in job.day_of_month
        and moment.month in job.month
        and moment.isoweekday() % 7 in job.day_of_week
    )


def fire_due(
    schedules: Schedules, moment: datetime, record: Callable[[CronJob], Run | None], begin: Callable[[Run], object]
) -> None:
    """Run each schedule that is due in the minute of `moment`; one that cannot be run is told in the service's log.

    `record` records the run of a schedule, None when its UDF is gone, and `begin` lets it begin.
    """
    minute = moment.replace(second=0, microsecond=0)
    for job in schedules.list():
        try:
            if not is_due(job, minute):
                continue
            with schedules.together():
                if not schedules.note_run(job, int(minute.timestamp() * 1000)):
                    continue
                run = record(job)
            if run is not None:
                begin(run)
            else:
                _log.warning("schedule %s (%s) was not run at %s: its UDF is gone", job.id, job.name, minute)
        except (OSError, sqlite3.Error) as error:  # a full disk, say; the others, and the next minute, have their turn
            _log.warning("schedule %s (%s) was not run at %s: %s", job.id, job.name, minute, error)


def utc_now() -> datetime:
    return datetime.now(UTC)


async def keep_time(
    schedules: Schedules,
    record: Callable[[CronJob], Run | None],
    begin: Callable[[Run], object],
    *,
    now: Callable[[], datetime] = utc_now,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Fire what is due in every minute, that of the start included, until cancelled."""
    while True:
        moment = now()
        fire_due(schedules, moment, record, begin)
        following = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        await sleep((following - moment).total_seconds())


def _job(row: sqlite3.Row) -> CronJob:
    last = at(row["last_run"]) if row["last_run"] is not None else None
    return CronJob.model_validate({**json.loads(row["content"]), "last_run": last})
