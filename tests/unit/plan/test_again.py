"""What a retry starts, row by row: the elements without a good result, or all of them, and what the plan says of it."""

import pytest
from msgspec.structs import replace

from fused_spec.jobs.parts import MOST_STRETCHES, Part, Stretches
from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, PastRun, ReadRun, Requests, Run
from fused_spec.spec.model import DesiredJob, OnFailure, OnRetry, RunPolicy, When
from tests.unit.plan.things import OTHER, SAME, job, key, only, past, plan, run

FAILED_ALONE = RunPolicy(on_retry=OnRetry.FAILED)
RETRY, ALL = Requests(retry=frozenset({"areas"})), Requests(retry=frozenset({"areas"}), whole=True)
ENDED_BADLY = (RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.LOST)


def mapped(count: int = 10, policy: RunPolicy = FAILED_ALONE, *, reads: tuple[str, ...] = ()) -> DesiredJob:
    return job(policy=policy, steps=({"type": "udf", "input": list(range(count))},), reads=reads)


def made(done: str | None, status: RunStatus = RunStatus.FAILED, part: str | None = None, digest: str = SAME) -> Run:
    """The newest run, with the elements that have a result; of a part of ten it was started for these."""
    return replace(
        run(status, digest),
        done=None if done is None else Stretches.parse(done),
        part=None if part is None else Part(of=10, elements=Stretches.parse(part), after="the-first"),
    )


def elements(change: Change) -> str | None:
    return None if change.part is None else str(change.part.elements)


ROWS = [
    # done, part of the newest run, elements that a retry starts (None: all)
    ("0-6", None, "7-9"),
    ("0-2,4-9", None, "3"),
    ("", None, None),
    (None, None, None),
    ("0-9", None, "9"),
    ("7", "7-9", "8-9"),
    ("", "7-9", "7-9"),
    ("7-9", "7-9", "9"),
    (None, "7-9", None),
]


@pytest.mark.parametrize("status", ENDED_BADLY)
@pytest.mark.parametrize(("done", "part", "started"), ROWS)
def test_a_retry_starts_what_has_no_result(
    done: str | None, part: str | None, started: str | None, status: RunStatus
) -> None:
    change = only(plan(mapped(), runs=(made(done, status, part),), requests=RETRY))
    assert (change.action, change.reason, elements(change)) == (Action.START, Reason.RETRIED, started)


def test_a_part_stands_after_the_newest_run() -> None:
    newest = made("7", part="7-9")
    change = only(plan(mapped(), runs=(newest,), requests=RETRY))
    assert change.part == Part(of=10, elements=Stretches.parse("8-9"), after=newest.job_id)


def test_a_purged_run_is_as_good_by_its_receipt() -> None:
    remembered: PastRun = replace(past(RunStatus.FAILED), done=Stretches.parse("0-6"))
    assert elements(only(plan(mapped(), remembered=remembered, requests=RETRY))) == "7-9"


def test_a_policy_of_retries_starts_what_has_no_result() -> None:
    policy = RunPolicy(on_failure=OnFailure.RETRY, retries=2, on_retry=OnRetry.FAILED)
    change = only(plan(mapped(policy=policy), runs=(made("0-6"),)))
    assert (elements(change), change.why) == ("7-9", "retry: 1 of 2; 3 of 10 elements, as the others have a result")


def test_what_replaced_a_run_that_is_wanted_again_leaves_its_results() -> None:
    replaced = replace(made("0-6", RunStatus.CANCELLED), replaced=True)
    change = only(plan(mapped(), runs=(replaced,)))
    assert (change.reason, elements(change)) == (Reason.REPLACED, "7-9")


@pytest.mark.parametrize("part", [None, "7-9"])
def test_a_job_is_up_to_date_when_its_last_run_succeeded_whatever_its_elements(part: str | None) -> None:
    change = only(plan(mapped(), runs=(made(None, RunStatus.SUCCEEDED, part),), requests=RETRY))
    assert (change.action, change.reason) == (Action.NONE, Reason.UP_TO_DATE)


def test_a_held_job_stays_held_without_being_asked() -> None:
    assert only(plan(mapped(), runs=(made("0-6"),))).action is Action.HOLD


WHY_ALL = [
    (made("0-6"), ALL, "as asked for by --all"),
    (made(None), RETRY, "as nothing tells which of them run-of-areas made"),
    (replace(made("7", part="7-9"), part=Part(of=9, elements=Stretches.parse("7"), after="x")), RETRY, "as nothing"),
]


@pytest.mark.parametrize(("newest", "requests", "why"), WHY_ALL)
def test_a_plan_says_why_all_elements_run(newest: Run, requests: Requests, why: str) -> None:
    change = only(plan(mapped(), runs=(newest,), requests=requests))
    assert change.part is None
    assert f"all 10 elements, {why}" in change.why


def test_elements_scattered_too_widely_all_run() -> None:
    count = 2 * MOST_STRETCHES + 4
    newest = replace(run(RunStatus.FAILED), done=Stretches.of(range(0, count, 2)))
    change = only(plan(mapped(count), runs=(newest,), requests=RETRY))
    assert change.part is None
    assert change.why.endswith("as those without a result are scattered too widely")


def test_a_job_that_changed_runs_for_all_elements_and_a_retry_is_told_so() -> None:
    change = only(plan(mapped(), runs=(made("0-6", digest=OTHER),), requests=RETRY))
    assert (change.reason, change.part) == (Reason.SPEC_CHANGED, None)
    assert change.why.endswith("; all 10 elements, as the job changed")


def test_a_job_that_changed_and_was_not_asked_for_is_told_as_ever() -> None:
    assert "elements" not in only(plan(mapped(), runs=(made("0-6", digest=OTHER),))).why


@pytest.mark.parametrize("requests", [Requests(rerun=frozenset({"areas"}))])
def test_what_is_asked_for_by_rerun_runs_for_all_elements(requests: Requests) -> None:
    change = only(plan(mapped(), runs=(made("0-6"),), requests=requests))
    assert (change.part, change.why) == (None, "asked for by name")


def test_a_job_that_says_so_runs_for_all_elements_without_a_word() -> None:
    change = only(plan(mapped(policy=RunPolicy()), runs=(made("0-6"),), requests=RETRY))
    assert (change.part, change.why) == (None, "asked for by --retry")


def read(run_id: str) -> dict[str, ReadRun]:
    return {"tiles": ReadRun(job_id=run_id, digest=SAME)}


def success(run_id: str) -> Run:
    return replace(run(RunStatus.SUCCEEDED, key=key("tiles")), job_id=run_id)


def test_results_of_what_is_read_still_are_left() -> None:
    newest = replace(made("0-6"), reads=read("first"))
    made_plan = plan(job("tiles"), mapped(reads=("tiles",)), runs=(newest, success("first")), requests=RETRY)
    assert elements(made_plan.changes[1]) == "7-9"


def test_results_of_what_was_written_again_since_are_not_left() -> None:
    newest = replace(made("0-6"), reads=read("first"))
    made_plan = plan(job("tiles"), mapped(reads=("tiles",)), runs=(newest, success("second")), requests=RETRY)
    assert made_plan.changes[1].why.endswith("all 10 elements, as what it reads was written again")


def test_results_of_what_will_be_written_again_are_not_left() -> None:
    newest = replace(made("0-6"), reads=read("first"))
    tiles = job("tiles", policy=RunPolicy(when=When.ALWAYS))
    made_plan = plan(tiles, mapped(reads=("tiles",)), runs=(newest, success("first")), requests=RETRY)
    assert made_plan.changes[1].part is None


def test_lost_elements_of_a_success_run_when_the_job_is_named() -> None:
    change = only(plan(mapped(), runs=(made("0-6", RunStatus.SUCCEEDED),), requests=RETRY))
    assert (change.action, elements(change)) == (Action.START, "7-9")


def test_lost_elements_of_a_success_do_not_run_for_a_retry_of_all() -> None:
    requests = Requests(retry_all=True)
    assert only(plan(mapped(), runs=(made("0-6", RunStatus.SUCCEEDED),), requests=requests)).action is Action.NONE


def test_a_job_that_runs_only_by_name_is_not_started_by_a_retry() -> None:
    policy = RunPolicy(when=When.MANUAL, on_retry=OnRetry.FAILED)
    assert only(plan(mapped(policy=policy), runs=(made("0-6"),), requests=RETRY)).action is Action.NONE
