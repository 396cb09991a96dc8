"""Campaigns of random schedules, and their figures.

    python -m tests.simulator.campaigns [SCHEDULES] [SEED]

runs each campaign with so many schedules and prints a table, with the milliseconds of processor time that a schedule
took; a seed makes it the same again. Each of 10,000 takes half an hour of one processor, a night has time for 125,000.
"""

import secrets
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace

from fused_spec.reconcile.site import Site
from tests.simulator.environments import Environments
from tests.simulator.schedule import Schedule, Setting
from tests.simulator.service import Faults

NETWORK = Faults(
    request_lost=0.1,
    answer_lost=0.15,
    late=0.1,
    refused=0.05,
    unreadable=0.03,
    listing_lag=10.0,
    listing_ahead=5.0,
    config_lag=8.0,
    others=12,
    most_per_page=6,
    server_skew=1.0,
    job_fails=0.1,
)
IN_PARTS = replace(NETWORK, job_fails=0.4, machine_vanishes=0.1, closes_late=100.0)
CAMPAIGNS = {
    "one writer with its journal": Setting(faults=NETWORK, crash=0.5, suspend=0.1, skew=1e6, jobs=2),
    "one writer whose specs change back and forth": Setting(faults=NETWORK, crash=0.5, jobs=2, versions=2, restarts=5),
    "one writer, a graph of jobs": Setting(faults=NETWORK, crash=0.3, jobs=6, restarts=2),
    "one writer, machines that vanish": Setting(
        faults=replace(NETWORK, machine_vanishes=0.2, closes_late=200.0), crash=0.3, jobs=4, applies=2
    ),
    "racing writers": Setting(faults=NETWORK, writers=3, crash=0.3, suspend=0.1),
    "racing writers, two at once": Setting(writers=2, within=2.0, faults=Faults(listing_lag=10.0)),
    "racing writers, every request delivered twice now and then": Setting(
        writers=2, faults=replace(NETWORK, delivered_twice=0.2), crash=0.2
    ),
    "racing writers with the lease": Setting(faults=NETWORK, writers=3, crash=0.3, suspend=0.1, lease=True, skew=1e6),
    "one writer, producers that run again": Setting(
        faults=NETWORK, crash=0.3, jobs=6, restarts=2, applies=3, lineage=True, reruns=0.3
    ),
    "racing writers with the lease, producers that run again": Setting(
        faults=NETWORK, writers=3, crash=0.2, suspend=0.1, lease=True, jobs=6, applies=2, lineage=True, reruns=0.2
    ),
    "a history that forgets, producers that run again": Setting(
        faults=replace(NETWORK, purge_after=900.0), crash=0.2, jobs=6, applies=3, lineage=True, reruns=0.2
    ),
    "one writer, names that change": Setting(faults=NETWORK, crash=0.5, jobs=3, applies=3, renames=True),
    "racing writers with the lease, names that change": Setting(
        faults=NETWORK, writers=3, crash=0.3, suspend=0.1, lease=True, jobs=2, applies=2, renames=True
    ),
    "one writer, producers that run again, names that change": Setting(
        faults=NETWORK, crash=0.3, jobs=6, restarts=2, applies=3, lineage=True, reruns=0.2, renames=True
    ),
    "a history that forgets, names that change": Setting(
        faults=replace(NETWORK, purge_after=900.0), crash=0.2, jobs=3, applies=3, renames=True
    ),
    "a history that forgets": Setting(faults=replace(NETWORK, purge_after=900.0), crash=0.3, writers=1),
    "one writer, maps of which parts fail": Setting(
        faults=IN_PARTS, crash=0.4, jobs=2, versions=2, applies=3, maps=True, retries=0.5
    ),
    "one writer, maps that read what is written again": Setting(
        faults=IN_PARTS, crash=0.3, jobs=4, restarts=2, applies=3, lineage=True, reruns=0.2, maps=True, retries=0.5
    ),
    "racing writers, maps of which parts fail": Setting(
        faults=IN_PARTS, writers=3, crash=0.3, suspend=0.1, applies=2, maps=True, retries=0.5
    ),
    "racing writers with the lease, maps of which parts fail": Setting(
        faults=IN_PARTS, writers=3, crash=0.3, suspend=0.1, applies=2, lease=True, skew=1e6, maps=True, retries=0.5
    ),
    "a history that forgets, maps of which parts fail": Setting(
        faults=replace(IN_PARTS, purge_after=900.0), crash=0.3, jobs=2, applies=4, maps=True, retries=0.5
    ),
    "one writer, two services and two scopes": Setting(faults=NETWORK, crash=0.4, jobs=2, environments=True),
    "racing writers with the lease, two services and two scopes": Setting(
        faults=NETWORK, writers=2, crash=0.3, suspend=0.1, lease=True, environments=True
    ),
    "a history that forgets, two services and two scopes": Setting(
        faults=replace(NETWORK, purge_after=900.0), crash=0.3, applies=2, environments=True
    ),
}

HARSHER = {
    "listings a minute ahead of the runs' own records": replace(
        CAMPAIGNS["one writer with its journal"], faults=replace(NETWORK, listing_ahead=60.0), crash=0.9
    ),
    "configs that come late, and answers that get lost": replace(
        CAMPAIGNS["one writer with its journal"],
        faults=replace(NETWORK, config_lag=100.0, answer_lost=0.5),
        crash=0.9,
    ),
    "jobs that mostly fail, and a writer that always crashes": replace(
        CAMPAIGNS["one writer whose specs change back and forth"],
        faults=replace(NETWORK, job_fails=0.6, refused=0.1),
        crash=0.95,
        restarts=10,
    ),
    "ends that are stamped later than they were": replace(
        CAMPAIGNS["one writer, producers that run again"], faults=replace(NETWORK, ends_stamped_later=100.0)
    ),
}
"""Beyond what a campaign has; a night does not play these."""


@dataclass
class Figures:
    """What a campaign showed."""

    schedules: int = 0
    with_extra: list[int] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0  # of processor time

    def add(self, other: "Figures") -> None:
        self.schedules += other.schedules
        self.with_extra += other.with_extra
        self.problems += other.problems
        self.seconds += other.seconds


def campaign(setting: Setting, seeds: Iterable[int], change: Callable[[Site], Site] = lambda site: site) -> Figures:
    """Run one schedule for each seed."""
    figures, began = Figures(), time.process_time()
    for seed in seeds:
        result = (Environments if setting.environments else Schedule)(seed, setting, change).run()
        figures.schedules += 1
        if result.extra_starts:
            figures.with_extra.append(seed)
        figures.problems += [(seed, problem) for problem in result.problems]
    figures.seconds = time.process_time() - began
    return figures


def _chunk(name: str, start: int, count: int) -> Figures:
    return campaign(CAMPAIGNS[name], range(start, start + count))


def main() -> int:
    schedules = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else secrets.randbelow(2**32)
    print(f"seed {seed}, {schedules:,} schedules a campaign\n")
    print("| campaign | schedules | with an extra start | problems | ms each |\n|---|---|---|---|---|")
    bad = 0
    with ProcessPoolExecutor() as pool:
        for name in CAMPAIGNS:
            size = max(1, min(1000, schedules // 8))
            starts = range(0, schedules, size)
            chunks = [pool.submit(_chunk, name, seed + start, min(size, schedules - start)) for start in starts]
            figures = Figures()
            for chunk in chunks:
                figures.add(chunk.result())
            bad += len(figures.problems)
            extra = len(figures.with_extra)
            share = f"{extra:,} ({extra / figures.schedules:.3%})"
            spent = 1000 * figures.seconds / figures.schedules
            print(f"| {name} | {figures.schedules:,} | {share} | {len(figures.problems)} | {spent:.1f} |", flush=True)
            for where, problem in figures.problems[:5]:
                print(f"    seed {where}: {problem}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
