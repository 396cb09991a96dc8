"""Runs are kept whole or not at all, once, and without secrets."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fused_spec.configuration.service_identity import ServiceIdentity
from fused_spec.errors import FusedSpecError, Misconfigured
from fused_spec.jobs.status import RunStatus
from fused_spec.reconcile.archive.folders import Archive
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.reconcile.archive.record import RunRecord
from fused_spec.reconcile.archive.spool import LogRecord, WholeLog
from fused_spec.reconcile.store.formats import LaterFormat
from fused_spec.reconcile.store.local import LocalStore
from fused_spec.spec.model import Key, Kind

NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)
HERE = ServiceIdentity(url="http://127.0.0.1:1/server/v1", id="0" * 32)
KEY = Key(kind=Kind.JOB, name="areas")
GONE = object()
LINES = [LogRecord(1, "a"), LogRecord(1, "a"), LogRecord(2, "b")]
KEPT = [line.to_json() for line in LINES]
LOG = WholeLog(lines=KEPT)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(LocalStore(tmp_path / "archive"), "scope", HERE)


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
    def broken() -> Iterator[bytes]:
        yield KEPT[0]
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


def change_receipt(folder: Path, **fields: object) -> None:
    path = folder / "receipt.json"
    content = {**json.loads(path.read_text(encoding="utf-8")), **fields}
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not GONE}), encoding="utf-8")


def test_a_receipt_of_a_later_version_stops_whoever_would_believe_it(archive: Archive) -> None:
    folder = Path(archive.write(record(), LOG, now=NOW))
    change_receipt(folder, version=99)
    with pytest.raises(Misconfigured, match=r"receipt\.json is a receipt of version 99") as stopped:
        archive.past()
    assert "use the fused-spec that wrote it" in str(stopped.value.hint)
    with pytest.raises(LaterFormat):
        Receipt.from_json((folder / "receipt.json").read_text(encoding="utf-8"))


def test_a_receipt_of_a_later_version_does_not_hide_the_others_from_who_looks_for_them(archive: Archive) -> None:
    archive.write(record("other", key=Key(kind=Kind.JOB, name="roads")), LOG, now=NOW)
    change_receipt(Path(archive.write(record(), LOG, now=NOW)), version=99)
    assert [receipt.job_id for receipt in archive.find("roads")] == ["other"]


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"version": "one"}', b"\xff"])
def test_what_is_no_receipt_says_nothing_and_is_told(archive: Archive, content: bytes) -> None:
    folder = Path(archive.write(record(), LOG, now=NOW))
    (folder / "receipt.json").write_bytes(content)
    assert archive.past() == {}
    [damaged] = archive.unreadable()
    assert (damaged.key, damaged.job_id, damaged.place) == ("Job/areas", "7e57", str(folder / "receipt.json"))


def test_a_receipt_tells_at_which_service_its_run_was(archive: Archive) -> None:
    archive.write(record(), LOG, now=NOW)
    [receipt] = archive.receipts()
    assert receipt.service == HERE.name


ELSEWHERE = [
    ServiceIdentity(url="http://127.0.0.1:1/server/v1", id="1" * 32),
    ServiceIdentity(url="http://127.0.0.1:1/server/v1"),
    ServiceIdentity(url="https://fused.example/server/v1"),
]


@pytest.mark.parametrize("service", ELSEWHERE)
def test_a_run_at_one_service_is_no_run_at_another(archive: Archive, tmp_path: Path, service: ServiceIdentity) -> None:
    archive.write(record(), LOG, now=NOW)
    other = Archive(LocalStore(tmp_path / "archive"), "scope", service)
    assert (other.past(), other.find("areas"), list(other.here())) == ({}, [], [])
    assert [receipt.job_id for receipt in other.elsewhere()] == ["7e57"]


@pytest.mark.parametrize("service", ELSEWHERE)
def test_a_run_at_another_service_is_shown_to_who_asks_for_it_by_its_id(
    archive: Archive, tmp_path: Path, service: ServiceIdentity
) -> None:
    archive.write(record(), LOG, now=NOW)
    [receipt] = Archive(LocalStore(tmp_path / "archive"), "scope", service).find("7e57")
    assert receipt.where == "http://127.0.0.1:1/server/v1 (service 00000000)"


def test_an_embedded_service_is_known_again_at_another_port(archive: Archive, tmp_path: Path) -> None:
    archive.write(record(), LOG, now=NOW)
    moved = ServiceIdentity(url="http://127.0.0.1:2/server/v1", id=HERE.id)
    assert KEY in Archive(LocalStore(tmp_path / "archive"), "scope", moved).past()


@pytest.mark.parametrize(
    ("service", "counts"),
    [
        (ServiceIdentity(url="https://fused.example/server/v1/"), True),
        (ServiceIdentity(url="https://FUSED.example:443/server/v1"), True),
        (ServiceIdentity(url="https://fused.example/server/v1", id="1" * 32), True),
        (ServiceIdentity(url="https://fused.example/server/v2"), False),
        (ServiceIdentity(url="https://other.example/server/v1"), False),
    ],
)
def test_a_receipt_of_a_version_that_told_no_service_counts_where_its_url_is(
    archive: Archive, tmp_path: Path, service: ServiceIdentity, counts: bool
) -> None:
    folder = Path(archive.write(record(base_url="https://fused.example/server/v1"), LOG, now=NOW))
    change_receipt(folder, service=GONE)
    assert (KEY in Archive(LocalStore(tmp_path / "archive"), "scope", service).past()) is counts


def test_the_port_of_an_embedded_service_says_nothing_about_which_one_it_was(archive: Archive) -> None:
    change_receipt(Path(archive.write(record(base_url=HERE.url), LOG, now=NOW)), service=GONE)
    assert archive.past() == {}


def test_a_run_that_a_person_took_for_done_counts_where_its_attempt_was_written_down(
    archive: Archive, tmp_path: Path
) -> None:
    change_receipt(Path(archive.write(record(base_url=""), LOG, now=NOW)), service=GONE)
    store = LocalStore(tmp_path / "archive")
    store.write("scope/attempts/hosted/Job/areas/000000000000001-aa.started", b'{"job_id": "7e57"}')
    assert archive.past() == {}
    for earlier, counts in (("hosted", True), ("local", False)):
        assert (KEY in Archive(store, "scope", HERE, earlier=earlier).past()) is counts


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
    assert Archive(LocalStore(tmp_path / "archive"), "other", HERE).past() == {}


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
