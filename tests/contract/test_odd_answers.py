"""A service that answers oddly: a machine that is gone while its work goes on, and starts that start nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from fused_spec.api.client import FusedAPI
from fused_spec.api.values.objects import RunResponse
from fused_spec.errors import ServiceError
from fused_spec.jobs.status import LOST_AFTER
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Plan, Requests, Run
from fused_spec.reconcile.applying.act import flight_of
from fused_spec.reconcile.applying.apply import apply
from fused_spec.reconcile.applying.events import Finished
from fused_spec.reconcile.applying.options import Options
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus, exit_code
from fused_spec.reconcile.following.rivals import Rivals
from fused_spec.reconcile.marking.copies import is_changed_copy, is_late
from fused_spec.reconcile.marking.marker import marker_in
from fused_spec.reconcile.site import World as Time
from fused_spec.service.app import create_app
from tests.asgi import AsgiAdapter
from tests.contract.world import FAILING, FAST, SLOW, TOKEN, World, job

WRITER = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {name: daily}
spec:
  config:
    steps: [{type: partition_nongeospatial, input: fd://raw/daily.csv, output: fd://demo/daily/}]
"""
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


def copied(world: World, code: str) -> str:
    """Read the newest run's config back, change it, and start it, as somebody in a notebook does."""
    [listed] = world.api.get_jobs(1)
    config = world.api.get_job_config(listed)
    step = config.steps[0].model_copy(update={"udf": config.steps[0].udf.model_copy(update={"code": code})})
    return str(world.api.start_job(config.model_copy(update={"steps": [step]})).job_id)


def test_a_changed_copy_of_a_run_that_goes_on_is_not_cancelled(world: World) -> None:
    first = world.apply(DETACHED)["Job/areas"]
    copied(world, SLOW + "# mine\n")
    assert [(change.action, change.job_id) for change in world.plan().changes] == [(Action.ATTACH, first.job_id)]


def test_nor_is_one_that_comes_to_light_while_an_apply_waits(world: World) -> None:
    world.apply(DETACHED)
    made = world.plan()
    copied(world, SLOW + "# mine\n")
    [change] = made.changes
    assert isinstance(change.before, Run)
    site = world.site(made.seen)
    flight = flight_of(change, change.before, site)
    flight.sight = replace(flight.sight, created=change.before.created)
    assert Rivals(site).decide([flight], list(world.api.get_jobs(2))) == []


def test_what_was_delivered_twice_is_no_changed_copy(world: World) -> None:
    world.apply(DETACHED)
    [change] = world.plan().changes
    assert isinstance(change.before, Run)
    mine = replace(change.before, job_id=copied(world, SLOW + "# mine\n"))
    assert is_changed_copy(world.api, mine, [change.before])
    assert not is_changed_copy(world.api, mine, [mine])
    assert not is_changed_copy(world.api, replace(mine, nonce="other"), [change.before])
    world.api.get_job_config = lambda job: change.before  # whatever it is, both have it
    assert not is_changed_copy(world.api, mine, [change.before])


class Cache(FusedAPI):
    """The real client, behind a cache that answers a start with the run of `answers`, or else the newest, if any."""

    answers: str | None = None
    word: str | None = None
    hides_config: bool = False
    sent: list[dict[str, Any]]

    def start_job(self, config: Any, **keywords: Any) -> RunResponse:
        self.sent.append({name: keywords.get(name) for name in ("send_status_email", "cache_max_age")})
        known = [self.answers] if self.answers else [listed.id for listed in self.get_jobs(1)]
        if not known:
            return super().start_job(config, **keywords)
        return self.get_status(known[0]).answered_with({"x-cache": self.word} if self.word else {})

    def get_job_metadata(self, job: Any) -> dict[str, object] | None:
        if self.hides_config:
            raise ServiceError("not stored yet")
        return super().get_job_metadata(job)


@pytest.fixture
def cached(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        made = World(tmp_path / "project", service)
        made.api = Cache.over(made.api._transport)
        made.api.sent = []
        made.write("specs/a.yaml", job(more="  run: {when: always}\n"))
        yield made


@pytest.mark.parametrize("word", ["hit", "gs", None])
def test_a_start_that_was_answered_with_an_older_run_is_no_start(cached: World, word: str) -> None:
    first = cached.apply()["Job/areas"]
    cached.api.word = word
    again = cached.apply()["Job/areas"]
    assert again.status is OutcomeStatus.FAILED
    assert f"the older run {first.job_id}" in str(again.error)
    assert "attempt 1 of Job/areas" in str(again.error)
    assert exit_code([again]) == 1


@pytest.mark.parametrize("asked", [Requests(rerun=frozenset({"areas"})), Requests()])
def test_a_run_that_was_asked_for_is_not_taken_for_done_by_an_older_one(cached: World, asked: Requests) -> None:
    cached.apply()
    cached.api.word = "hit"
    cached.apply(requests=asked)
    assert [change.action for change in cached.plan(asked).changes] == [Action.START]
    cached.api.__class__ = FusedAPI
    assert cached.apply(requests=asked)["Job/areas"].status is OutcomeStatus.SUCCEEDED
    assert len(cached.job_ids()) == 2


def test_a_cached_answer_is_known_though_its_config_cannot_be_read(cached: World) -> None:
    cached.apply()
    made = cached.plan()
    cached.api.hides_config, cached.api.word = True, "s3"
    [outcome] = cached.carry_out(made).values()
    assert outcome.status is OutcomeStatus.FAILED
    assert "from its cache (s3)" in str(outcome.error)


@pytest.mark.thorough
def test_what_an_older_run_answered_stays_an_open_attempt_until_it_is_settled(cached: World) -> None:
    cached.apply()
    cached.apply()
    [left] = cached.site().journal.open_intents()
    assert left.number == 2
    cached.api.__class__ = FusedAPI
    cached.apply()
    assert cached.site().journal.open_intents() == []


def test_a_new_run_whose_config_cannot_be_read_yet_is_a_start(cached: World) -> None:
    cached.api.hides_config = True
    made = cached.plan()
    assert cached.carry_out(made)["Job/areas"].status is OutcomeStatus.SUCCEEDED


def test_where_the_spec_allows_for_it_an_older_run_stands_for_the_new_one(cached: World) -> None:
    cached.write("specs/a.yaml", job(more="  run: {when: always}\n  cache_max_age: 12h\n  send_status_email: false\n"))
    first = cached.apply()["Job/areas"]
    cached.api.word = "hit"
    again = cached.apply()["Job/areas"]
    assert (again.status, again.job_id) == (OutcomeStatus.SUCCEEDED, first.job_id)
    assert cached.api.sent == [{"send_status_email": False, "cache_max_age": 43200}] * 2
    assert cached.site().journal.open_intents() == []


def test_an_older_run_that_failed_is_not_followed_again_and_again(cached: World) -> None:
    cached.write("specs/area.py", FAILING)
    cached.write("specs/a.yaml", job(more="  run: {on_failure: retry, retries: 2}\n  cache_max_age: 12h\n"))
    first = cached.apply()["Job/areas"]
    assert first.status is OutcomeStatus.FAILED
    assert f"the older run {cached.job_ids()[0]}" in str(first.error)
    assert len(cached.api.sent) == 2


def test_an_older_run_that_read_something_else_does_not_stand_for_a_reader(cached: World) -> None:
    more = "  cache_max_age: 12h\n"
    cached.write("specs/report.py", "@fused.udf\ndef udf(table: str):\n    return table\n")
    cached.write("specs/a.yaml", WRITER + job("report", "report.py", more, "{table: {output_of: daily}}"))
    cached.api.__class__ = FusedAPI
    cached.api.upload("fd://raw/daily.csv", b"n\n1\n2\n")
    first = cached.apply()["Job/report"]
    assert first.status is OutcomeStatus.SUCCEEDED
    daily = cached.apply(requests=Requests(rerun=frozenset({"daily"}), select=frozenset({"daily"})))["Job/daily"]
    assert daily.status is OutcomeStatus.SUCCEEDED
    cached.api.__class__ = Cache
    cached.api.answers, cached.api.word = first.job_id, "hit"
    again = cached.apply()["Job/report"]
    assert again.status is OutcomeStatus.FAILED
    assert "the older run" in str(again.error)
    assert [change.why for change in cached.plan().changes if change.action is Action.START] == [
        "daily was written again"
    ]


class Asleep(FusedAPI):
    """The real client, on a machine that slept since the last answer: its idea of the service's time is old."""

    slept = timedelta()

    @property
    def server_time(self) -> datetime | None:
        return datetime.now(UTC) - self.slept

    def get_jobs(self, *given: Any, **more: Any) -> Any:
        jobs = super().get_jobs(*given, **more)
        self.slept = timedelta()
        return jobs


def test_a_start_before_which_the_machine_slept_is_not_taken_for_a_copy(cached: World) -> None:
    cached.write("specs/a.yaml", job())
    cached.api.__class__ = Asleep
    made = cached.plan()
    cached.api.slept = timedelta(hours=8)
    cached.carry_out(made)
    [listed] = cached.api.get_jobs(1)
    marker = marker_in(cached.api.get_job_metadata(listed))
    assert marker is not None
    assert not is_late(marker, listed.creation_date)


def test_what_is_said_of_the_start_alone_starts_nothing(cached: World) -> None:
    cached.write("specs/a.yaml", job())
    cached.apply()
    cached.write("specs/a.yaml", job(more="  cache_max_age: 60\n  send_status_email: true\n"))
    assert [change.action for change in cached.plan().changes] == [Action.NONE]
