"""A start that apply would skip is not one: it waits, and says for what."""

import pytest

from fused_spec.jobs.status import RunStatus
from fused_spec.messages.diagnostics import Location
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Plan, Requests, Run
from fused_spec.spec.model import DesiredToken, Key, Kind, RunPolicy, When
from tests.unit.plan.things import OTHER, job, key, plan, run

MANUAL = RunPolicy(when=When.MANUAL)


def failed(name: str = "bad") -> Run:
    return run(RunStatus.FAILED, key=key(name))


def whys(made: Plan) -> dict[str, str]:
    return {change.key.name: change.why for change in made.changes}


def test_what_needs_a_held_job_waits_for_it() -> None:
    made = plan(job("bad"), job("c", needs=(key("bad"),)), runs=(failed(),))
    assert whys(made)["c"] == "waits for Job/bad, which is held"


def test_what_waits_changes_nothing() -> None:
    made = plan(job("bad"), job("c", needs=(key("bad"),)), runs=(failed(),))
    assert (made.has_changes, made.summary()) == (False, {"hold": 1, "wait": 1})


def test_what_needs_a_waiting_job_waits_too() -> None:
    made = plan(job("bad"), job("c", needs=(key("bad"),)), job("d", needs=(key("c"),)), runs=(failed(),))
    assert whys(made)["d"] == "waits for Job/c, which waits for Job/bad"


@pytest.mark.parametrize("status", [RunStatus.QUEUED, RunStatus.RUNNING])
def test_a_change_of_a_running_job_waits_as_well(status: RunStatus) -> None:
    changed = run(status, OTHER, key=key("c"))
    made = plan(job("bad"), job("c", needs=(key("bad"),)), runs=(failed(), changed))
    assert made.changes[-1].action is Action.WAIT


def test_what_already_runs_is_waited_for_whatever_it_needs() -> None:
    running = run(RunStatus.RUNNING, key=key("c"))
    made = plan(job("bad"), job("c", needs=(key("bad"),)), runs=(failed(), running))
    assert made.changes[-1].action is Action.ATTACH


def test_a_job_that_runs_only_by_hand_is_waited_for_until_it_did() -> None:
    declared = job("bad", policy=MANUAL), job("c", needs=(key("bad"),))
    assert whys(plan(*declared))["c"] == "waits for Job/bad, which runs only when named by --rerun"
    done = plan(*declared, runs=(run(RunStatus.SUCCEEDED, OTHER, key=key("bad")),))
    assert done.changes[-1].action is Action.START


@pytest.mark.parametrize("requests", [Requests(retry_all=True), Requests(rerun=frozenset({"bad"}))])
def test_nothing_waits_for_what_is_asked_for(requests: Requests) -> None:
    made = plan(job("bad"), job("c", needs=(key("bad"),)), runs=(failed(),), requests=requests)
    assert made.changes[-1].action is Action.START


def test_a_forgotten_job_is_waited_for_until_a_person_decides() -> None:
    made = plan(job("bad"), job("c", needs=(key("bad"),)), traces=("bad",))
    assert whys(made)["c"] == "waits for Job/bad, which is held"


def test_a_reader_of_what_waits_is_up_to_date() -> None:
    declared = job("bad"), job("p", needs=(key("bad"),), digest=OTHER), job("r", reads=("p",))
    done = [run(RunStatus.SUCCEEDED, key=key(name)) for name in ("p", "r")]
    made = plan(*declared, runs=(failed(), *done))
    assert whys(made)["r"] == "up to date"


def test_a_token_waits_for_nothing_that_an_apply_will_make(tmp_path: object) -> None:
    udf = Key(kind=Kind.UDF, name="tiles")
    token = DesiredToken(
        key=Key(kind=Kind.TOKEN, name="tiles"),
        payload={"udf": {"ref": "tiles"}},
        digest="d1:t",
        origin=Location(path="specs/a.yaml"),
        sink=tmp_path / "token",  # type: ignore[operator]
        needs=(udf,),
    )
    assert plan(token).changes[0].action is Action.CREATE
