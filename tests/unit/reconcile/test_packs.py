"""Receipts in packs: found in few requests, and believed only where the store's own listing says the same."""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fused_spec.configuration.service_identity import ServiceIdentity
from fused_spec.jobs.status import RunStatus
from fused_spec.reconcile.archive.folders import Archive
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.reconcile.store.local import LocalStore
from fused_spec.reconcile.store.snapshot import Snapshot
from fused_spec.spec.model import Key, Kind
from fused_spec.system.stopwatch import Stopwatch
from fused_spec.system.timings import Cache, Lookups

HERE = ServiceIdentity(url="http://127.0.0.1:1/server/v1", id="0" * 32)
NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)
MANY = 100
PACKS = "scope/packs/1"


class Bucket(LocalStore):
    """A store whose listing tells the MD5 of each file, as a bucket's does; it counts what it is asked."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked: Counter[str] = Counter()

    def listing(self, folder: str) -> dict[str, str | None]:
        self.asked["listing"] += 1
        return {
            name: hashlib.md5((self.root / name).read_bytes()).hexdigest()  # as S3 does
            for name in super().names(folder)
        }

    def names(self, folder: str) -> list[str]:
        return list(self.listing(folder))

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        self.asked["read"] += len(paths)
        return super().read_all(paths)

    @property
    def packs(self) -> list[str]:
        return LocalStore.names(self, PACKS)


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return Bucket(tmp_path)


def put(bucket: Bucket, count: int, first: int = 0, status: RunStatus = RunStatus.SUCCEEDED) -> None:
    for number in range(first, first + count):
        receipt = Receipt(
            scope="scope",
            key=Key(kind=Kind.JOB, name=f"job-{number}"),
            digest="d1:0",
            job_id=f"run-{number}",
            attempt=1,
            tries=1,
            status=status,
            created=NOW,
            ended=NOW,
            archived=NOW,
            base_url=HERE.url,
            log_lines=0,
            log_sha256="",
            service=HERE.name,
        )
        place = bucket.root / f"scope/runs/Job/job-{number}/run-{number}/receipt.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(receipt.to_json(), encoding="utf-8")


def command(bucket: Bucket) -> Archive:
    """What one command knows of the archive."""
    bucket.asked.clear()
    return Archive(Snapshot(bucket, "scope"), "scope", HERE)


def apply(bucket: Bucket) -> Archive:
    archive = command(bucket)
    archive.past()
    archive.pack()
    return archive


def test_receipts_that_were_read_once_are_read_as_one_file_from_then_on(bucket: Bucket) -> None:
    put(bucket, MANY)
    assert len(apply(bucket).past()) == MANY
    assert len(command(bucket).past()) == MANY
    assert bucket.asked == {"listing": 1, "read": 1}


def test_all_questions_of_a_command_take_one_listing_and_each_receipt_once(bucket: Bucket) -> None:
    put(bucket, MANY)
    archive = command(bucket)
    (
        archive.kept(),
        archive.past(),
        archive.past(among=lambda _: False),
        list(archive.elsewhere()),
        archive.find("job-3"),
    )
    list(archive.unreadable()), archive.names()
    assert bucket.asked == {"listing": 1, "read": MANY}


def test_a_receipt_that_no_pack_knows_is_read_all_the_same(bucket: Bucket) -> None:
    put(bucket, MANY)
    apply(bucket)
    put(bucket, 3, first=MANY)
    assert len(command(bucket).past()) == MANY + 3
    assert bucket.asked["read"] == 1 + 3


def test_what_the_packs_knew_is_told(bucket: Bucket) -> None:
    watch = Stopwatch(lambda: 0.0)
    put(bucket, MANY)
    apply(bucket)
    put(bucket, 3, first=MANY)
    Archive(Snapshot(bucket, "scope"), "scope", HERE, timings=watch).past()
    assert watch.took().caches == {Cache.PACKS: Lookups(hits=MANY, misses=3)}


def test_a_receipt_that_is_gone_is_not_believed_for_its_pack(bucket: Bucket) -> None:
    put(bucket, MANY)
    apply(bucket)
    (bucket.root / "scope/runs/Job/job-7/run-7/receipt.json").unlink()
    assert Key(kind=Kind.JOB, name="job-7") not in command(bucket).past()


def test_a_receipt_that_is_another_one_than_its_pack_says_is_read(bucket: Bucket) -> None:
    put(bucket, MANY)
    apply(bucket)
    put(bucket, 1, status=RunStatus.FAILED)
    assert command(bucket).past()[Key(kind=Kind.JOB, name="job-0")].status is RunStatus.FAILED


def forged(_: bytes) -> bytes:
    false = json.dumps({"version": 1, "scope": "scope", "kind": "Job", "name": "job-1", "status": "succeeded"})
    return gzip.compress("\n".join([json.dumps(false), "7", "[", '"\\ud800"', "null", json.dumps(["x"])]).encode())


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda pack: b"",
    "torn": lambda pack: pack[: len(pack) // 2],
    "no gzip": lambda pack: b"receipts",
    "damaged in the middle": lambda pack: pack[:200] + bytes(20) + pack[220:],
    "forged": forged,
    "binary": lambda pack: gzip.compress(bytes(range(256))),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_pack_that_is_no_good_costs_reading_and_is_made_good(
    bucket: Bucket, damage: Callable[[bytes], bytes]
) -> None:
    put(bucket, MANY)
    expected = apply(bucket).past()
    [pack] = bucket.packs
    (bucket.root / pack).write_bytes(damage((bucket.root / pack).read_bytes()))
    assert apply(bucket).past() == expected
    assert command(bucket).past() == expected
    assert bucket.asked["read"] <= 2


def test_the_packs_of_another_format_are_left_alone(bucket: Bucket) -> None:
    put(bucket, MANY)
    bucket.write("scope/packs/2/later", b"of another version")
    apply(bucket)
    assert bucket.read("scope/packs/2/later") == b"of another version"
    assert len(bucket.packs) == 1


def test_packs_stay_few_however_many_applies_add_to_them(bucket: Bucket) -> None:
    for turn in range(12):
        put(bucket, 40, first=40 * turn)
        apply(bucket)
    assert len(bucket.packs) <= 4
    assert len(command(bucket).past()) == 40 * 12


def test_writers_that_pack_at_the_same_time_lose_nothing(bucket: Bucket) -> None:
    put(bucket, MANY)
    apply(bucket)
    put(bucket, MANY, first=MANY)
    one, other = command(bucket), command(bucket)
    one.past(), other.past()
    one.pack()
    other.pack()
    assert len(command(bucket).past()) == 2 * MANY
    assert bucket.asked["read"] <= 2


def test_whoever_read_the_packs_before_they_were_taken_up_reads_the_receipts(bucket: Bucket) -> None:
    put(bucket, MANY)
    apply(bucket)
    slow = command(bucket)
    slow.kept()  # lists
    for pack in bucket.packs:
        (bucket.root / pack).unlink()
    assert len(slow.past()) == MANY


def test_a_few_receipts_are_not_packed(bucket: Bucket) -> None:
    put(bucket, 5)
    apply(bucket)
    assert bucket.packs == []


def test_a_folder_of_this_machine_has_no_packs(tmp_path: Path) -> None:
    put(Bucket(tmp_path), MANY)
    archive = Archive(LocalStore(tmp_path), "scope", HERE)
    assert len(archive.past()) == MANY
    archive.pack()
    assert LocalStore(tmp_path).names("scope/packs") == []
