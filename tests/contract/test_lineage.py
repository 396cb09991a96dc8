"""A job follows what it reads, end to end: specs, the real service in memory, and jobs that run in real processes."""

import io
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from msgspec.structs import replace

from fused_spec.plan.actions import Action
from fused_spec.plan.model import Plan, Requests
from fused_spec.reconcile.applying.events import Started
from fused_spec.reconcile.applying.outcome import OutcomeStatus
from fused_spec.reconcile.marking.marker import Marker, marker_in
from fused_spec.reconcile.starting.adopt import adopt
from fused_spec.service.app import create_app
from tests.asgi import AsgiAdapter
from tests.contract.world import FAST, SCOPE, TOKEN, World, job

DAILY = """\
---
apiVersion: fused-spec/v1
kind: Job
metadata: {name: daily}
spec:
  config:
    steps:
      - {type: partition_nongeospatial, input: fd://raw/daily.parquet, output: fd://demo/daily/}
  run: {when: POLICY}
"""
REPORT = job("report", "report.py").rstrip() + "\n"
READS = REPORT.replace("{file: report.py}", "{file: report.py, parameters: {table: {output_of: daily}}}")
SUMMARY = job("summary", "summary.py")
ROWS = """\
@fused.udf
def udf(table: str):
    rows = len(fused.get_chunk_from_table(table, 0, 0))
    print(f"{rows} rows")
    return rows
"""
RERUN = Requests(rerun=frozenset({"daily"}))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        made = World(tmp_path / "project", service)
        made.write("specs/report.py", ROWS)
        rows(made, 50)
        declare(made)
        yield made


def rows(world: World, count: int) -> None:
    """What `daily` reads, from outside the project."""
    buffer = io.BytesIO()
    pd.DataFrame({"n": range(count)}).to_parquet(buffer)
    world.api.upload("fd://raw/daily.parquet", buffer.getvalue())


def declare(world: World, *, when: str = "on-change", more: str = "") -> None:
    world.write("specs/jobs.yaml", DAILY.replace("POLICY", when) + READS + more)


def whys(plan: Plan) -> dict[str, tuple[Action, str]]:
    return {change.key.name: (change.action, change.why) for change in plan.changes}


def started(world: World) -> list[str]:
    return [event.change.key.name for event in world.events if isinstance(event, Started)]


def marker_of(world: World, job_id: str | None) -> Marker:
    marker = marker_in(world.api.get_job_config(str(job_id)).metadata)
    assert marker is not None
    return marker


def last_line(world: World, job_id: str | None) -> str:
    return [line.message for line in world.api.get_logs(str(job_id)) if "rows" in line.message][-1]


def test_a_report_follows_a_table_that_runs_at_every_apply(world: World) -> None:
    declare(world, when="always")
    assert last_line(world, world.apply()["Job/report"].job_id).startswith("50 rows")
    rows(world, 12)
    assert whys(world.plan())["report"] == (Action.START, "daily will be written again")
    assert last_line(world, world.apply()["Job/report"].job_id).startswith("12 rows")


def test_after_an_undisturbed_apply_nothing_is_stale(world: World) -> None:
    world.apply()
    world.apply(requests=RERUN)
    assert started(world) == ["daily", "report"]
    world.apply()
    assert started(world) == []


def test_a_reader_that_was_left_out_follows_at_the_next_apply(world: World) -> None:
    world.apply()
    world.apply(requests=replace(RERUN, select=frozenset({"daily"})))
    assert whys(world.plan())["report"] == (Action.START, "daily was written again")


def test_a_run_notes_what_it_read(world: World) -> None:
    outcomes = world.apply()
    [(name, read)] = marker_of(world, outcomes["Job/report"].job_id).reads.items()
    assert (name, read.job_id, read.output) == ("daily", outcomes["Job/daily"].job_id, "fd://demo/daily/")


def test_what_a_run_read_is_in_its_receipt(world: World) -> None:
    outcomes = world.apply()
    [receipt] = world.archive.find("report")
    assert receipt.reads["daily"].job_id == outcomes["Job/daily"].job_id


def test_what_does_not_write_starts_no_reader(world: World) -> None:
    world.apply()
    world.api.delete("fd://raw/daily.parquet")
    outcomes = world.apply(requests=RERUN)
    assert [outcomes[f"Job/{name}"].status for name in ("daily", "report")] == [
        OutcomeStatus.FAILED,
        OutcomeStatus.SKIPPED,
    ]
    assert whys(world.plan())["report"] == (Action.NONE, "up to date")


def test_with_upstream_ignore_nothing_is_followed(world: World) -> None:
    declare(world, when="always", more="  run: {upstream: ignore}\n")
    first = world.apply()["Job/report"].job_id
    assert world.apply()["Job/report"].job_id == first


def test_an_apply_sends_nothing_for_what_waits(world: World) -> None:
    world.api.delete("fd://raw/daily.parquet")
    world.apply()
    planned = world.plan()
    assert whys(planned)["report"] == (Action.WAIT, "waits for Job/daily, which is held")
    assert not planned.has_changes
    outcome = world.carry_out(planned)["Job/report"]
    assert (outcome.status, outcome.error) == (OutcomeStatus.SKIPPED, "waits for Job/daily, which is held")


def test_a_reader_in_flight_is_not_cancelled_but_runs_once_more(world: World) -> None:
    world.write("specs/report.py", "@fused.udf\ndef udf(table: str):\n    import time\n    time.sleep(2)\n")
    earlier = world.apply(replace(FAST, wait=False))["Job/report"].job_id
    later = world.apply(requests=RERUN)["Job/report"]
    assert later.status is OutcomeStatus.SUCCEEDED
    assert later.job_id != earlier
    assert world.api.get_status(str(earlier)).job_status == "Done"
    assert not world.plan().has_changes


def test_a_run_of_a_version_that_noted_nothing_is_left_as_it_is(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fused_spec.reconcile.marking.marker.reads_to_json", lambda reads: {})
    monkeypatch.setattr("fused_spec.reconcile.archive.receipt.reads_to_json", lambda reads: {})
    world.apply()
    assert not world.plan().has_changes
    world.apply(requests=replace(RERUN, select=frozenset({"daily"})))
    assert whys(world.plan())["report"] == (Action.START, "daily was written again")


def test_of_two_tables_the_one_that_changed_is_the_cause(world: World) -> None:
    both = READS.replace("{table: {output_of: daily}}", "{table: {output_of: daily}, other: {output_of: weekly}}")
    world.write("specs/report.py", ROWS.replace("table: str", "table: str, other: str"))
    weekly = DAILY.replace("daily}", "weekly}").replace("demo/daily", "demo/weekly")
    text = (DAILY + weekly + both).replace("POLICY", "on-change")
    world.write("specs/jobs.yaml", text)
    world.apply()
    world.write(
        "specs/jobs.yaml", text.replace("output: fd://demo/daily/", "output: fd://demo/daily/, overwrite: true")
    )
    assert whys(world.plan())["report"] == (Action.START, "spec changed: the output of daily")
    address = both.replace("{output_of: weekly}", "fd://demo/weekly/")
    world.write("specs/jobs.yaml", (DAILY + weekly + address).replace("POLICY", "on-change"))
    assert whys(world.plan())["report"] == (Action.START, "spec changed: config.steps.0.udf.parameters.other")


def forget_history(world: World) -> None:
    with closing(sqlite3.connect(world.folder.parent / "state" / "service.db")) as database, database:
        database.execute("DELETE FROM runs")


def test_across_a_purge_the_receipts_tell_what_was_read(world: World) -> None:
    world.apply()
    world.apply(requests=replace(RERUN, select=frozenset({"daily"})))
    forget_history(world)
    assert whys(world.plan()) == {
        "daily": (Action.NONE, "finished earlier, known from the archive"),
        "report": (Action.START, "daily was written again"),
    }
    world.apply()
    forget_history(world)
    assert not world.plan().has_changes


def test_of_a_run_that_only_the_archive_knows_the_changed_field_is_the_cause(world: World) -> None:
    world.apply()
    forget_history(world)
    declare(world, more="  disk_size_gb: 7\n")
    planned = world.plan()
    assert whys(planned)["report"] == (Action.START, "spec changed: disk_size_gb")


def test_what_is_adopted_has_read_what_is_there(world: World) -> None:
    world.apply()
    forget_history(world)
    shutil.rmtree(world.folder / "archive" / SCOPE / "runs")
    assert [change.action for change in world.plan().changes] == [Action.HOLD, Action.HOLD]
    names = frozenset({"daily", "report"})
    adopt(names, world.resolution(), world.history(), world.archive, now=datetime.now(UTC))
    assert not world.plan().has_changes
    world.apply(requests=replace(RERUN, select=frozenset({"daily"})))
    assert whys(world.plan())["report"] == (Action.START, "daily was written again")
