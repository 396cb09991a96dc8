"""How fast an archive of 10,000 runs is read, in a folder and in a bucket that answers 50 ms late.

    uv run python benchmarks/archive.py [--quick] [--rounds N]

What a plan asks of it: which runs are kept, the newest of each job, the newest success, what ran elsewhere, and which
attempts were started. In the folder the same files stand beside it, walked through and parsed once. In the bucket the
first reading finds no packs and has each receipt by itself; the others find what an apply has packed.
"""

import json
import os
import tempfile
import time
import uuid
from argparse import Namespace
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

from buckets import LATENCY, late_bucket
from measure import command_line, in_turns, rounds, tell
from rows import Row, no_more_than, row

from fused_spec.configuration.service_identity import ServiceIdentity
from fused_spec.jobs.status import RunStatus
from fused_spec.reconcile.archive.folders import Archive
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.reconcile.journal.intents import Journal
from fused_spec.reconcile.store.snapshot import Snapshot
from fused_spec.reconcile.store.store import Store
from fused_spec.reconcile.store.stores import open_store
from fused_spec.spec.model import Key, Kind

HERE = ServiceIdentity(url="https://fused.example/server/v1")
SCOPE = "5d0c1d1c-6a0e-4c56-9a5e-3f1f6a0b7c21"
JOBS = 400
BEGAN = datetime(2031, 5, 1, tzinfo=UTC)


def files(runs: int) -> Iterator[tuple[str, bytes]]:
    """What applies have left of so many runs."""
    random = Random(1)
    for number in range(runs):
        job_id = str(uuid.UUID(int=random.getrandbits(128), version=4))
        at = BEGAN + timedelta(minutes=number)
        receipt = Receipt(
            scope=SCOPE,
            key=Key(kind=Kind.JOB, name=f"job-{number % JOBS:04}"),
            digest=f"d1:{random.getrandbits(256):064x}",
            job_id=job_id,
            attempt=1 + number // JOBS,
            tries=1,
            status=RunStatus.SUCCEEDED,
            created=at,
            ended=at,
            archived=at,
            base_url=HERE.url,
            log_lines=3,
            log_sha256=f"{random.getrandbits(256):064x}",
            service=HERE.name,
        )
        folder = f"{SCOPE}/runs/{receipt.key}/{job_id}"
        yield f"{folder}/receipt.json", receipt.to_json().encode()
        for name in ("facts.json", "logs.jsonl.gz", "spec.json", "status.jsonl"):
            yield f"{folder}/{name}", b"{}"
        started = f"{int(at.timestamp() * 1000):015}-{random.getrandbits(128):032x}.started"
        yield f"{SCOPE}/services/{HERE.folder}/attempts/{receipt.key}/{started}", b"{}"


def read(store: Store, runs: int) -> Archive:
    """What a plan reads."""
    listed = Snapshot(store, SCOPE)
    archive, journal = Archive(listed, SCOPE, HERE), Journal(listed, SCOPE, HERE.folder)
    assert len(archive.kept()) == len(journal.notes().started) == runs
    assert (
        len(archive.past())
        == len(archive.past(among=lambda seen: seen.status is RunStatus.SUCCEEDED))
        == min(JOBS, runs)
    )
    assert not list(archive.elsewhere())
    return archive


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def walked(folder: Path) -> None:
    """Each file found, and each receipt parsed, once."""
    for place, _, names in os.walk(folder):
        if "receipt.json" in names:
            json.loads(Path(place, "receipt.json").read_bytes())


def rows(given: Namespace) -> Iterator[Row]:
    runs = 1_000 if given.quick else 10_000
    turns = rounds(given, usually=5, quick=3)
    yield in_a_folder(runs, turns)
    yield from in_a_bucket(runs, turns)


def in_a_folder(runs: int, turns: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files(runs):
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        ways = {
            "ours": partial(seconds, lambda: read(open_store(folder), runs)),
            "walked": partial(seconds, lambda: walked(Path(folder))),
        }
        found = in_turns(ways, rounds=turns)
    beside = "walked through once, each receipt parsed"
    return row(f"{runs:,} runs in a folder", found["ours"], unit="s", beside=beside, peer=found["walked"])


def in_a_bucket(runs: int, turns: int) -> Iterator[Row]:
    name = f"{runs:,} runs in a bucket at {LATENCY * 1000:.0f} ms"
    with late_bucket() as bucket:
        bucket.fill({name: content.decode() for name, content in files(runs)})
        os.environ.update(bucket.env)
        first: list[Archive] = []
        alone = seconds(lambda: first.append(read(open_store("s3://bucket/"), runs)))
        yield row(f"{name}, no packs", [alone], unit="s", note=f"{bucket.asked()} requests")
        first[0].pack()
        bucket.asked()
        packed, asked = [], 0
        for _ in range(turns):
            packed.append(seconds(lambda: read(open_store("s3://bucket/"), runs)))
            asked = bucket.asked()
        least = [6 * runs / 1000 * LATENCY]
        yield row(
            f"{name}, packed",
            packed,
            unit="s",
            beside="the pages of its listing, one after another",
            peer=least,
            note=f"{asked} requests",
            goal=no_more_than(5, "s"),
        )


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
