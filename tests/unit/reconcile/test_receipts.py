"""What is kept of a run, and read again."""

import json
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from fused_spec.jobs.parts import MOST_STRETCHES, Part, Stretches
from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import Tally
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.reconcile.archive.record import RunRecord, elements_made
from fused_spec.spec.model import Key, Kind

NOW = datetime(2026, 11, 30, tzinfo=UTC)


def receipt(group: str | None, cell: dict[str, str]) -> Receipt:
    return Receipt(
        scope="scope",
        key=Key(kind=Kind.JOB, name="tiles-2024-05"),
        digest="d1:0",
        job_id="run",
        attempt=1,
        tries=1,
        status=RunStatus.SUCCEEDED,
        created=NOW,
        ended=NOW,
        archived=NOW,
        base_url="http://localhost",
        log_lines=0,
        log_sha256="",
        group=group,
        cell=cell,
    )


@pytest.mark.parametrize(("group", "cell"), [(None, {}), ("tiles", {"month": "2024-05"})])
def test_a_receipt_knows_the_cell_that_ran(group: str | None, cell: dict[str, str]) -> None:
    read = Receipt.from_json(receipt(group, cell).to_json())
    assert (read.group, read.cell) == (group, cell)


@pytest.mark.parametrize("done", [None, Stretches(), Stretches.of([7, 100])])
def test_a_receipt_knows_what_a_run_was_for_and_what_it_made(done: Stretches | None) -> None:
    part = Part(of=300, elements=Stretches.of([7, 8, 100]), after="the-first")
    kept = replace(receipt(None, {}), part=part, done=done)
    assert Receipt.from_json(kept.to_json()) == kept


def test_a_receipt_of_all_elements_says_nothing_of_them() -> None:
    assert not {"part", "done"} & set(json.loads(receipt(None, {}).to_json()))


@pytest.mark.parametrize("told", [{"done": "x"}, {"done": 3}, {"part": {}}])
def test_a_receipt_whose_elements_cannot_be_read_is_none(told: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"stretches|part|receipt"):
        Receipt.from_json(json.dumps({**json.loads(receipt(None, {}).to_json()), **told}))


def record(status: RunStatus, done: str | None, elements: str = "0-9") -> RunRecord:
    return RunRecord(
        key=Key(kind=Kind.JOB, name="tiles"),
        digest="d1:0",
        job_id="run",
        attempt=1,
        tries=1,
        status=status,
        created=NOW,
        ended=NOW,
        base_url="http://localhost",
        spec={},
        statuses=(),
        elements=Stretches.parse(elements),
        done=None if done is None else Stretches.parse(done),
    )


def tally(lines: list[str], most: int) -> Tally:
    counted = Tally(most)
    for _ in counted.counting(line.encode() for line in lines):
        pass
    return counted


def task(index: int, state: str) -> str:
    return json.dumps({"step": 1, "index": index, "state": state})


def test_a_success_that_made_all_says_nothing_of_its_elements() -> None:
    assert elements_made(record(RunStatus.SUCCEEDED, "0-9"), None) is None


def test_a_failure_that_made_all_says_so() -> None:
    assert elements_made(record(RunStatus.FAILED, "0-9"), None) == Stretches.all(10)


def test_the_tasks_of_a_part_are_told_as_elements_of_the_job() -> None:
    tasks = tally(['{"total": 3}', task(0, "succeeded"), task(2, "succeeded"), task(1, "failed")], 3)
    assert elements_made(record(RunStatus.FAILED, None, "7,100-101"), tasks) == Stretches.of([7, 101])


def test_tasks_that_are_not_as_many_as_the_elements_tell_nothing() -> None:
    tasks = tally(['{"total": 4}', task(0, "succeeded")], 3)
    assert elements_made(record(RunStatus.FAILED, None, "0-2"), tasks) is None


def test_a_task_beyond_all_elements_is_none() -> None:
    tasks = tally(['{"total": 2}', task(99, "succeeded"), task(-3, "succeeded")], 2)
    assert elements_made(record(RunStatus.FAILED, None, "0-1"), tasks) == Stretches()


def test_results_in_too_many_places_are_not_kept() -> None:
    scattered = ",".join(str(2 * number) for number in range(MOST_STRETCHES + 1))
    assert elements_made(record(RunStatus.FAILED, scattered, f"0-{2 * MOST_STRETCHES}"), None) is None


def test_the_receipt_of_a_job_without_a_matrix_says_nothing_of_one() -> None:
    assert "cell" not in receipt(None, {}).to_json()
