"""The SQLite file: ours, of this version, or left alone."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fused_spec.errors import FusedSpecError
from fused_spec.service.database import open_database
from fused_spec.service.runs import Run, Runs


def new_run(job_id: str, **fields: object) -> Run:
    return Run(job_id=job_id, job_name="a", config="{}", env={}, created=1, changed=1, **fields)  # type: ignore[arg-type]


def test_what_was_kept_is_there_after_opening_again(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "db")) as first:
        kept = Runs(first).add(new_run("1"))
    with closing(open_database(tmp_path / "db")) as second:
        assert Runs(second).get("1") == kept


def test_a_damaged_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "db").write_bytes(b"this is no database" * 100)
    before = (tmp_path / "db").read_bytes()
    with pytest.raises(FusedSpecError, match="cannot be used"):
        open_database(tmp_path / "db")
    assert (tmp_path / "db").read_bytes() == before


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db")) as database:
        database.execute("PRAGMA user_version = 99")
    with pytest.raises(FusedSpecError, match="a later version"):
        open_database(tmp_path / "db")


def test_a_repeated_attempt_gets_the_run_that_it_has(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "db")) as database:
        runs = Runs(database)
        first = runs.add(new_run("1", nonce="scope/x"))
        assert runs.add(new_run("2", nonce="scope/x")) == first
        assert runs.get("2") is None


def test_runs_without_an_attempt_never_meet(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "db")) as database:
        runs = Runs(database)
        assert [runs.add(new_run(job_id)).job_id for job_id in ("1", "2")] == ["1", "2"]
        assert [run.job_id for run in runs.newest(0, 10)] == ["2", "1"]
        assert runs.newest(5, 10) == []


def test_a_change_is_recorded_and_returned(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "db")) as database:
        runs = Runs(database)
        changed = runs.change(runs.add(new_run("1")), status="terminated", cancel_requested=True)
        assert runs.get("1") == changed
        assert runs.unfinished() == []
