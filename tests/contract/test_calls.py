"""Calls that take long: their callers hear at once that they have to ask again, wait for room, or never come back."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from fused_spec.service.app import create_app
from fused_spec.service.routes import calls as realtime
from fused_spec.service.routes import realtime as routes
from tests.asgi import AsgiAdapter
from tests.contract.asking import TOKEN, UDF, Service, as_json
from tests.waiting import until

SLOW = "@fused.udf\ndef udf():\n    import time\n    time.sleep(60)\n"
PLACE = "/realtime/local/api/v1/run/udf"


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(routes, "_AT_ONCE_SECONDS", 0.01)
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as adapter:
        yield Service(adapter)


def begin(service: Service, call_id: str, code: str) -> requests.Response:
    body = as_json({"step_config": json.dumps({"type": "udf", "udf": {**UDF, "code": code}})})
    return service.ask("POST", f"{PLACE}/start", body=body, headers={"Fused-Run-Id": call_id})


def end(service: Service, call_id: str) -> requests.Response:
    answers = []

    def is_over() -> bool:
        answers.append(service.ask("GET", f"{PLACE}/get/{call_id}"))
        return answers[-1].status_code != 202

    until(is_over, "the call is over")
    return answers[-1]


def test_a_call_that_found_no_room_says_so_and_may_be_repeated(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2 * len(os.sched_getaffinity(0))):
        assert begin(service, f"slow-{number}", SLOW).status_code == 202
    monkeypatch.setattr(realtime, "_PATIENCE_SECONDS", 0.1)
    begin(service, "late", SLOW)
    last = end(service, "late")
    assert (last.status_code, last.headers["retry-after"]) == (503, "10")
    assert "seconds for room beside others" in last.json()["detail"]


def test_an_answer_that_nobody_fetches_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "_FETCHED_WITHIN_SECONDS", 0.0)
    app = create_app(tmp_path / "state", TOKEN)
    with AsgiAdapter(app) as adapter:
        begin(Service(adapter), "left", "@fused.udf\ndef udf():\n    return 1\n")
        until(lambda: not app.state.service.calls, "the answer is forgotten")
