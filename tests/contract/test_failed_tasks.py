"""What a run is that succeeded although tasks of it failed: for its job, for its readers, and in words."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import TaskCounts
from fused_spec.plan.actions import Action
from fused_spec.plan.ending import how_it_ended
from fused_spec.plan.model import Change, PastRun, Plan, Requests, Run
from fused_spec.reconcile.applying.outcome import OutcomeStatus, exit_code
from fused_spec.reconcile.archive.cancels import Cancels
from fused_spec.reconcile.reviewing.held import with_errors
from fused_spec.service.app import create_app
from fused_spec.views.documents.outcomes import apply_document
from fused_spec.views.documents.plans import status_document
from fused_spec.views.text.outcomes import outcomes_text
from fused_spec.views.text.runs import status_text
from tests.asgi import AsgiAdapter
from tests.contract.world import TOKEN, World, job

LOSSY = job("areas").replace("- type: udf", "- type: udf\n        input: [0, 1, 2]\n        ignore_chunk_error: true")
FAIL = f"{LOSSY}  run: {{failed_tasks: fail}}\n"
READER = job("sums", "sum.py", more="  needs: [areas]\n")
COUNTS = {"total": 3, "succeeded": 2, "failed": 1, "cancelled": 0, "not_started": 0}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        made = World(tmp_path / "project", service)
        failing = (
            f"if n == 0 and not __import__('os').path.exists('{made.folder}/mended'):\n        raise KeyError('geom')"
        )
        made.write("specs/area.py", f"@fused.udf\ndef udf(n: int):\n    {failing}\n    return n\n")
        made.write("specs/sum.py", "@fused.udf\ndef udf():\n    return 1\n")
        yield made


def change(plan: Plan, name: str) -> Change:
    return next(change for change in plan.changes if change.key.name == name)


def run_of(change: Change) -> Run | PastRun:
    assert isinstance(change.before, Run | PastRun)
    return change.before


def test_a_run_with_losses_is_told_with_their_number_by_apply_and_by_status(world: World) -> None:
    world.write("specs/areas.yaml", LOSSY)
    outcomes = world.apply()
    assert "Job/areas  succeeded, 1 of 3 failed  " in outcomes_text(list(outcomes.values()))
    assert "succeeded, 1 of 3 failed" in status_text(world.plan())


def test_programs_are_told_the_counts_and_no_error(world: World) -> None:
    world.write("specs/areas.yaml", LOSSY)
    outcomes = list(world.apply().values())
    [told] = apply_document("local", outcomes, exit_code(outcomes))["outcomes"]
    assert (told["tasks"], told["status"], told["error"]) == (COUNTS, "succeeded", None)
    assert exit_code(outcomes) == 0
    [status] = status_document(world.plan())["jobs"]
    assert status["tasks"] == COUNTS


def test_without_an_archive_the_service_tells_the_losses(world: World) -> None:
    world.write("specs/areas.yaml", LOSSY)
    world.apply()
    shutil.rmtree(world.folder / "archive")
    assert "succeeded, 1 of 3 failed" in status_text(world.plan())


def test_a_job_that_may_lose_nothing_is_asked_nothing_more(world: World) -> None:
    world.write("specs/sums.yaml", job("sums", "sum.py"))
    world.apply()
    shutil.rmtree(world.folder / "archive")
    before = len(world.service.seen)
    world.plan()
    assert not any("/tasks" in str(call) for call in world.service.seen[before:])


def test_where_failed_tasks_fail_the_job_its_readers_do_not_start(world: World) -> None:
    world.write("specs/areas.yaml", FAIL)
    world.write("specs/sums.yaml", READER)
    outcomes = world.apply()
    assert (outcomes["Job/areas"].status, outcomes["Job/sums"].status) == (OutcomeStatus.FAILED, OutcomeStatus.SKIPPED)
    assert exit_code(outcomes.values()) == 1


def test_it_is_held_by_later_plans_and_its_readers_wait(world: World) -> None:
    world.write("specs/areas.yaml", FAIL)
    world.write("specs/sums.yaml", READER)
    world.apply()
    plan = world.plan()
    assert (change(plan, "areas").action, change(plan, "sums").action) == (Action.HOLD, Action.WAIT)
    outcomes = world.apply()
    assert (outcomes["Job/areas"].status, outcomes["Job/sums"].status) == (OutcomeStatus.HELD, OutcomeStatus.SKIPPED)


def test_it_is_held_also_without_an_archive(world: World) -> None:
    world.write("specs/areas.yaml", FAIL)
    world.apply()
    shutil.rmtree(world.folder / "archive")
    assert change(world.plan(), "areas").action is Action.HOLD


def test_why_it_is_held_is_told_in_the_words_of_its_tasks(world: World) -> None:
    world.write("specs/areas.yaml", FAIL)
    world.apply()
    plan = with_errors(world.plan(), world.api, world.archive, Cancels(world.store, "cancelled"))
    assert how_it_ended(run_of(change(plan, "areas"))).endswith(
        ": 1 of 3 failed, and its failed_tasks is fail; input 0: KeyError: 'geom', at specs/area.py:4"
    )


def test_an_apply_says_why_a_run_that_succeeded_has_failed(world: World) -> None:
    world.write("specs/areas.yaml", FAIL)
    assert world.apply()["Job/areas"].error == "1 of 3 failed, and its failed_tasks is fail"


def test_what_lost_tasks_before_the_job_changed_says_nothing_of_it_now(world: World) -> None:
    world.write("specs/areas.yaml", FAIL)
    world.apply()
    world.write("specs/areas.yaml", FAIL.replace("[0, 1, 2]", "[1, 2]"))
    assert change(world.plan(), "areas").action is Action.START


def test_a_retry_runs_the_elements_that_failed_and_then_the_readers(world: World) -> None:
    world.write("specs/areas.yaml", FAIL)
    world.write("specs/sums.yaml", READER)
    world.apply()
    (world.folder / "mended").touch()
    outcomes = world.apply(requests=Requests(retry=frozenset({"areas"})))
    assert {str(one.status) for one in outcomes.values()} == {"succeeded"}
    part = outcomes["Job/areas"].change.part
    assert part is not None and str(part.elements) == "0"
    assert not world.plan().has_changes


def test_the_policy_decides_of_a_run_that_is_there_and_starts_nothing_when_it_changes(world: World) -> None:
    world.write("specs/areas.yaml", LOSSY)
    world.apply()
    world.write("specs/areas.yaml", FAIL)
    held = change(world.plan(), "areas")
    assert held.action is Action.HOLD
    assert (run_of(held).status, run_of(held).tasks) == (RunStatus.FAILED, TaskCounts(total=3, succeeded=2, failed=1))
    world.write("specs/areas.yaml", LOSSY)
    assert change(world.plan(), "areas").action is Action.NONE


def test_the_receipt_keeps_the_end_that_the_service_told(world: World) -> None:
    world.write("specs/areas.yaml", FAIL)
    world.apply()
    [receipt] = world.archive.receipts()
    assert (receipt.status, receipt.tasks) == (RunStatus.SUCCEEDED, TaskCounts(total=3, succeeded=2, failed=1))


def test_with_retries_left_what_failed_is_tried_again_in_the_same_apply(world: World) -> None:
    world.write("specs/areas.yaml", f"{LOSSY}  run: {{failed_tasks: fail, on_failure: retry, retries: 1}}\n")
    world.apply()
    assert len(world.job_ids()) == 2
