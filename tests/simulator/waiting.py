"""One apply of many jobs that end one after another within an hour, and what it asks of the service meanwhile."""

import random
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from msgspec import structs

from fused_spec.plan.planner import make_plan
from fused_spec.reconcile.applying.apply import apply
from fused_spec.reconcile.applying.events import Finished, Started
from fused_spec.reconcile.history.markers import Markers
from fused_spec.reconcile.history.refresh import read_history
from fused_spec.reconcile.journal.intents import Journal
from fused_spec.reconcile.site import Site, World
from fused_spec.spec.model import DesiredJob, Resolution, RunPolicy
from fused_spec.wire import JobConfig
from tests.simulator.kernel import Kernel, Pool, Process
from tests.simulator.schedule import EPOCH, MemoryStore, NoSpools, Receipts
from tests.simulator.schedule import declared as with_needs
from tests.simulator.service import Client, Faults, Job, Service

HOUR = 3600.0


class Hour(Service):
    """A service whose runs all take some part of an hour."""

    def accept(self, config: JobConfig) -> Job:
        job = super().accept(config)
        job.leaves = job.ends = self.kernel.time + HOUR * self.kernel.rng.random()
        return job


@dataclass(frozen=True, slots=True, kw_only=True)
class Waited:
    """What was asked after the last start, how late each end was told, and for how many seconds there was a wait."""

    asked: Counter[str]
    late: list[float]
    seconds: float


def declared(jobs: int) -> Resolution:
    """So many jobs, none of which waits for another."""
    found = with_needs(jobs)
    desired = [one for one in found.desired if isinstance(one, DesiredJob)]
    return structs.replace(found, desired=tuple(structs.replace(one, needs=(), run=RunPolicy()) for one in desired))


def wait_for_an_hour(jobs: int) -> Waited:
    """Apply so many jobs, and wait for all of them."""
    kernel = Kernel(random.Random(1))
    service = Hour(kernel, Faults(most_per_page=1000))
    api, pool = cast(Any, Client(service)), partial(Pool, kernel)
    world = World(
        clock=lambda: kernel.time,
        sleep=kernel.pause,
        now=lambda: EPOCH,
        nonce=lambda: f"{kernel.rng.getrandbits(64):016x}",
        random=kernel.rng.random,
        pool=pool,
        wait=kernel.wait,
    )
    site = Site(
        api=api,
        archive=cast(Any, Receipts(kernel, service)),
        journal=Journal(MemoryStore(kernel), "ours", "model"),
        markers=Markers(api, None, pool),
        spools=cast(Any, NoSpools()),
        scope="ours",
        seen=frozenset(),
        world=world,
    )
    waited = Waited(asked=Counter(), late=[], seconds=0.0)
    found: list[Waited] = []

    def carry_out() -> None:
        resolution, started, began = declared(jobs), 0, 0.0
        kept = {"archive": site.archive, "journal": site.journal, "markers": site.markers}
        history = read_history(api, resolution, now=EPOCH, **kept)
        plan = make_plan(resolution, history, target="model", now=history.read_at)
        for event in apply(plan, site.seeing(plan.seen)):
            match event:
                case Started():
                    started += 1
                    if started == jobs:
                        began = kernel.time
                        service.asked.clear()
                case Finished(outcome=outcome):
                    waited.late.append(kernel.time - service.find(str(outcome.job_id)).ends)
        service.asked["log"] -= jobs  # each is read once more, to be archived
        found.append(replace(waited, asked=service.asked, seconds=kernel.time - began))

    kernel.spawn(Process(name="writer"), carry_out)
    kernel.run()
    return found[0]
