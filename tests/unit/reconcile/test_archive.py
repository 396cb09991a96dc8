"""Runs are kept whole or not at all, once, and without secrets."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fused_spec.errors import FusedSpecError
from fused_spec.reconcile.archive import Archive, RunRecord
from fused_spec.reconcile.receipt import Receipt
from fused_spec.reconcile.spool import LogRecord, WholeLog
from fused_spec.reconcile.store import LocalStore
from fused_spec.spec.model import Key, Kind
from fused_spec.status import RunStatus

NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)
KEY = Key(kind=Kind.JOB, name="areas")
LINES = [LogRecord(1, "a"), LogRecord(1, "a"), LogRecord(2, "b")]
LOG = WholeLog(lines=LINES)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(LocalStore(tmp_path / "archive"), "scope")


def record(job_id: str = "7e57", **fields: object) -> RunRecord:
    known: dict[str, object] = {
        "key": KEY,
        "digest": "d1:0",
        "job_id": job_id,
        "attempt": 1,
        "tries": 1,
        "status": RunStatus.SUCCEEDED,
        "created": NOW,
        "ended": NOW,
        "base_url": "http://127.0.0.1:1/server/v1",
        "spec": {"config": {"steps": []}},
        "statuses": [(NOW, RunStatus.RUNNING), (NOW, RunStatus.SUCCEEDED)],
    }
    return RunRecord(**{**known, **fields})  # type: ignore[arg-type]


def everything_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_kept_is_read_again(archive: Archive) -> None:
    archive.write(record(), LOG, now=NOW)
    [receipt] = archive.find("areas")
    assert (receipt.job_id, receipt.status, receipt.log_lines) == ("7e57", RunStatus.SUCCEEDED, 3)
    assert list(archive.read_logs(receipt)) == LINES
    assert archive.past()[KEY].job_id == "7e57"


def test_a_run_is_kept_once(archive: Archive) -> None:
    folder = Path(archive.write(record(), LOG, now=NOW))
    before = (folder / "receipt.json").read_bytes()
    assert archive.write(record(status=RunStatus.FAILED), WholeLog(lines=[]), now=NOW) == str(folder)
    assert (folder / "receipt.json").read_bytes() == before


def test_a_log_that_breaks_off_leaves_nothing_behind(archive: Archive, tmp_path: Path) -> None:
    def broken() -> Iterator[LogRecord]:
        yield LINES[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        archive.write(record(), WholeLog(lines=broken()), now=NOW)
    assert everything_in(tmp_path / "archive") == []
    assert not archive.has(KEY, "7e57")


def test_a_folder_without_a_receipt_does_not_exist(archive: Archive) -> None:
    folder = Path(archive.write(record(), LOG, now=NOW))
    (folder / "receipt.json").unlink()
    assert not archive.has(KEY, "7e57")
    assert archive.past() == {}


def test_a_receipt_of_a_later_version_is_none(archive: Archive) -> None:
    folder = Path(archive.write(record(), LOG, now=NOW))
    content = json.loads((folder / "receipt.json").read_text(encoding="utf-8"))
    (folder / "receipt.json").write_text(json.dumps({**content, "version": 99}), encoding="utf-8")
    assert list(archive.receipts()) == []
    with pytest.raises(ValueError, match="version 99"):
        Receipt.from_json((folder / "receipt.json").read_text(encoding="utf-8"))


def test_a_changed_log_is_not_passed_off_as_the_log(archive: Archive) -> None:
    folder = Path(archive.write(record(), LOG, now=NOW))
    (folder / "logs.jsonl.gz").write_bytes(gzip.compress(b'{"timestamp": 1, "message": "other"}\n'))
    [receipt] = archive.receipts()
    with pytest.raises(FusedSpecError, match="not the one that its receipt describes"):
        list(archive.read_logs(receipt))


def test_the_same_log_makes_the_same_file(archive: Archive) -> None:
    first = Path(archive.write(record("1"), LOG, now=NOW))
    second = Path(archive.write(record("2"), LOG, now=NOW))
    assert (first / "logs.jsonl.gz").read_bytes() == (second / "logs.jsonl.gz").read_bytes()


def test_the_newest_run_of_a_key_is_the_one_remembered(archive: Archive) -> None:
    archive.write(record("2", attempt=2), WholeLog(lines=[]), now=NOW)
    archive.write(record("1", created=NOW.replace(hour=1)), WholeLog(lines=[]), now=NOW)
    assert archive.past()[KEY].job_id == "2"
    assert [receipt.job_id for receipt in archive.find("Job/areas")] == ["2", "1"]


def test_another_projects_runs_are_not_seen(archive: Archive, tmp_path: Path) -> None:
    archive.write(record(), WholeLog(lines=[]), now=NOW)
    assert Archive(LocalStore(tmp_path / "archive"), "other").past() == {}


def test_an_archive_that_is_not_there_is_empty(archive: Archive) -> None:
    assert (archive.past(), archive.find("areas")) == ({}, [])


def test_of_an_attempt_that_was_started_twice_the_earlier_run_is_remembered(archive: Archive) -> None:
    archive.write(record("first"), LOG, now=NOW)
    later = NOW + timedelta(seconds=5)
    archive.write(record("second", created=later, ended=later, status=RunStatus.CANCELLED), LOG, now=later)
    assert archive.past()[KEY].job_id == "first"


def test_of_several_attempts_the_newest_is_remembered(archive: Archive) -> None:
    archive.write(record("first"), LOG, now=NOW)
    archive.write(record("second", attempt=2, created=NOW + timedelta(seconds=5)), LOG, now=NOW)
    assert archive.past()[KEY].job_id == "second"
