"""A retry of a map runs what failed alone, end to end: from the marker to the receipt, and what readers make of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fused_spec.jobs.parts import Part, Stretches
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, Requests
from fused_spec.reconcile.adopting.origin import read_origin
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus
from fused_spec.reconcile.archive.made import made_by
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.reconcile.marking.marker import Marker, marker_in
from fused_spec.service.app import create_app
from tests.asgi import AsgiAdapter
from tests.contract.world import TOKEN, World, job

ELEMENTS = "input: [10, 11, 12, 13]"
MAPPED = job("areas").replace("- type: udf", f"- type: udf\n        {ELEMENTS}\n        n_processes: 1")
LOSSY = MAPPED.replace("n_processes: 1", "ignore_chunk_error: true")
READER = """\
---
apiVersion: fused-spec/v1
kind: Job
metadata: {name: totals}
spec:
  config:
    steps:
      - {type: udf, udf: {code: "@fused.udf\\ndef udf(table): return 1\\n", parameters: {table: {output_of: areas}}}}
"""
RETRY = Requests(retry=frozenset({"areas"}))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        made = World(tmp_path / "project", service)
        made.write("specs/area.py", code(made, failing="12 13"))
        made.write("specs/areas.yaml", MAPPED)
        yield made


def code(world: World, failing: str) -> str:
    """A UDF that fails while a file says so, which is no part of the spec."""
    world.write("failing", failing)
    return (
        "@fused.udf\ndef udf(n: int):\n"
        f"    if str(n) in open('{world.folder / 'failing'}').read().split():\n        raise KeyError('geom')\n"
        "    return n\n"
    )


def mend(world: World) -> None:
    world.write("failing", "")


def areas(outcomes: dict[str, Outcome]) -> Outcome:
    return outcomes["Job/areas"]


def only(world: World, requests: Requests = RETRY) -> Change:
    return next(one for one in world.plan(requests).changes if one.key.name == "areas")


def marker(world: World, outcome: Outcome) -> Marker:
    found = marker_in(world.api.get_job_metadata(str(outcome.job_id)))
    assert found is not None
    return found


def inputs(world: World, outcome: Outcome) -> list[Any]:
    [step] = world.api.get_job_config(str(outcome.job_id)).steps
    return list(getattr(step, "input", []))


def receipt(world: World, outcome: Outcome) -> Receipt:
    return next(one for one in world.archive.receipts() if one.job_id == outcome.job_id)


def test_a_receipt_tells_which_elements_have_a_result(world: World) -> None:
    assert receipt(world, areas(world.apply())).done == Stretches.of([0, 1])


def test_a_retry_runs_the_elements_without_a_result_alone(world: World) -> None:
    world.apply()
    mend(world)
    assert inputs(world, areas(world.apply(requests=RETRY))) == [12, 13]


def test_the_marker_tells_which_elements_a_run_is_for_and_after_which(world: World) -> None:
    first = areas(world.apply())
    mend(world)
    second = marker(world, areas(world.apply(requests=RETRY)))
    assert second.part == Part(of=4, elements=Stretches.of([2, 3]), after=str(first.job_id))


def test_a_run_of_a_part_has_the_digest_of_the_job(world: World) -> None:
    first = marker(world, areas(world.apply()))
    mend(world)
    second = marker(world, areas(world.apply(requests=RETRY)))
    assert (second.digest, second.attempt) == (first.digest, 2)


def test_a_job_whose_rest_succeeded_is_up_to_date(world: World) -> None:
    world.apply()
    mend(world)
    world.apply(requests=RETRY)
    change = only(world, Requests())
    assert (change.action, change.reason) == (Action.NONE, Reason.UP_TO_DATE)


def test_the_receipts_of_all_runs_add_up(world: World) -> None:
    first = areas(world.apply())
    mend(world)
    second = receipt(world, areas(world.apply(requests=RETRY)))
    made = receipt(world, first).done
    assert made is not None
    assert second.part is not None
    assert sorted([*made, *second.part.elements]) == [0, 1, 2, 3]


def test_a_retry_that_fails_is_retried_for_what_it_did_not_make(world: World) -> None:
    world.apply()
    world.write("failing", "13")
    world.apply(requests=RETRY)
    mend(world)
    assert inputs(world, areas(world.apply(requests=RETRY))) == [13]


def test_what_a_plan_says_of_a_retry(world: World) -> None:
    world.apply()
    assert only(world).why == "asked for by --retry: 2 of 4 elements, as the others have a result"


def test_all_elements_run_when_that_is_asked_for(world: World) -> None:
    world.apply()
    mend(world)
    asked = Requests(retry=frozenset({"areas"}), whole=True)
    assert inputs(world, areas(world.apply(requests=asked))) == [10, 11, 12, 13]


def test_all_elements_run_where_the_spec_wants_that(world: World) -> None:
    world.write("specs/areas.yaml", f"{MAPPED}  run: {{on_retry: all}}\n")
    world.apply()
    mend(world)
    assert inputs(world, areas(world.apply(requests=RETRY))) == [10, 11, 12, 13]


def test_a_retry_of_elements_that_changed_runs_all_and_says_why(world: World) -> None:
    world.apply()
    world.write("specs/areas.yaml", MAPPED.replace("13]", "14]"))
    assert only(world).why == "spec changed: config.steps.0.input.3; all 4 elements, as the job changed"


def test_elements_that_changed_after_a_run_of_a_part_are_told(world: World) -> None:
    world.apply()
    mend(world)
    world.apply(requests=RETRY)
    world.write("specs/areas.yaml", MAPPED.replace("13]", "14]"))
    assert only(world, Requests()).why == "spec changed: which elements it has"


def test_a_retry_by_policy_runs_what_failed_alone(world: World) -> None:
    world.write("specs/areas.yaml", f"{MAPPED}  run: {{on_failure: retry, retries: 1}}\n")
    assert inputs(world, areas(world.apply())) == [12, 13]


def test_lost_elements_of_a_success_run_when_the_job_is_named(world: World) -> None:
    world.write("specs/areas.yaml", LOSSY)
    assert areas(world.apply()).status is OutcomeStatus.SUCCEEDED
    mend(world)
    assert inputs(world, areas(world.apply(requests=RETRY))) == [12, 13]


def test_lost_elements_of_a_success_do_not_run_unnamed(world: World) -> None:
    world.write("specs/areas.yaml", LOSSY)
    world.apply()
    assert only(world, Requests(retry_all=True)).action is Action.NONE


def test_a_retry_of_a_job_without_lost_elements_starts_nothing(world: World) -> None:
    mend(world)
    world.apply()
    assert only(world).action is Action.NONE


def test_a_receipt_that_does_not_tell_what_was_made_is_made_good_by_the_service(world: World) -> None:
    outcome = areas(world.apply())
    change_receipt(world, outcome, done=None)
    mend(world)
    assert inputs(world, areas(world.apply(requests=RETRY))) == [12, 13]


def test_where_nobody_tells_what_was_made_all_runs_and_the_plan_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = areas(world.apply())
    change_receipt(world, outcome, done=None)
    monkeypatch.setattr("fused_spec.reconcile.marking.done.done_of", lambda *_: None)
    told = f"all 4 elements, as nothing tells which of them {outcome.job_id} made"
    assert only(world).why == f"asked for by --retry: {told}"


def test_a_receipt_that_is_gone_is_made_good_by_the_service(world: World) -> None:
    outcome = areas(world.apply())
    file_of(world, outcome).unlink()
    mend(world)
    assert inputs(world, areas(world.apply(requests=RETRY))) == [12, 13]


def test_a_service_that_tells_results_alone_is_enough(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(world.api), "save_job_tasks", lambda *_: False)
    world.apply()
    mend(world)
    assert inputs(world, areas(world.apply(requests=RETRY))) == [12, 13]


def test_a_reader_follows_the_run_that_finished_the_job_and_no_other(world: World) -> None:
    world.write("specs/areas.yaml", f"{MAPPED}  output: fd://areas/\n{READER}")
    world.apply()
    mend(world)
    outcomes = world.apply(requests=RETRY)
    read = marker(world, outcomes["Job/totals"]).reads["areas"].job_id
    assert read == areas(outcomes).job_id
    assert all(change.action is Action.NONE for change in world.plan().changes)


FLAKY = """\
@fused.udf
def udf(n: int):
    from pathlib import Path
    tried = Path("{folder}") / f"{n}.tried"
    if n == 12 and not tried.exists():
        tried.touch()
        raise KeyError("geom")
    return n
"""


@pytest.fixture
def flaky(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A task that fails when it is first tried, of a run that tries again."""
    folder = world.folder / "tried"
    folder.mkdir(mode=0o777)
    world.write("specs/area.py", FLAKY.replace("{folder}", str(folder)))
    world.write("specs/areas.yaml", f"{MAPPED}  run: {{task_retries: 1}}\n")
    return world


def test_a_task_that_failed_is_tried_again_within_its_run(flaky: World) -> None:
    outcome = areas(flaky.apply())
    assert outcome.status is OutcomeStatus.SUCCEEDED
    tasks = flaky.archive.tasks(outcome.change.key, str(outcome.job_id))
    assert tasks is not None
    assert {task.index: task.attempt for task in tasks} == {0: 1, 1: 1, 2: 2, 3: 1}


def test_a_change_of_the_retries_starts_nothing(world: World) -> None:
    mend(world)
    world.apply()
    world.write("specs/areas.yaml", f"{MAPPED}  run: {{task_retries: 1, on_retry: all}}\n")
    assert only(world, Requests()).action is Action.NONE


def test_the_log_of_a_part_names_the_elements_of_the_job(world: World) -> None:
    world.apply()
    world.write("failing", "13")
    job_id = str(areas(world.apply(requests=RETRY)).job_id)
    assert any("failed: input 3: KeyError" in line.message for line in world.api.get_logs(job_id))


def test_a_run_of_a_part_is_imported_with_all_elements(world: World) -> None:
    world.apply()
    mend(world)
    job_id = str(areas(world.apply(requests=RETRY)).job_id)
    [step] = read_origin(world.api, job_id).config.steps
    assert getattr(step, "input", None) == [10, 11, 12, 13]


def made(world: World, outcome: Outcome) -> list[tuple[str, str | None]]:
    site = world.site()
    asks = site.markers.side_by_side
    runs = made_by(str(outcome.job_id), archive=world.archive, api=world.api, side_by_side=asks)
    return [(one.job_id, None if one.elements is None else str(one.elements)) for one in runs]


def test_it_is_told_which_run_made_which_element(world: World) -> None:
    first = areas(world.apply())
    mend(world)
    second = areas(world.apply(requests=RETRY))
    assert made(world, second) == [(second.job_id, "2-3"), (first.job_id, "0-1")]


def test_which_run_made_which_element_is_told_without_the_archive(world: World) -> None:
    first = areas(world.apply())
    mend(world)
    second = areas(world.apply(requests=RETRY))
    for outcome in (first, second):
        file_of(world, outcome).unlink()
    assert made(world, second) == [(second.job_id, "2-3"), (first.job_id, "0-1")]


def test_the_number_of_a_result_is_its_place_in_the_part(world: World) -> None:
    world.apply()
    mend(world)
    second = str(areas(world.apply(requests=RETRY)).job_id)
    asks = world.site().markers.side_by_side
    [last, _] = made_by(second, archive=world.archive, api=world.api, side_by_side=asks)
    results = {result.name for result in world.api.get_job_results(second)}
    assert {f"{last.task_of(element)}.json" for element in (2, 3)} == results


def test_a_run_of_one_call_makes_no_results_of_elements(world: World) -> None:
    world.write("specs/areas.yaml", job("areas", parameters="{n: 1}"))
    assert made(world, areas(world.apply())) == []


def file_of(world: World, outcome: Outcome) -> Path:
    [found] = (world.folder / "archive").rglob(f"{outcome.job_id}/receipt.json")
    return found


def change_receipt(world: World, outcome: Outcome, **fields: object) -> None:
    file = file_of(world, outcome)
    file.chmod(0o600)
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))
