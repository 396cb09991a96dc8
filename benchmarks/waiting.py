"""What waiting for many runs asks of a service, beside a status call for each run every five seconds.

    uv run python benchmarks/waiting.py [--quick] [--jobs N]

An apply starts the jobs at the service of the simulator, on a virtual clock, and waits until all are over: they end within
an hour. Counted is what it asks from the last start on, but for what it archives.
"""

import random
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

from measure import ROOT, command_line, tell
from rows import Row, at_most, no_more_than, row

sys.path.insert(0, str(ROOT))

from fused_spec.messages.diagnostics import Location
from fused_spec.plan.planner import make_plan
from fused_spec.reconcile.applying.apply import apply
from fused_spec.reconcile.applying.events import Finished, Started
from fused_spec.reconcile.history.markers import Markers
from fused_spec.reconcile.history.refresh import read_history
from fused_spec.reconcile.journal.intents import Journal
from fused_spec.reconcile.site import Site, World
from fused_spec.spec.model import DesiredJob, Key, Kind, Project, Resolution
from fused_spec.wire import JobConfig
from tests.simulator.kernel import Kernel, Pool, Process, wait_for
from tests.simulator.schedule import CONFIG, EPOCH, MemoryStore, NoSpools, Receipts
from tests.simulator.service import Client, Faults, Job, Service

HOUR = 3600.0
TICK = 5.0


class Hour(Service):
    """A service whose runs all take some part of an hour."""

    def accept(self, config: JobConfig) -> Job:
        job = super().accept(config)
        job.leaves = job.ends = self.kernel.time + HOUR * self.kernel.rng.random()
        return job


class Counting(Client):
    """Counts what is asked, by the call."""

    asked: Counter[str]

    def get_jobs(self, *given: Any, **more: Any) -> Any:
        self.asked["page"] += 1
        return super().get_jobs(*given, **more)

    def get_status(self, job_id: str) -> Any:
        self.asked["record"] += 1
        return super().get_status(job_id)

    def get_logs(self, *given: Any, **more: Any) -> Any:
        self.asked["log"] += 1
        return super().get_logs(*given, **more)

    def get_job_config(self, job_id: str) -> Any:
        self.asked["config"] += 1
        return super().get_job_config(job_id)


def declared(jobs: int) -> Resolution:
    origin = Location(path="specs/a.yaml")
    return Resolution(
        project=Project(name="p", scope="ours", root=Path("/p"), state=Path("/p/.fused-spec")),
        desired=tuple(
            DesiredJob(
                key=Key(kind=Kind.JOB, name=f"job-{number}"),
                payload={"config": CONFIG},
                digest=f"d1:{number}",
                origin=origin,
            )
            for number in range(jobs)
        ),
    )


def wait(jobs: int) -> tuple[Counter[str], list[float], float]:
    """What was asked while all ran, how late each end was noticed, and for how long there was something to wait for."""
    kernel = Kernel(random.Random(1))
    service = Hour(kernel, Faults(most_per_page=1000))
    api = Counting(service)
    api.asked = Counter()
    pool = partial(Pool, kernel)
    world = World(
        clock=lambda: kernel.time,
        sleep=kernel.pause,
        now=lambda: EPOCH,
        nonce=lambda: f"{kernel.rng.getrandbits(64):016x}",
        random=kernel.rng.random,
        pool=pool,
        wait=partial(wait_for, kernel),
    )
    site = Site(
        api=cast(Any, api),
        archive=cast(Any, Receipts(kernel, service)),
        journal=Journal(MemoryStore(kernel), "ours", "model"),
        markers=Markers(cast(Any, api), None, pool),
        spools=cast(Any, NoSpools()),
        scope="ours",
        seen=frozenset(),
        world=world,
    )
    before: Counter[str] = Counter()
    late: list[float] = []
    began = [0.0]

    def carry_out() -> None:
        resolution = declared(jobs)
        history = read_history(
            site.api, resolution, archive=site.archive, journal=site.journal, markers=site.markers, now=EPOCH
        )
        started = 0
        plan = make_plan(resolution, history, target="model", now=history.read_at)
        for event in apply(plan, site.seeing(plan.seen)):
            match event:
                case Started():
                    started += 1
                    if started == jobs:
                        before.update(api.asked)
                        began[0] = kernel.time
                case Finished(outcome=outcome):
                    late.append(kernel.time - service.find(str(outcome.job_id)).ends)

    kernel.spawn(Process(name="writer"), carry_out)
    kernel.run()
    assert len(late) == jobs
    asked = Counter(api.asked)
    asked.subtract(before)
    asked["log"] -= jobs  # each is read once more, to be archived
    return +asked, late, kernel.time - began[0]


def rows(given: Namespace) -> Iterator[Row]:
    jobs = given.jobs or (100 if given.quick else 500)
    asked, late, seconds = wait(jobs)
    told = ", ".join(f"{count:,} {name}s" for name, count in sorted(asked.items()))
    yield row(
        f"requests while {jobs} jobs end within an hour",
        [asked.total()],
        unit="requests",
        beside=f"a status call a job every {TICK:.0f} s",
        peer=[jobs * seconds / TICK],
        goal=at_most(0.01 * 500 / jobs),
        note=told,
    )
    late.sort()
    yield row(
        f"how late the end of {jobs} jobs is noticed",
        [late[len(late) // 2]],
        unit="s",
        note=f"the last of a hundred {late[int(0.99 * len(late))]:.1f} s, archiving included",
        goal=no_more_than(TICK, "s"),
    )


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--jobs", type=int)
    tell(rows, parser.parse_args())


if __name__ == "__main__":
    main()
