"""Which run made which element: from the last run down to one of all elements, as far as anybody knows."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import requests

from fused_spec.api.errors import ApiError
from fused_spec.jobs.parts import Part, Stretches
from fused_spec.reconcile.archive.made import MadeBy, made_by
from fused_spec.reconcile.marking.marker import FIELD, Marker
from fused_spec.spec.model import Key, Kind
from fused_spec.wire import JobConfig

UDF = {"name": "udf", "entrypoint": "udf", "code": "def udf(n): return n"}


class Service:
    """A service that knows some runs: of each the part that its marker tells, its inputs, and what it made of them."""

    service_id = None

    def __init__(self, **runs: tuple[Part | None, int, str]) -> None:
        self._runs = runs

    def get_job_config(self, job_id: str) -> JobConfig:
        part, count, _ = self._known(job_id)
        key = Key(kind=Kind.JOB, name="areas")
        marker = Marker(scope="s", key=key, digest="d1:0", attempt=1, nonce=job_id, part=part)
        step = {"type": "udf", "udf": UDF, "input": list(range(count))}
        return JobConfig.model_validate({"steps": [step], "metadata": {FIELD: marker.to_metadata()}})

    def get_status(self, job_id: str) -> Any:
        _, count, made = self._known(job_id)
        is_whole = len(Stretches.parse(made)) == count
        return SimpleNamespace(job_status="Done" if is_whole else "Failed", finished=True)

    def get_job_results(self, job_id: str) -> list[Any]:
        places = Stretches.parse(self._known(job_id)[2])
        return [SimpleNamespace(name=f"{place}.parquet", metadata=lambda: None) for place in places]

    def _known(self, job_id: str) -> tuple[Part | None, int, str]:
        if job_id not in self._runs:
            answer = requests.Response()
            answer.status_code = 404
            raise ApiError("gone", response=answer, call="GET")
        return self._runs[job_id]


def one_by_one(ask: Any, many: Sequence[Any]) -> list[Any]:
    return [ask(one) for one in many]


def runs(service: Service, job_id: str) -> list[MadeBy]:
    archive = cast(Any, SimpleNamespace(find=lambda _: []))
    return list(made_by(job_id, archive=archive, api=cast(Any, service), side_by_side=one_by_one))


def told(service: Service, job_id: str) -> list[tuple[str, str | None]]:
    return [(one.job_id, None if one.elements is None else str(one.elements)) for one in runs(service, job_id)]


def part(elements: str, after: str, of: int = 6) -> Part:
    return Part(of=of, elements=Stretches.parse(elements), after=after)


FIRST = (None, 6, "0-1,4")


def test_each_run_is_told_with_what_it_made() -> None:
    service = Service(first=FIRST, second=(part("2-3,5", "first"), 3, "0"), third=(part("3,5", "second"), 2, "0-1"))
    assert told(service, "third") == [("third", "3,5"), ("second", "2"), ("first", "0-1,4")]


def test_what_was_made_again_is_told_of_the_newer_run() -> None:
    service = Service(first=FIRST, second=(part("1-3,5", "first"), 4, "0-3"))
    assert told(service, "second") == [("second", "1-3,5"), ("first", "0,4")]


def test_the_task_of_an_element_counts_within_its_run() -> None:
    service = Service(first=FIRST, second=(part("2-3,5", "first"), 3, "0-2"))
    assert [runs(service, "second")[0].task_of(element) for element in (2, 3, 5)] == [0, 1, 2]


def test_a_run_that_nobody_knows_any_more_is_the_last_one_told() -> None:
    service = Service(second=(part("2-3,5", "first"), 3, "0-2"))
    assert told(service, "second") == [("second", "2-3,5"), ("first", None)]


def test_of_a_run_that_is_not_known_at_all_nothing_is_told() -> None:
    assert told(Service(), "first") == []


def test_a_run_of_one_element_made_nothing_of_several() -> None:
    assert told(Service(first=(None, 1, "0")), "first") == []


def test_a_part_of_more_elements_than_the_run_has_is_not_believed() -> None:
    forged = part("0-999999998", "first", of=999_999_999)
    assert told(Service(first=FIRST, second=(forged, 3, "0")), "second") == []


def test_runs_that_name_each_other_come_to_an_end() -> None:
    service = Service(one=(part("2-3", "other"), 2, "0"), other=(part("2-3", "one"), 2, "0"))
    assert len(told(service, "one")) <= 1000
