"""Facts of the protocol that the clients rely on and do not show: fields, headers, orders, and who is told what."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fused_spec.service.app import create_app
from tests.asgi import AsgiAdapter
from tests.contract.test_hostile_requests import BASE, BODIES, TOKEN, UDF, Service, as_json
from tests.repositories import commit_files

RUN = as_json({"config": {"steps": [{"type": "udf", "udf": UDF}]}})
RUN_FIELDS = {
    *("job_id", "job_name", "instance_id", "instance_type", "status", "terminal_status", "last_heartbeat"),
    *("job_status", "job_status_date", "finished_job_status", "total_tasks", "finished_tasks"),
}
FIRST, SECOND = {"Fused-Py-Version": "1.14.0"}, {"Fused-Py-Version": "2.9.5"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with AsgiAdapter(create_app(tmp_path_factory.mktemp("state") / "state", TOKEN)) as adapter:
        yield Service(adapter)


def end_of(service: Service, job_id: str) -> dict[str, Any]:
    while not (status := service.ask("GET", f"/run/by-id/{job_id}").json())["terminal_status"]:
        assert status["status"] in ("pending", "running")
    found: dict[str, Any] = status
    return found


def save(service: Service, slug: str, **more: Any) -> dict[str, Any]:
    body = as_json({"slug": slug, "udf_body": json.dumps(UDF), **more})
    found: dict[str, Any] = service.ask("POST", "/udf/new", body=body).json()
    return found


def test_a_run_has_the_fields_of_every_generation_from_its_first_answer_on(service: Service) -> None:
    started = service.ask("POST", "/run", body=RUN)
    assert started.headers["content-type"] == "application/json"
    assert set(started.json()) == RUN_FIELDS
    assert (started.json()["status"], started.json()["terminal_status"]) == ("pending", False)
    ended = end_of(service, started.json()["job_id"])
    assert set(ended) == RUN_FIELDS
    assert (ended["status"], ended["job_status"], ended["finished_job_status"]) == ("terminated", "Done", True)
    assert all(isinstance(ended[name], str) for name in ("job_id", "job_name", "status", "job_status"))


def test_a_marker_that_was_seen_gets_the_run_that_it_has(service: Service) -> None:
    marked = as_json({"config": {"steps": [{"type": "udf", "udf": UDF}], "metadata": {"fused-spec": {"nonce": "n1"}}}})
    first, second = (service.ask("POST", "/run", body=marked).json()["job_id"] for _ in range(2))
    assert first == second


def test_the_same_body_without_a_marker_is_a_run_of_its_own(service: Service) -> None:
    first, second = (service.ask("POST", "/run", body=RUN, headers=SECOND).json()["job_id"] for _ in range(2))
    assert first != second


@pytest.mark.parametrize("path", ["/job/self", "/udf/self", "/udf-access-token/self", "/udf-access-token/all"])
def test_past_the_end_of_a_list_there_is_nothing(service: Service, path: str) -> None:
    assert service.ask("GET", path, query={"skip": "100000", "limit": "25"}).json() == []
    assert len(service.ask("GET", path, query={"limit": "1"}).json()) == 1


def test_a_config_is_elsewhere_at_an_absolute_address_that_needs_no_token(service: Service) -> None:
    answer = service.ask("GET", f"/job/by-id/{service.known['job_id']}/config")
    location = answer.headers["location"]
    assert answer.status_code == 307
    assert location.startswith(f"{BASE}/signed/")
    content = service.ask("GET", location.removeprefix(BASE), headers={"Authorization": ""}).json()
    assert content["steps"][0]["udf"]["code"] == UDF["code"]


def test_what_stands_beside_a_result_is_for_second_generation_clients(service: Service) -> None:
    job_id = service.ask("POST", "/run", body=RUN).json()["job_id"]
    end_of(service, job_id)
    names = [
        [result["name"] for result in service.ask("GET", f"/run/by-id/{job_id}/results", headers=headers).json()]
        for headers in (FIRST, SECOND)
    ]
    assert names[1] == [names[0][0], f"{names[0][0]}.metadata"]
    assert names[0][0].partition(".")[0] == "0"


def test_progress_that_a_job_tells_is_counted_up_to_its_tasks(service: Service) -> None:
    slow = {**UDF, "code": "@fused.udf\ndef udf(n: int = 1):\n    import time\n    time.sleep(600)\n"}
    body = as_json({"config": {"steps": [{"type": "udf", "udf": slow, "input": [1, 2, 3]}]}})
    job_id = service.ask("POST", "/run", body=body).json()["job_id"]
    while service.ask("GET", f"/run/by-id/{job_id}").json()["status"] == "pending":
        pass
    told = [
        service.ask("POST", f"/run/by-id/{job_id}/increment-progress", body=as_json({"amount": amount})).json()
        for amount in (1, 1, 9)
    ]
    assert [answer["finished_tasks"] for answer in told] == [1, 2, 3]
    service.ask("POST", f"/run/by-id/{job_id}/cancel")
    assert end_of(service, job_id)["job_status"] == "Canceled"
    assert service.ask("POST", f"/run/by-id/{job_id}/cancel").json()["status"] == "terminated"


def test_a_udf_is_public_when_it_was_saved_so(service: Service) -> None:
    save(service, "open", allow_public_read=True)
    save(service, "closed")
    for path in ("/udf/public/by-slug/{}", "/udf/public/by-collection/default/by-slug/{}"):
        assert service.ask("GET", path.format("open")).json()["slug"] == "open"
        assert service.ask("GET", path.format("closed")).status_code == 404


def test_apps_and_udfs_are_listed_apart(service: Service) -> None:
    save(service, "an-app", udf_type="app")
    apps, udfs, both = (
        {udf["slug"] for udf in service.ask("GET", "/udf/self", query=query).json()}
        for query in ({"udf_type": "app"}, {"udf_type": "udf"}, {})
    )
    assert apps == {"an-app"}
    assert both == apps | udfs
    assert "an-app" not in udfs


def test_a_udf_in_git_is_read_by_its_url(service: Service, tmp_path: Path) -> None:
    commit = commit_files(tmp_path / "udfs", {"Points/Points.py": "@fused.udf\ndef udf(n: int = 1):\n    return n\n"})
    url = f"git+{(tmp_path / 'udfs').as_uri()}@{commit}:Points"
    answer = service.ask("GET", "/code-proxy/by-url", query={"url": url})
    assert answer.status_code == 200, answer.text
    udf = json.loads(answer.json()["udf_body"])
    assert (answer.json()["slug"], udf["entrypoint"], "return n" in udf["code"]) == ("Points", "udf", True)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://127.0.0.1:9/x", "names no UDF"),
        ("git+file:///nowhere@main:x", "cannot be fetched"),
    ],
)
def test_what_is_no_udf_in_git_is_told(url: str, told: str, service: Service) -> None:
    answer = service.ask("GET", "/code-proxy/by-url", query={"url": url})
    assert (answer.status_code, told in answer.json()["detail"]) == (404, True)


def test_a_token_runs_its_udf_without_control_words_and_without_the_services_token(service: Service) -> None:
    path = f"/realtime-shared/{service.known['token']}/run/file"
    query = {"n": "7", "format": "json", "profile": "False", "_include_log": "true", "cache_max_age": "0"}
    answer = service.ask("GET", path, query=query, headers={"Authorization": ""})
    assert (answer.status_code, answer.json()) == (200, 7)
    assert json.loads(answer.headers["x-fused-metadata"])["has_exception"] is False


def test_a_failure_of_a_udf_is_a_422_with_its_metadata(service: Service) -> None:
    broken = {**UDF, "code": "@fused.udf\ndef udf():\n    raise ValueError('no such tile')\n"}
    body = as_json({"step_config": json.dumps({"type": "udf", "udf": broken}), "dtype_out_vector": "parquet"})
    answer = service.ask("POST", "/realtime/local/api/v1/run/udf", body=body)
    metadata = json.loads(answer.headers["x-fused-metadata"])
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/json")
    assert (metadata["exception_class"], metadata["has_exception"]) == ("ValueError", True)
    assert "no such tile" in metadata["errormsg"]


def test_a_packages_list_holds_what_a_udf_can_import(service: Service) -> None:
    known = service.ask("GET", "/internal/dependency-whitelist").json()["dependency_whitelist"]
    assert {"os", "json", "geopandas", "numpy"} <= set(known)


def test_the_bodies_that_are_tried_to_break_are_good_ones_at_first(service: Service) -> None:
    assert service.ask("POST", "/run", body=as_json(BODIES[0])).status_code == 200
    assert service.ask("POST", "/udf-access-token/new", body=as_json(BODIES[3])).status_code == 200
