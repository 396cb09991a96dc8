"""Which elements a run made, as a service tells it that tells of results alone."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests

from fused_spec.api.errors import ApiError, Unreadable
from fused_spec.jobs.parts import Part, Stretches
from fused_spec.reconcile.marking.done import meant_by, results_of
from tests.unit.plan.things import job

MEANT = Stretches.parse("7,100-102")


def one_by_one(ask: Any, many: Sequence[Any]) -> list[Any]:
    return [ask(one) for one in many]


def result(name: str, **beside: Any) -> Any:
    return SimpleNamespace(name=name, metadata=lambda: beside or None)


def told(*results: Any) -> str | None:
    api = cast(Any, SimpleNamespace(get_job_results=lambda _: list(results)))
    done = results_of(api, "run", MEANT, one_by_one)
    return None if done is None else str(done)


def test_results_are_told_as_elements_of_the_job() -> None:
    assert told(result("0.parquet"), result("2.tif")) == "7,101"


def test_a_run_without_results_made_nothing() -> None:
    assert told() == ""


@pytest.mark.parametrize("beside", [{"has_exception": True}, {"errormsg": "no such tile", "has_exception": None}])
def test_a_result_beside_which_an_error_stands_is_none(beside: dict[str, Any]) -> None:
    assert told(result("0.parquet", **beside), result("1.parquet", has_exception=False, errormsg=None)) == "100"


def test_an_element_that_returned_nothing_has_a_result_where_that_is_told() -> None:
    assert told(result("0.none", has_exception=False, errormsg=None), result("1.none")) == "7"


@pytest.mark.parametrize("name", ["x.parquet", "99.parquet", "0", "0.parquet.metadata", "-1.parquet", "../0.parquet"])
def test_what_is_the_result_of_no_element_tells_nothing(name: str) -> None:
    assert told(result(name)) == ""


def beside(error: Exception) -> Any:
    def metadata() -> None:
        raise error

    return SimpleNamespace(name="0.parquet", metadata=metadata)


@pytest.mark.parametrize("status", [403, 404])
def test_a_result_beside_which_nothing_can_be_read_is_none(status: int) -> None:
    assert told(beside(answered(status)), result("1.parquet")) == "100"


def test_a_result_beside_which_nonsense_stands_is_none() -> None:
    assert told(beside(Unreadable("no JSON")), result("1.parquet")) == "100"


def test_what_stands_beside_a_result_and_cannot_be_read_now_tells_nothing_yet() -> None:
    with pytest.raises(ApiError):
        told(beside(answered(503)))


def answered(status: int) -> ApiError:
    answer = requests.Response()
    answer.status_code = status
    return ApiError("no", response=answer, call="GET results")


def failing(status: int) -> Any:
    def get_job_results(_: str) -> list[Any]:
        raise answered(status)

    return SimpleNamespace(get_job_results=get_job_results)


@pytest.mark.parametrize("status", [404, 405, 410, 501])
def test_a_service_that_forgot_the_run_or_has_no_such_call_tells_nothing(status: int) -> None:
    assert results_of(failing(status), "run", MEANT, one_by_one) is None


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_service_that_cannot_answer_now_has_told_nothing_yet(status: int) -> None:
    with pytest.raises(ApiError):
        results_of(failing(status), "run", MEANT, one_by_one)


MAP: dict[str, object] = {"type": "udf", "input": list(range(10))}


@pytest.mark.parametrize(
    ("part", "meant"),
    [
        (None, Stretches.all(10)),
        (Part(of=10, elements=Stretches.of([3]), after="x"), Stretches.of([3])),
        (Part(of=11, elements=Stretches.of([3]), after="x"), None),
    ],
)
def test_what_a_run_was_started_for(part: Part | None, meant: Stretches | None) -> None:
    assert meant_by(job(steps=(MAP,)), part) == meant


def test_a_job_without_elements_was_started_for_none() -> None:
    assert meant_by(job(steps=({"type": "udf"},)), None) is None
