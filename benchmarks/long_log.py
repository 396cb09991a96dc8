"""How long it takes to see the last lines of a log of 1 GiB, or those of one task, beside the tools of the shell.

    uv run python benchmarks/long_log.py [--quick] [--rounds N]

A thousand tasks, eight side by side, print lines of some hundred characters; 64 MiB of them with --quick. The live log
is the file of the embedded service, whose answer is taken whole; the archived one is compressed. Each way ends with the
last line that was asked for, and runs in a process that has its imports. Beside the live log stand `tail` and `grep` on
the same file, beside the archived one `zcat` with either.
"""

import subprocess
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

from measure import command_line, in_turns, rounds, tell
from rows import Row, no_more_than, row

from fused_spec.configuration.service_identity import ServiceIdentity
from fused_spec.engine.reporting.log import LogWriter
from fused_spec.jobs.folder import JobDir
from fused_spec.jobs.log_choice import ALL, LogChoice
from fused_spec.jobs.log_origins import Origin, Stream
from fused_spec.jobs.status import RunStatus
from fused_spec.reconcile.archive.folders import Archive, RunRecord
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.reconcile.archive.spool import WholeLog
from fused_spec.reconcile.store.local import LocalStore
from fused_spec.service.workers.logview import chosen
from fused_spec.spec.model import Key, Kind

MIB = 1024 * 1024
NOW = datetime(2031, 5, 1, tzinfo=UTC)
TASKS, AT_ONCE = 1_000, 8
AT_A_TIME = 40  # lines of one task, as they come from its pipe
HERE = ServiceIdentity(url="https://fused.example/server/v1")
CHOICES = {"the last 50 lines": LogChoice(tail=50), "the lines of a task": LogChoice(task=7)}


def write(job: JobDir, size: int) -> None:
    """A log of so many bytes: each group of tasks begins when the one before has printed its share."""
    clock = count(1_790_000_000_000)
    share = size // (TASKS // AT_ONCE)
    with LogWriter(job.log, lambda: next(clock), origins=job.log_origins) as log, log.step(1):
        for group in range(TASKS // AT_ONCE):
            while job.log.stat().st_size < (group + 1) * share:
                for number in range(AT_ONCE):
                    task = group * AT_ONCE + number
                    text = f"tile {task}: 12345 features read and 12300 of them kept, the others touch no land\n"
                    log.write(text * AT_A_TIME, Origin(task, Stream.STDERR if number % 4 == 0 else Stream.STDOUT))


def archived(job: JobDir, folder: Path) -> tuple[Archive, Receipt]:
    archive = Archive(LocalStore(folder), "scope", HERE)
    record = RunRecord(
        key=Key(kind=Kind.JOB, name="tiles"),
        digest="d1:0",
        job_id="7e57",
        attempt=1,
        tries=1,
        status=RunStatus.SUCCEEDED,
        created=NOW,
        ended=NOW,
        base_url=HERE.url,
        spec={},
        statuses=[],
    )
    lines = (line for piece in chosen(job, ALL, None).as_lines() for line in piece.splitlines(keepends=True))
    next(lines)  # the head
    archive.write(record, WholeLog(lines=lines), now=NOW)
    return archive, next(archive.receipts())


def seconds(way: Callable[[], int]) -> float:
    began = time.perf_counter()
    assert way() > 0
    return time.perf_counter() - began


def live(job: JobDir, choice: LogChoice) -> int:
    return sum(map(len, chosen(job, choice, None).as_lines()))


def kept(archive: Archive, receipt: Receipt, choice: LogChoice) -> int:
    return sum(1 for _ in archive.read_logs(receipt, choice))


def shell(command: str) -> int:
    return len(subprocess.run(["sh", "-c", command], check=True, stdout=subprocess.PIPE).stdout)


def rows(given: Namespace) -> Iterator[Row]:
    size = 64 * MIB if given.quick else 1024 * MIB
    turns = rounds(given, usually=5, quick=3)
    with tempfile.TemporaryDirectory() as folder:
        job = JobDir(Path(folder))
        write(job, size)
        archive, receipt = archived(job, Path(folder) / "archive")
        packed = next(Path(folder).rglob("logs.jsonl.gz"))
        for what, choice in CHOICES.items():
            filtered = "tail -n 50" if choice.tail else "grep 'tile 7:'"
            for where, ours, peer in (
                ("live", partial(live, job, choice), f"{filtered} {job.log}"),
                ("archived", partial(kept, archive, receipt, choice), f"zcat {packed} | {filtered}"),
            ):
                ways = {"ours": partial(seconds, ours), "peer": partial(seconds, partial(shell, peer))}
                found = in_turns(ways, rounds=turns)
                beside = filtered if where == "live" else f"zcat and {filtered}"
                name = f"{what} of {size // MIB:,} MiB, {where}"
                goal = no_more_than(1, "s")
                yield row(name, found["ours"], unit="s", beside=beside, peer=found["peer"], goal=goal)


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
