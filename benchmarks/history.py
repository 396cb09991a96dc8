"""What a plan asks of a history that holds very many runs of others, and what it takes of memory.

    uv run python benchmarks/history.py [--quick] [--runs N] [--most N]

The service is simulated: it makes each page when it is asked for, of at most `--most` runs. Ten jobs of the project ran
among the newest 2,000; then others go on, and the project plans again.
"""

import resource
import sys
import tempfile
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from measure import command_line, tell
from rows import Row, at_most, no_more_than, row

from fused_spec.api.reading import FusedReader
from fused_spec.reconcile.history.markers import Markers
from fused_spec.reconcile.history.memory import Memory
from fused_spec.reconcile.history.search import Runs, find_runs
from fused_spec.reconcile.marking.marker import FIELD, Marker
from fused_spec.reconcile.site import HOSTED
from fused_spec.spec.model import Key, Kind
from fused_spec.wire import JobResponse

NOW = datetime(2031, 5, 1, tzinfo=UTC)
OURS = {200 * number: Key(kind=Kind.JOB, name=f"areas-{number}") for number in range(1, 11)}
UNIT = 1024 if sys.platform == "darwin" else 1


class Service:
    """So many runs, the newest first, a second apart; each is known by its age."""

    def __init__(self, runs: int, most: int) -> None:
        self.runs = runs
        self.new = 0
        self.asked: Counter[str] = Counter()
        self._most = most

    @property
    def server_time(self) -> datetime:
        return NOW + timedelta(seconds=self.new)

    def get_jobs(self, n: int, *, skip: int, per_request: int) -> list[JobResponse]:
        self.asked["page"] += 1
        last = min(skip + min(n, self._most), self.runs + self.new)
        return [self._line(place - self.new) for place in range(skip, last)]

    def get_job_metadata(self, job_id: str) -> dict[str, Any]:
        self.asked["config"] += 1
        key = OURS.get(int(job_id, 16) - 2**40)
        if key is None:
            return {}
        return {FIELD: Marker(scope="s", key=key, digest="d1:0", attempt=1, nonce=job_id).to_metadata()}

    def _line(self, age: int) -> JobResponse:
        when = NOW - timedelta(seconds=age)
        return JobResponse.model_construct(
            id=f"{2**40 + age:036x}", creation_date=when, job_status="Done", job_status_date=when
        )


def plan(service: Service, file: Path) -> tuple[float, Counter[str]]:
    """Find the project's runs as a plan does: the seconds of the processor, and what was asked."""
    service.asked.clear()
    began = time.process_time()
    api = cast(FusedReader, service)
    memory = Memory(late=HOSTED.dead, file=file)
    markers = Markers(api, file.with_suffix(".jsonl"), memory=memory)
    found = find_runs(api, markers, lambda: Runs(OURS.values(), service.server_time), scope="s")
    assert {run.marker.key for run in found.runs} == set(OURS.values())
    return time.process_time() - began, Counter(service.asked)


def rows(given: Namespace) -> Iterator[Row]:
    runs, most = given.runs or (100_000 if given.quick else 1_000_000), given.most
    service = Service(runs, most)
    with tempfile.TemporaryDirectory(prefix="history-") as folder:
        file = Path(folder) / "history.json"
        before = _memory()
        first, asked = plan(service, file)
        taken = _memory() - before
        service.new = 500
        second, again = plan(service, file)
        kept = sum(one.stat().st_size for one in Path(folder).iterdir())
    what = f"beside {runs:,} runs of others, {most:,} on a page"
    yield row(
        f"requests of a first plan {what}",
        [asked.total()],
        unit="requests",
        beside="its pages, and the configs of what ran down to an hour before the oldest that counts",
        peer=[runs / most + max(OURS) + 3600],
        goal=at_most(1.1),
        note=f"{asked['page']:,} pages, {asked['config']:,} configs, {first:.1f} s of the processor",
    )
    yield row(f"its memory {what}", [taken], unit="MiB", goal=no_more_than(100, "MiB"))
    yield row(
        f"requests of a second plan {what}, after 500 more",
        [again.total()],
        unit="requests",
        beside="the configs of the new ones",
        peer=[500.0],
        goal=at_most(1.02),
        note=f"{again['page']} pages, {second:.2f} s of the processor, {kept / 1024:.0f} KiB kept",
    )


def _memory() -> float:
    """The most that this process has taken so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / UNIT / 1024


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--most", type=int, default=1000, help="runs on a page at the most")
    tell(rows, parser.parse_args())


if __name__ == "__main__":
    main()
