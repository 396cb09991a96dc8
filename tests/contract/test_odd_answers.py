"""A service that answers oddly: a machine that is gone while its work goes on, and starts that start nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fused_spec.api.client import FusedAPI
from fused_spec.api.objects import RunResponse
from fused_spec.plan.model import Action, Plan, Requests
from fused_spec.reconcile.apply import Options, apply
from fused_spec.reconcile.events import Finished
from fused_spec.reconcile.outcome import Outcome, OutcomeStatus
from fused_spec.reconcile.site import World as Time
from fused_spec.service.app import create_app
from fused_spec.status import LOST_AFTER
from tests.asgi import AsgiAdapter
from tests.contract.world import FAST, SLOW, TOKEN, World, job

DETACHED = Options(wait=False, poll=(0.02, 0.2))


class Odd(FusedAPI):
    """The real client, but for what it is told to say otherwise."""

    gone: bool
    heartbeat: datetime | None

    def get_status(self, job: Any) -> RunResponse:
        run = super().get_status(job)
        if not self.gone or run.finished:
            return run
        said = {"status": "terminated", "terminal_status": True, "last_heartbeat": self.heartbeat}
        return run.model_copy(update={**said, "job_status": "In Progress", "finished_job_status": False})


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        made = World(tmp_path / "project", service)
        made.api = Odd.over(made.api._transport)
        made.api.gone, made.api.heartbeat = False, None
        made.write("specs/area.py", SLOW)
        made.write("specs/a.yaml", job())
        yield made
        made.api.gone = False
        for listed in made.api.get_jobs(None, max_requests=None):
            made.api.cancel_job(listed)


class Hours:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def applied(world: World, made: Plan, hours: Hours) -> Outcome:
    site = replace(world.site(made.seen), world=Time(clock=hours.clock, sleep=hours.sleep))
    events = list(apply(made, site, options=replace(FAST, poll=(5.0, 5.0))))
    [outcome] = [event.outcome for event in events if isinstance(event, Finished)]
    return outcome


def actions(plan: Plan) -> list[tuple[Action, str]]:
    return [(change.action, change.why) for change in plan.changes]


def test_a_run_whose_machine_has_been_gone_for_minutes_is_lost(world: World) -> None:
    started = world.apply(DETACHED)["Job/areas"]
    world.api.gone = True
    hours = Hours()
    made = world.plan()
    assert [change.action for change in made.changes] == [Action.ATTACH]
    outcome = applied(world, made, hours)
    assert (outcome.status, outcome.job_id) == (OutcomeStatus.LOST, started.job_id)
    assert hours.now >= LOST_AFTER


def test_a_run_that_an_apply_gave_up_is_not_attached_to_again(world: World) -> None:
    world.apply(DETACHED)
    world.api.gone = True
    applied(world, world.plan(), Hours())
    assert [change.action for change in world.plan().changes] == [Action.HOLD]
    assert world.apply()["Job/areas"].status is OutcomeStatus.HELD


def test_a_run_that_was_given_up_counts_again_once_it_has_a_machine(world: World) -> None:
    world.apply(DETACHED)
    world.api.gone = True
    applied(world, world.plan(), Hours())
    world.api.gone = False
    assert [change.action for change in world.plan().changes] == [Action.ATTACH]


def test_a_lost_run_is_tried_again_where_the_spec_says_so(world: World) -> None:
    world.write("specs/a.yaml", job(more="  run: {on_failure: retry, retries: 1}\n"))
    world.apply(DETACHED)
    world.api.gone, world.api.heartbeat = True, datetime(2020, 5, 1, tzinfo=UTC)
    assert actions(world.plan()) == [(Action.START, "retry: 1 of 1")]


def test_a_plan_takes_a_run_for_lost_whose_machine_was_last_heard_of_long_ago(world: World) -> None:
    world.apply(DETACHED)
    world.api.gone, world.api.heartbeat = True, datetime(2020, 5, 1, tzinfo=UTC)
    assert [change.action for change in world.plan().changes] == [Action.HOLD]


def test_an_old_heartbeat_of_a_machine_that_is_there_says_nothing(world: World) -> None:
    world.apply(DETACHED)
    world.api.heartbeat = datetime(2020, 5, 1, tzinfo=UTC)
    assert [change.action for change in world.plan().changes] == [Action.ATTACH]


def test_a_machine_that_was_just_heard_of_may_yet_close_its_record(world: World) -> None:
    world.apply(DETACHED)
    world.api.gone, world.api.heartbeat = True, datetime.now(UTC) + timedelta(days=1)
    assert [change.action for change in world.plan().changes] == [Action.ATTACH]


def test_a_lost_run_in_no_spec_is_not_there_to_be_cancelled(world: World) -> None:
    world.apply(DETACHED)
    world.write("specs/a.yaml", job("others"))
    world.api.gone, world.api.heartbeat = True, datetime(2020, 5, 1, tzinfo=UTC)
    assert [change.action for change in world.plan(Requests(prune=True)).changes] == [Action.START]
