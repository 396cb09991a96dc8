"""The SQLite file: ours, of this version, or left alone."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from fused_spec.errors import FusedSpecError
from fused_spec.service.jobs.runs import Run, Runs
from fused_spec.service.state.database import open_database
from fused_spec.service.udfs.collections import Collections
from fused_spec.service.udfs.registry import Tokens, Udfs

SECOND_VERSION = """
    CREATE TABLE runs (number INTEGER PRIMARY KEY, job_id TEXT);
    CREATE TABLE udfs (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, slug TEXT NOT NULL UNIQUE,
                       udf_body TEXT NOT NULL, udf_type TEXT NOT NULL, allow_public_read INTEGER NOT NULL,
                       allow_public_list INTEGER NOT NULL) STRICT;
    CREATE TABLE tokens (number INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT NOT NULL UNIQUE, udf_id TEXT NOT NULL,
                         udf_slug TEXT NOT NULL, client_id TEXT, cache INTEGER NOT NULL, metadata_json TEXT NOT NULL,
                         enabled INTEGER NOT NULL, last_updated INTEGER NOT NULL) STRICT;
    INSERT INTO udfs (id, slug, udf_body, udf_type, allow_public_read, allow_public_list)
    VALUES ('u1', 'points', '{}', 'auto', 1, 0);
    INSERT INTO tokens (token, udf_id, udf_slug, cache, metadata_json, enabled, last_updated)
    VALUES ('fsh_1', 'u1', 'points', 1, '{}', 1, 5);
    PRAGMA user_version = 2;
"""


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


def damaged(content: bytes, where: float, length: int) -> bytes:
    start = int(len(content) * where)
    return content[:start] + b"\xff" * length + content[start + length :]


@pytest.mark.parametrize("where", [0.0, 0.2, 0.5, 0.9])
def test_a_file_with_a_damaged_place_is_refused_and_left_as_it_is(tmp_path: Path, where: float) -> None:
    with closing(open_database(tmp_path / "db")) as database:
        for number in range(200):
            Runs(database).add(new_run(str(number), nonce=str(number)))
    content = damaged((tmp_path / "db").read_bytes(), where, 5000)
    (tmp_path / "db").write_bytes(content)
    with pytest.raises(FusedSpecError, match=r"cannot be used|is damaged"):
        open_database(tmp_path / "db")
    assert (tmp_path / "db").read_bytes() == content


def test_a_file_that_was_cut_off_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "db")) as database:
        for number in range(200):
            Runs(database).add(new_run(str(number)))
    content = (tmp_path / "db").read_bytes()[:-9000]
    (tmp_path / "db").write_bytes(content)
    with pytest.raises(FusedSpecError, match=r"cannot be used|is damaged"):
        open_database(tmp_path / "db")
    assert (tmp_path / "db").read_bytes() == content


def test_a_file_of_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db")) as database:
        database.execute("PRAGMA user_version = 99")
    before = (tmp_path / "db").read_bytes()
    with pytest.raises(FusedSpecError, match="a later version"):
        open_database(tmp_path / "db")
    assert [path.name for path in tmp_path.iterdir()] == ["db"]
    assert (tmp_path / "db").read_bytes() == before


def test_saved_udfs_and_tokens_of_an_earlier_version_are_kept(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db", isolation_level=None)) as database:
        database.executescript(SECOND_VERSION)
    with closing(open_database(tmp_path / "db")) as database:
        udf, token = Udfs(database).get("u1"), Tokens(database).get("fsh_1")
        assert udf is not None
        assert (udf.slug, udf.collection_id, udf.collection_name) == ("points", "default", "default")
        assert token is not None
        assert (token.udf_id, token.public_read, token.access_scope) == ("u1", None, None)
        assert [one.name for one in Collections(database).list(0, 10)] == ["default"]


@pytest.mark.parametrize("version", [0, 1, 2])
def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path: Path, version: int) -> None:
    with closing(sqlite3.connect(tmp_path / "db")) as database:
        if version == 0:
            database.execute("CREATE TABLE bookmarks (url TEXT)")
        database.execute(f"PRAGMA user_version = {version}")
    before = (tmp_path / "db").read_bytes()
    with pytest.raises(FusedSpecError, match="another program"):
        open_database(tmp_path / "db")
    assert (tmp_path / "db").read_bytes() == before


def test_the_file_and_what_stands_beside_it_are_for_its_user_alone(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "db")) as database:
        Runs(database).add(new_run("1"))
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
        assert len(list(tmp_path.iterdir())) == 3


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


def test_progress_that_is_told_at_once_is_all_counted(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "db")) as database:
        runs = Runs(database)
        run = runs.add(new_run("1", total_tasks=3))
        assert [runs.increment(run, 1).finished_tasks for _ in range(4)] == [1, 2, 3, 3]


def test_progress_never_goes_back(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "db")) as database:
        runs = Runs(database)
        told = runs.change(runs.add(new_run("1")), finished_tasks=2)
        assert runs.advance(told, finished=1, total=3).finished_tasks == 2
