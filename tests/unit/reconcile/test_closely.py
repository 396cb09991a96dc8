"""Which runs are asked for by themselves: few at a look, and each of them in its turn."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from fused_spec.jobs.status import RunStatus
from fused_spec.reconcile.following.closely import CloseLooks
from fused_spec.reconcile.following.flight import Flight

RUNNING, QUEUED = RunStatus.RUNNING, RunStatus.QUEUED


def flights(count: int, status: RunStatus) -> list[Flight]:
    made: list[Any] = [
        SimpleNamespace(job_id=f"{status.value}-{number}", sight=SimpleNamespace(status=status))
        for number in range(count)
    ]
    return cast(list[Flight], made)


@pytest.mark.parametrize(("is_near", "running"), [(True, 16), (False, 1)])
def test_of_those_that_wait_one_is_asked_at_a_look(is_near: bool, running: int) -> None:
    asked = CloseLooks(is_near=is_near).next([*flights(100, RUNNING), *flights(100, QUEUED)])
    assert [job_id.partition("-")[0] for job_id in asked] == [*[RUNNING.value] * running, QUEUED.value]


@pytest.mark.parametrize("status", [RUNNING, QUEUED])
@pytest.mark.parametrize("is_near", [True, False])
@pytest.mark.parametrize("count", [1, 3, 16, 32, 100])
def test_each_has_its_turn(count: int, is_near: bool, status: RunStatus) -> None:
    closely = CloseLooks(is_near=is_near)
    assert len({job_id for _ in range(count) for job_id in closely.next(flights(count, status))}) == count
