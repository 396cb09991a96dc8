"""What failed tasks make of a run, where a service tells of results alone, and by what was kept."""

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from fused_spec.jobs.parts import Stretches
from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import TaskCounts
from fused_spec.reconcile.history.losses import for_its_job, may_have_lost, with_losses
from fused_spec.spec.model import OnFailedTasks, RunPolicy
from tests.unit.plan.things import job, run

LOSSY = {"config": {"steps": [{"type": "udf", "input": [1, 2, 3], "ignore_chunk_error": True}]}}
STRICT = replace(job(), payload=LOSSY, run=RunPolicy(failed_tasks=OnFailedTasks.FAIL))
ONE_LOST = TaskCounts(total=3, succeeded=2, failed=1)
MARKERS: Any = SimpleNamespace(side_by_side=lambda ask, many: [ask(one) for one in many])


def hosted(*names: str) -> Any:
    """A service that tells of results by their names, and of tasks nothing."""
    results = [SimpleNamespace(name=name, metadata=lambda: None) for name in names]
    return SimpleNamespace(service_id=None, get_job_results=lambda job_id: results)


def succeeded() -> Any:
    return run(RunStatus.SUCCEEDED, STRICT.digest)


def test_where_only_results_are_told_those_that_are_missing_have_failed() -> None:
    told = with_losses(succeeded(), STRICT, None, hosted("0.parquet", "2.parquet"), MARKERS)
    assert told.tasks == ONE_LOST
    assert for_its_job(told, STRICT).status is RunStatus.FAILED


def test_a_receipt_that_tells_of_results_alone_is_enough() -> None:
    kept = SimpleNamespace(tasks=None, done=Stretches.parse("0,2"))
    api: Any = SimpleNamespace()  # nothing is asked
    assert with_losses(succeeded(), STRICT, kept, api, MARKERS).tasks == ONE_LOST


def test_where_nobody_tells_the_run_is_the_success_that_the_service_says() -> None:
    kept = SimpleNamespace(tasks=None, done=None)
    api: Any = SimpleNamespace()
    assert for_its_job(with_losses(succeeded(), STRICT, kept, api, MARKERS), STRICT).status is RunStatus.SUCCEEDED


def test_a_job_that_warns_takes_it_for_a_success() -> None:
    warned = replace(STRICT, run=RunPolicy())
    assert for_its_job(replace(succeeded(), tasks=ONE_LOST), warned).status is RunStatus.SUCCEEDED


@pytest.mark.parametrize(
    "changes", [{"digest": "d1:other"}, {"status": RunStatus.FAILED}, {"status": RunStatus.RUNNING}]
)
def test_only_a_success_of_what_is_declared_now_is_looked_into(changes: dict[str, Any]) -> None:
    assert not may_have_lost(replace(succeeded(), **changes), STRICT)
