"""Archives with runs of all sorts, for the pages that tell of them."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import Task, TaskState
from fused_spec.reconcile.archive.folders import Archive, RunRecord
from fused_spec.reconcile.archive.spool import LogRecord, WholeLog
from fused_spec.reconcile.store.local import LocalStore
from fused_spec.spec.model import Key, Kind

BEGIN = datetime(2031, 5, 1, 12, tzinfo=UTC)
HOSTILE = '</script><script>alert(1)</script>\x1b[31m \u202egnp.exe\' onload="x" {{ 7*7 }}'
SECRET = "https://me:hunter2@example.com/"


def empty(folder: Path) -> Archive:
    return Archive(LocalStore(folder / "archive"), "scope")


def task(index: int, state: TaskState = TaskState.SUCCEEDED, **told: Any) -> Task:
    started = int(BEGIN.timestamp() * 1000) + 2_000 + 700 * (index // 4)
    known = {"started": started, "seconds": 3.0 + index % 7, "cpu_seconds": 2.5, "peak_memory": 200 << 20, "rows": 100}
    return Task(step=1, index=index, state=state, **{**known, **told})


def failed(index: int, error: str = "KeyError: 'geom'", **told: Any) -> Task:
    return task(index, TaskState.FAILED, error=error, signature=error, where="udfs/tiles.py:10", **told)


def tiles(count: int = 300, bad: Sequence[int] = (47, 118, 203)) -> list[Task]:
    return [failed(index) if index in bad else task(index) for index in range(count)]


def bboxes(count: int = 300) -> list[dict[str, Any]]:
    return [
        {"bbox": [-12 + 2 * (n % 20), 35 + 2 * (n // 20 % 15), -10 + 2 * (n % 20), 37 + 2 * (n // 20 % 15)], "tile": n}
        for n in range(count)
    ]


def keep(
    archive: Archive,
    job_id: str,
    *,
    name: str = "tiles",
    tasks: Sequence[Task] | None = None,
    elements: Sequence[Any] = (),
    status: RunStatus = RunStatus.SUCCEEDED,
    log: Sequence[str | LogRecord] = ("step 1 of 1: tiles", "done"),
    hours: float = 0,
    minutes: float = 4,
    facts: dict[str, Any] | None = None,
) -> None:
    """Archives a run that was created so many hours after the first."""
    created = BEGIN + timedelta(hours=hours)
    ended = created + timedelta(minutes=minutes)
    steps = [{"type": "udf", "input": list(elements)}]
    record = RunRecord(
        key=Key(kind=Kind.JOB, name=name),
        digest="d1:0",
        job_id=job_id,
        attempt=1,
        tries=1,
        status=status,
        created=created,
        ended=ended,
        base_url="http://127.0.0.1:1/server/v1",
        spec={"config": {"steps": steps}, "instance_type": "m5.large"},
        statuses=[(created, RunStatus.RUNNING), (ended, status)],
        facts=facts,
        tasks=None if tasks is None else _lines(tasks),
    )
    moment = int(created.timestamp() * 1000)
    records = [LogRecord(moment, line) if isinstance(line, str) else line for line in log]
    lines = [record.to_json() for record in records]
    archive.write(record, WholeLog(lines=lines), now=ended)


def _lines(tasks: Sequence[Task]) -> Iterator[bytes]:
    yield json.dumps({"total": len(tasks)}).encode() + b"\n"
    yield from (msgspec.json.encode(one) + b"\n" for one in tasks)


def week(folder: Path) -> Archive:
    """What a week leaves: a job that got better and failed in the end, another, and one that nobody can trust."""
    archive = empty(folder)
    for number in range(4):
        keep(archive, f"0000000{number}-0000-0000-0000-000000000000", tasks=tiles(bad=()), elements=bboxes(),
             hours=24 * number, minutes=4 + number % 3)  # fmt: skip
    keep(
        archive,
        "256dd311-0000-0000-0000-000000000000",
        tasks=tiles(),
        elements=bboxes(),
        status=RunStatus.FAILED,
        log=[LogRecord(number, f"line {number}", step=1, task=47) for number in range(60)]
        + ["Traceback (most recent call last):", '  File "udfs/tiles.py", line 10, in udf', "KeyError: 'geom'"],
        hours=97,
        minutes=5.2,
    )
    facts = {"format_version": "1", "steps": [{"step": 1, "type": "geospatial", "rows": 3231, "files": 6,
                                               "crs": "EPSG:4326"}]}  # fmt: skip
    keep(archive, "0553aaaa-0000-0000-0000-000000000000", name="counties", facts=facts, hours=96.2, minutes=12)
    keep(archive, "dead0000-0000-0000-0000-000000000000", name="lost", status=RunStatus.LOST, hours=96.5, minutes=30)
    return archive


def hostile(folder: Path) -> Archive:
    archive = empty(folder)
    tasks = [task(0), failed(1, HOSTILE), failed(2, SECRET), task(3, TaskState.CANCELLED)]
    keep(
        archive,
        "ba000000-0000-0000-0000-000000000000",
        tasks=tasks,
        elements=[{HOSTILE: HOSTILE, "lon": 3 * n, "lat": 45} for n in range(5)],
        status=RunStatus.FAILED,
        log=[HOSTILE, SECRET],
        facts={"format_version": "1", "steps": [{"step": HOSTILE, "type": HOSTILE, HOSTILE: HOSTILE, "url": SECRET}]},
    )
    return archive
