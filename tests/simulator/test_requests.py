"""What an apply and a plan ask of a service, counted."""

import random
from datetime import timedelta
from functools import partial
from typing import Any, cast

from fused_spec.reconcile.history.markers import Markers
from fused_spec.reconcile.history.memory import Memory
from fused_spec.reconcile.history.refresh import read_history
from fused_spec.reconcile.journal.intents import Journal
from tests.simulator.kernel import Kernel, Pool, Process
from tests.simulator.schedule import CONFIG, EPOCH, MemoryStore, Receipts
from tests.simulator.service import Client, Faults, Service
from tests.simulator.waiting import declared, wait_for_an_hour

JOBS = 100
HOURS = 3600.0


def test_waiting_asks_for_all_runs_at_once() -> None:
    waited = wait_for_an_hour(JOBS)
    # Of five times as many jobs it asks as often: a hundredth of a status call for each every five seconds.
    assert waited.asked.total() < 0.01 * 500 * waited.seconds / 5.0


def test_an_end_is_noticed_a_tick_later_at_most() -> None:
    late = sorted(wait_for_an_hour(JOBS).late)
    assert late[len(late) // 2] < 5.0


class Finished:
    """A project whose jobs have run hours ago, and somebody who plans again and again."""

    def __init__(self) -> None:
        self.kernel = Kernel(random.Random(1))
        self.service = Service(self.kernel, Faults(most_per_page=1000))
        self.memory = Memory(late=180.0)
        self.resolution = declared(JOBS)
        self._in_turn(self._run_all)

    def plan(self) -> dict[str, int]:
        """What one more plan asks."""
        self.service.asked.clear()
        self._in_turn(self._read)
        return dict(self.service.asked)

    def _run_all(self) -> None:
        from fused_spec.reconcile.marking.marker import FIELD, Marker
        from fused_spec.wire import JobConfig

        for one in self.resolution.desired:
            marker = Marker(scope="ours", key=one.key, digest=one.digest, attempt=1, nonce=one.key.name)
            self.service.accept(JobConfig.model_validate({**CONFIG, "metadata": {FIELD: marker.to_metadata()}}))
        self.kernel.pause(5 * HOURS)

    def _read(self) -> None:
        api = cast(Any, Client(self.service))
        history = read_history(
            api,
            self.resolution,
            archive=cast(Any, Receipts(self.kernel, self.service)),
            journal=Journal(MemoryStore(self.kernel), "ours", "model"),
            markers=Markers(api, None, partial(Pool, self.kernel), memory=self.memory),
            now=EPOCH + timedelta(seconds=self.kernel.time),
        )
        assert len(history.runs) == JOBS

    def _in_turn(self, work: Any) -> None:
        self.kernel.spawn(Process(name="planner"), work)
        self.kernel.run()


def test_a_first_plan_asks_for_each_config_once_and_for_no_record() -> None:
    assert Finished().plan() == {"page": 3, "config": JOBS}


def test_a_second_plan_asks_for_the_newest_page_alone() -> None:
    finished = Finished()
    finished.plan()
    assert finished.plan() == {"page": 2}
