"""Archived logs in members: one gzip file, of which only what is wanted is unpacked, and believed."""

import gzip
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fused_spec.errors import FusedSpecError, Misconfigured
from fused_spec.jobs.log_choice import LogChoice
from fused_spec.reconcile.archive import members
from fused_spec.reconcile.archive.folders import Archive
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.reconcile.archive.spool import LogRecord, WholeLog
from fused_spec.reconcile.store.local import LocalStore
from tests.unit.reconcile.test_archive import HERE, NOW, record

Keep = Callable[..., Receipt]


def line(number: int) -> LogRecord:
    """Task 0 has a line at the beginning, 50 others follow each other, and every seventh line is of none."""
    task = None if number % 7 == 6 else 0 if number < 100 else 1 + number // 200
    stream = "service" if task is None else "stderr" if number % 5 == 0 else "stdout"
    return LogRecord(1000 + number, f"line {number} of the log", None if task is None else 1, task, stream)


LINES = [line(number) for number in range(10_000)]


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(LocalStore(tmp_path / "archive"), "scope", HERE)


@pytest.fixture
def keep(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Keep:
    """Archive a log in members of 10 kB."""
    monkeypatch.setattr(members, "_SIZE", 10_000)

    def keep(lines: list[LogRecord] = LINES, tasks: list[str] | None = None) -> Receipt:
        told = None if tasks is None else [f"{one}\n".encode() for one in tasks]
        archive.write(record(tasks=told), WholeLog(lines=[one.to_json() for one in lines]), now=NOW)
        [receipt] = archive.find("areas")
        return receipt

    return keep


def file(tmp_path: Path, name: str) -> Path:
    [found] = tmp_path.rglob(name)
    return found


def test_a_log_in_members_is_one_file_for_zcat(keep: Keep, tmp_path: Path) -> None:
    keep()
    log = file(tmp_path, "logs.jsonl.gz")
    told = subprocess.run(["gzip", "-dc", log], check=True, stdout=subprocess.PIPE).stdout.splitlines()
    assert list(map(LogRecord.from_json, told)) == LINES
    assert json.loads(told[100]) == {
        "timestamp": 1100,
        "message": "line 100 of the log",
        "step": 1,
        "task": 1,
        "stream": "stderr",
    }


def test_the_whole_log_is_read_as_it_was_written(archive: Archive, keep: Keep) -> None:
    assert list(archive.read_logs(keep())) == LINES


CHOICES = [
    LogChoice(task=0),
    LogChoice(task=30),
    LogChoice(task=99),
    LogChoice(text="line 77"),
    LogChoice(since_ms=9_500),
    LogChoice(since_ms=99_500),
    LogChoice(tail=1),
    LogChoice(tail=500),
    LogChoice(tail=99_999),
    LogChoice(tail=3, task=12, text="5"),
]


def wanted(choice: LogChoice, lines: list[LogRecord]) -> list[LogRecord]:
    return [one for one in lines if choice.fits(one)][-(choice.tail or 0) :]


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_a_choice_is_what_a_filter_of_all_lines_leaves(archive: Archive, keep: Keep, choice: LogChoice) -> None:
    assert list(archive.read_logs(keep(), choice)) == wanted(choice, LINES)


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_a_short_log_is_chosen_from_without_an_index(archive: Archive, choice: LogChoice) -> None:
    archive.write(record(), WholeLog(lines=[one.to_json() for one in LINES[:200]]), now=NOW)
    [receipt] = archive.find("areas")
    assert receipt.log_index_sha256 is None
    assert list(archive.read_logs(receipt, choice)) == wanted(choice, LINES[:200])


def test_the_lines_of_failed_tasks_are_found(archive: Archive, keep: Keep) -> None:
    tasks = [f'{{"step": 1, "index": {number}, "state": "{how}"}}' for number, how in ((3, "failed"), (4, "succeeded"))]
    found = list(archive.read_logs(keep(tasks=tasks), LogChoice(failed=True)))
    assert found == [one for one in LINES if one.task == 3]


def test_of_a_long_log_only_members_that_may_have_the_task_are_unpacked(
    archive: Archive, keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt, unpacked = keep(), []
    real = members.Member.unpacked
    monkeypatch.setattr(members.Member, "unpacked", lambda self, stream: unpacked.append(self) or real(self, stream))
    assert list(archive.read_logs(receipt, LogChoice(task=30)))
    assert len(unpacked) <= 4
    assert len(list(archive.read_logs(receipt, LogChoice(tail=5)))) == 5
    assert len(unpacked) <= 5


@pytest.mark.parametrize("choice", [LogChoice(task=30), LogChoice(tail=5, task=1)])
def test_a_log_that_tells_no_tasks_says_so(archive: Archive, keep: Keep, choice: LogChoice) -> None:
    receipt = keep([LogRecord(one.timestamp, one.message) for one in LINES])
    with pytest.raises(Misconfigured, match="no line of this log tells its task"):
        list(archive.read_logs(receipt, choice))


def test_a_short_log_that_tells_no_tasks_says_so(archive: Archive, keep: Keep) -> None:
    with pytest.raises(Misconfigured, match="no line of this log tells its task"):
        list(archive.read_logs(keep([LogRecord(1, "a")]), LogChoice(task=0)))


def test_a_member_that_was_changed_is_not_believed(archive: Archive, keep: Keep, tmp_path: Path) -> None:
    receipt, log = keep(), file(tmp_path, "logs.jsonl.gz")
    content = bytearray(log.read_bytes())
    content[-20] ^= 1
    log.chmod(0o600)
    log.write_bytes(content)
    with pytest.raises(FusedSpecError, match="not the one that its receipt describes"):
        list(archive.read_logs(receipt, LogChoice(tail=1)))
    with pytest.raises(FusedSpecError, match="not the one that its receipt describes"):
        archive.verify(receipt)


@pytest.mark.parametrize("how", [Path.unlink, lambda path: path.write_bytes(b'{"members": []}')])
def test_a_log_whose_index_is_gone_or_another_is_read_without(
    archive: Archive, keep: Keep, tmp_path: Path, how: Callable[[Path], object]
) -> None:
    receipt, index = keep(), file(tmp_path, "logs.index.json")
    index.chmod(0o600)
    how(index)
    assert ["the index" in str(one.problem) for one in archive.check()] == [True]
    assert list(archive.read_logs(receipt, LogChoice(task=30))) == wanted(LogChoice(task=30), LINES)


def test_of_a_run_whose_tasks_were_not_kept_nobody_knows_which_failed(archive: Archive, keep: Keep) -> None:
    with pytest.raises(Misconfigured, match="was not kept either"):
        list(archive.read_logs(keep(), LogChoice(failed=True)))


def test_a_log_that_an_earlier_version_kept_is_read(archive: Archive, keep: Keep, tmp_path: Path) -> None:
    receipt = keep([LogRecord(1, "a"), LogRecord(2, "b")])
    assert gzip.decompress(file(tmp_path, "logs.jsonl.gz").read_bytes()) == (
        b'{"timestamp": 1, "message": "a"}\n{"timestamp": 2, "message": "b"}\n'
    )
    assert [one.message for one in archive.read_logs(receipt, LogChoice(text="b"))] == ["b"]


@settings(max_examples=50)
@given(tasks=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2000)), max_size=400))
def test_every_task_is_in_a_range_and_there_are_few_ranges(tasks: list[tuple[int, int]]) -> None:
    lines: Iterator[bytes] = (LogRecord(1, "m", step, task, "stdout").to_json() for step, task in tasks)
    ranges = list(members._ranges(b"".join(lines)))
    assert all(any(step == one and first <= task <= last for one, first, last in ranges) for step, task in tasks)
    assert len(ranges) <= 64 + 3
