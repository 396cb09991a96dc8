"""How long a report of very many tasks takes, and how large it is.

    uv run python benchmarks/report.py [--quick] [--tasks N] [--rounds N]

Every third task failed and each has a place, so there are a grid, a list, errors and a map. Each round is a process of
its own, from its start to its end.
"""

import json
import sys
import tempfile
from argparse import SUPPRESS, Namespace
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from measure import Command, command_line, in_turns, rounds, tell
from rows import Row, no_more_than, row

if TYPE_CHECKING:
    from fused_spec.reconcile.archive.folders import Archive

TASKS = 10_000
BEGIN = datetime(2031, 5, 1, 12, tzinfo=UTC)
PAGE = "report.html"


def archive(folder: Path) -> "Archive":
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.store.local import LocalStore

    return Archive(LocalStore(folder / "archive"), "scope")


def fill(folder: Path, count: int) -> None:
    """Archives one run of so many tasks."""
    from fused_spec.jobs.status import RunStatus
    from fused_spec.reconcile.archive.folders import RunRecord
    from fused_spec.reconcile.archive.spool import LogRecord, WholeLog
    from fused_spec.spec.model import Key, Kind

    elements = [{"bbox": [n % 300 - 150, n // 300 - 20, n % 300 - 149, n // 300 - 19], "tile": n} for n in range(count)]
    record = RunRecord(
        key=Key(kind=Kind.JOB, name="tiles"),
        digest="d1:0",
        job_id="256dd311-0000-0000-0000-000000000000",
        attempt=1,
        tries=1,
        status=RunStatus.FAILED,
        created=BEGIN,
        ended=BEGIN + timedelta(hours=1),
        base_url="http://127.0.0.1:1/server/v1",
        spec={"config": {"steps": [{"type": "udf", "input": elements}]}, "instance_type": "m5.large"},
        statuses=[(BEGIN, RunStatus.RUNNING), (BEGIN + timedelta(hours=1), RunStatus.FAILED)],
        tasks=tasks(count),
    )
    lines = (LogRecord(number, f"reading tile {number}", step=1, task=number) for number in range(count))
    archive(folder).write(record, WholeLog(lines=(line.to_json() for line in lines)), now=BEGIN)


def tasks(count: int) -> Iterator[bytes]:
    """The lines that tell of them."""
    yield json.dumps({"total": count}).encode() + b"\n"
    for number in range(count):
        told = {"step": 1, "index": number, "state": "succeeded", "seconds": 1 + number % 9, "rows": number}
        told["started"] = int(BEGIN.timestamp() * 1000) + 300 * number
        if number % 3 == 0:
            error = f"KeyError: 'column {number % 30}' in tile {number}"
            told |= {
                "state": "failed",
                "error": error,
                "signature": f"KeyError: 'column {number % 30}'",
                "where": "a.py:1",
            }
        yield json.dumps(told).encode() + b"\n"


def write_page(folder: Path) -> None:
    """What the command does with the archive."""
    from fused_spec.views.pages.gathering import newest_of, page_data
    from fused_spec.views.pages.report import report

    kept = archive(folder)
    (folder / PAGE).write_bytes(report(page_data("tiles", [newest_of("tiles", kept)], kept)))


def rows(given: Namespace) -> Iterator[Row]:
    count = given.tasks or (2_000 if given.quick else TASKS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fill(folder, count)
        command = Command([sys.executable, __file__, "--page", folder])
        found = in_turns({"page": command}, rounds=rounds(given, usually=5, quick=1))["page"]
        size = (folder / PAGE).stat().st_size / 1e6
    memory = max(spent.memory for spent in found)
    seconds = [spent.cpu for spent in found]
    note = f"at most {memory:,.0f} MiB of memory"
    yield row(f"report of {count:,} tasks: processors", seconds, unit="s", goal=no_more_than(3, "s"), note=note)
    yield row(f"report of {count:,} tasks: its size", [size], unit="MB", goal=no_more_than(5, "MB"))


if __name__ == "__main__":
    parser = command_line(__doc__)
    parser.add_argument("--tasks", type=int)
    parser.add_argument("--page", type=Path, help=SUPPRESS)
    arguments = parser.parse_args()
    if arguments.page:
        write_page(arguments.page)
    else:
        tell(rows, arguments)
