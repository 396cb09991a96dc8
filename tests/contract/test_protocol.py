"""Facts of the protocol that the clients rely on and do not show: fields, headers, orders, and who is told what."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fused_spec.service.app import create_app
from fused_spec.service.routes import calls as realtime
from tests.asgi import AsgiAdapter
from tests.contract.asking import BASE, BODIES, TOKEN, UDF, Service, as_json, end_of, status_of
from tests.repositories import commit_files
from tests.waiting import until

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


def test_a_copied_marker_on_another_config_is_a_run_of_its_own(service: Service) -> None:
    def start(n: int) -> str:
        step = {"type": "udf", "udf": UDF, "input": [n]}
        body = as_json({"config": {"steps": [step], "metadata": {"fused-spec": {"nonce": "copied"}}}})
        return str(service.ask("POST", "/run", body=body).json()["job_id"])

    assert start(1) == start(1)
    assert start(1) != start(2)


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


SOMETIMES = "@fused.udf\ndef udf(n: int):\n    assert n != 1, 'not this one'\n    return n\n"


def results_of(service: Service, job_id: str, headers: dict[str, str]) -> dict[str, Any]:
    """The content of each result by name."""
    found = {}
    for one in service.ask("GET", f"/run/by-id/{job_id}/results", headers=headers).json():
        answer = service.ask("GET", one["url"].removeprefix(BASE), headers={"Authorization": ""})
        assert answer.status_code == 200
        found[one["name"]] = answer
    return found


def map_of(service: Service, code: str, elements: list[int], **step: Any) -> str:
    steps = [{"type": "udf", "udf": {**UDF, "code": code}, "input": elements, **step}]
    job_id = service.ask("POST", "/run", body=as_json({"config": {"steps": steps}})).json()["job_id"]
    assert isinstance(job_id, str)
    return job_id


def test_an_element_that_failed_has_its_place_among_the_results(service: Service) -> None:
    job_id = map_of(service, SOMETIMES, [0, 1, 2], ignore_chunk_error=True)
    assert end_of(service, job_id)["job_status"] == "Done"
    found = results_of(service, job_id, SECOND)
    names = ["0.json", "1.none", "2.json"]
    assert list(found) == [name for one in names for name in (one, f"{one}.metadata")]
    assert (found["1.none"].content, found["2.json"].content) == (b"", b"2")
    known = found["1.none.metadata"].json()
    assert (known["has_exception"], known["errormsg"]) == (True, "AssertionError: not this one")
    assert list(results_of(service, job_id, FIRST)) == names


def test_an_element_that_never_ran_says_so_beside_its_result(service: Service) -> None:
    job_id = map_of(service, "@fused.udf\ndef udf(n: int):\n    import time\n    time.sleep(600)\n", [1, 2, 3])
    until(lambda: status_of(service, job_id)["status"] == "running", "the job runs")
    assert results_of(service, job_id, SECOND) == {}
    service.ask("POST", f"/run/by-id/{job_id}/cancel")
    assert end_of(service, job_id)["job_status"] == "Canceled"
    found = results_of(service, job_id, SECOND)
    assert len(found) == 6
    known = found["2.none.metadata"].json()
    assert (known["errormsg"], known["error_type"]) == ("it did not run: the job was canceled", "runtime_error")
    assert results_of(service, job_id, FIRST) == {}


def test_an_ingestion_has_no_results(service: Service) -> None:
    step = {"type": "partition_nongeospatial", "input": "fd://none.csv", "output": "fd://t/"}
    job_id = service.ask("POST", "/run", body=as_json({"config": {"steps": [step]}})).json()["job_id"]
    assert end_of(service, job_id)["job_status"] == "Failed"
    assert results_of(service, job_id, SECOND) == {}


def test_an_empty_result_is_no_table_to_a_first_generation_client(service: Service) -> None:
    job_id = map_of(service, "@fused.udf\ndef udf(n: int):\n    return None\n", [1])
    end_of(service, job_id)
    answer = results_of(service, job_id, FIRST)["0.none"]
    assert (answer.content, answer.headers["content-type"].partition(";")[0]) == (b"", "text/plain")


def started(service: Service, n: int, **more: Any) -> tuple[str, str | None]:
    """The run that a start gets, and whether it is said to be an earlier one."""
    udf = {**UDF, "parameters": {"n": n}}
    body = {"config": {"steps": [{"type": "udf", "udf": udf}], **more.pop("config", {})}, **more}
    answer = service.ask("POST", "/run", body=as_json(body), headers=SECOND)
    return answer.json()["job_id"], answer.headers.get("x-cache")


def test_a_start_that_allows_for_it_gets_an_equal_job_that_is_done_and_young_enough(service: Service) -> None:
    first, _ = started(service, 101)
    assert started(service, 101, cache_max_age=3600)[0] != first  # which was not done
    end_of(service, first)
    newest, _ = started(service, 101)
    end_of(service, newest)
    assert started(service, 101, cache_max_age=3600) == (newest, "hit")
    assert started(service, 101, cache_max_age=0)[1] is None
    assert started(service, 101)[1] is None


@pytest.mark.parametrize(
    "other",
    [
        {"additional_env": ["A=1"]},
        {"config": {"name": "named"}},
        {"config": {"metadata": {"fused-spec": {"nonce": "c"}}}},
    ],
)
def test_a_job_that_asks_for_anything_else_is_a_run_of_its_own(service: Service, other: dict[str, Any]) -> None:
    first, _ = started(service, 102)
    end_of(service, first)
    assert started(service, 102, **other, cache_max_age=3600)[1] is None


def test_any_age_may_be_allowed(service: Service) -> None:
    first, _ = started(service, 103)
    end_of(service, first)
    assert started(service, 103, cache_max_age=10**16) == (first, "hit")


def test_a_job_with_a_failed_element_answers_no_other(service: Service) -> None:
    steps = [{"type": "udf", "udf": {**UDF, "code": SOMETIMES}, "input": [1, 7], "ignore_chunk_error": True}]
    body = as_json({"config": {"steps": steps}, "cache_max_age": 3600})
    ids = []
    for _ in range(2):
        ids.append(service.ask("POST", "/run", body=body).json()["job_id"])
        assert end_of(service, ids[-1])["job_status"] == "Done"
    assert ids[0] != ids[1]


def test_a_page_may_be_of_no_length(service: Service) -> None:
    assert service.ask("GET", "/job/self", query={"limit": "0"}).json() == []


def test_progress_that_a_job_tells_is_counted_up_to_its_tasks(service: Service) -> None:
    slow = {**UDF, "code": "@fused.udf\ndef udf(n: int = 1):\n    import time\n    time.sleep(60)\n"}
    body = as_json({"config": {"steps": [{"type": "udf", "udf": slow, "input": [1, 2, 3]}]}})
    job_id = service.ask("POST", "/run", body=body).json()["job_id"]
    until(lambda: status_of(service, job_id)["status"] == "running", "the job runs")
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
        ("git+file://.@main:x", "no absolute path"),
        ("git+https://[::1/x@main:x", "no URL of a repository"),
        ("git+https://me:hunter2@a.example/x@main:x", "holds a password"),
        ("https://me:hunter2@a.example/x", "names no UDF"),
    ],
)
def test_what_is_no_udf_in_git_is_told(url: str, told: str, service: Service) -> None:
    answer = service.ask("GET", "/code-proxy/by-url", query={"url": url})
    assert (answer.status_code, told in answer.json()["detail"]) == (404, True)
    assert "hunter2" not in answer.text


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


def test_a_long_failure_fits_into_the_header_that_the_clients_read(service: Service) -> None:
    broken = {
        **UDF,
        "code": "@fused.udf\ndef udf():\n    print('é' * 9000)\n    raise ValueError('q' * 9000 + 'end')\n",
    }
    body = as_json({"step_config": json.dumps({"type": "udf", "udf": broken})})
    answer = service.ask("POST", "/realtime/local/api/v1/run/udf", body=body)
    assert len(answer.headers["x-fused-metadata"]) <= 8000
    metadata = json.loads(answer.headers["x-fused-metadata"])
    assert (metadata["exception_class"], metadata["errormsg"][-3:]) == ("ValueError", "end")
    assert metadata["error_type"] == "runtime_error"


@pytest.mark.parametrize(
    "body",
    [
        "raise ValueError('\U0001f5fa\\n' * 1_000_000)",
        "return {('\U0001f5fa' * 1_000_000,): 1}",
        "raise type('E' * 1_000_000, (Exception,), {})",
    ],
    ids=["its own", "a result", "a name"],
)
def test_an_error_of_megabytes_is_told_in_short_everywhere(body: str, service: Service) -> None:
    broken = {**UDF, "code": f"@fused.udf\ndef udf(a: int = 1):\n    {body}\n"}
    call = as_json({"step_config": json.dumps({"type": "udf", "udf": broken})})
    answer = service.ask("POST", "/realtime/local/api/v1/run/udf", body=call)
    assert len(answer.headers["x-fused-metadata"]) <= 8000
    assert json.loads(answer.headers["x-fused-metadata"])["has_exception"] is True
    assert len(answer.json()["detail"]) < 5000


def test_what_cannot_be_cut_is_left_out_of_the_header() -> None:
    header = realtime._described({"stdout": "", "forged": [0] * 9000, "has_exception": True})
    assert json.loads(header["x-fused-metadata"]) == {"stdout": "", "has_exception": True}


def test_a_result_that_cannot_be_stored_is_a_serialization_error(service: Service) -> None:
    broken = {**UDF, "code": "@fused.udf\ndef udf():\n    return object()\n"}
    body = as_json({"step_config": json.dumps({"type": "udf", "udf": broken})})
    answer = service.ask("POST", "/realtime/local/api/v1/run/udf", body=body)
    assert json.loads(answer.headers["x-fused-metadata"])["error_type"] == "serialization_error"


def test_a_call_that_takes_too_long_is_a_timeout_error(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(realtime, "_PATIENCE_SECONDS", 0.5)
    endless = {**UDF, "code": "@fused.udf\ndef udf():\n    import time\n    time.sleep(600)\n"}
    body = as_json({"step_config": json.dumps({"type": "udf", "udf": endless})})
    answer = service.ask("POST", "/realtime/local/api/v1/run/udf", body=body)
    metadata = json.loads(answer.headers["x-fused-metadata"])
    assert (answer.status_code, metadata["error_type"]) == (504, "timeout_error")
    assert "run it as a job" in answer.json()["detail"]


def test_a_udf_without_a_slug_is_saved_under_its_own_name(service: Service) -> None:
    body = {"slug": None, "udf_body": json.dumps({**UDF, "name": "own"}), "allow_public_read": None}
    saved = service.ask("POST", "/udf/new", body=as_json(body)).json()
    assert (saved["slug"], saved["allow_public_read"]) == ("own", False)


def test_public_udfs_are_listed_and_found_under_public(service: Service) -> None:
    save(service, "shown", allow_public_read=True, allow_public_list=True)
    assert [udf["slug"] for udf in service.ask("GET", "/udf/public").json()] == ["shown"]
    path = "/udf/by-user-handle/public/by-collection/default/by-slug/{}"
    assert service.ask("GET", path.format("shown")).json()["slug"] == "shown"
    save(service, "hidden")
    assert service.ask("GET", path.format("hidden")).status_code == 404


def test_forgetting_the_results_of_a_udf_needs_the_token_and_the_udf(service: Service) -> None:
    path = "/realtime-shared/local/udf-cache/by-id/{}/delete"
    known = path.format(service.known["udf_id"])
    assert service.ask("DELETE", known, headers={"Authorization": ""}).status_code == 401
    assert service.ask("DELETE", known, query={"x": "1", "y": "1", "z": "1"}).status_code == 200
    assert service.ask("DELETE", path.format("none")).status_code == 404


def test_a_token_keeps_its_scope(service: Service) -> None:
    made = {"udf_slug": "points", "udf_email": "local", "public_read": True, "access_scope": "team"}
    token = service.ask("POST", "/udf-access-token/new", body=as_json(made)).json()
    assert (token["public_read"], token["access_scope"]) == (True, "team")
    path = f"/udf-access-token/by-token/{token['token']}"
    changed = service.ask("POST", path, body=as_json({"public_read": False})).json()
    assert (changed["public_read"], changed["access_scope"]) == (False, "team")
    assert service.ask("GET", path).json() == changed


def test_a_token_tells_the_name_that_its_udf_has_now(service: Service) -> None:
    saved = save(service, "before")
    token = service.ask("POST", "/udf-access-token/new", body=as_json({"udf_id": saved["id"]})).json()["token"]
    service.ask("POST", f"/udf/by-id/{saved['id']}", body=as_json({"slug": "after", "udf_body": saved["udf_body"]}))
    assert service.ask("GET", f"/udf-access-token/by-token/{token}").json()["udf_slug"] == "after"


def test_the_tokens_of_a_udf_go_with_it(service: Service) -> None:
    saved = save(service, "going")
    token = service.ask("POST", "/udf-access-token/new", body=as_json({"udf_id": saved["id"]})).json()["token"]
    service.ask("DELETE", f"/udf/by-id/{saved['id']}")
    assert service.ask("GET", f"/udf-access-token/by-token/{token}").status_code == 404


def test_a_schedule_whose_udf_is_gone_can_be_disabled_and_not_enabled(service: Service) -> None:
    saved = save(service, "scheduled")
    schedule = service.ask("POST", "/cronjob/create", body=as_json({**BODIES[4], "udf": saved["id"]})).json()
    service.ask("DELETE", f"/udf/by-id/{saved['id']}")
    path = f"/cronjob/by-id/{schedule['id']}"
    assert service.ask("POST", path, body=as_json({**schedule, "enabled": False})).json()["enabled"] is False
    assert service.ask("POST", path, body=as_json({**schedule, "enabled": True})).status_code == 404


@pytest.mark.parametrize("headers", [FIRST, {**SECOND, "X-Fused-Cache-Disable": "true"}])
def test_a_published_client_quotes_the_path_of_a_direct_upload(service: Service, headers: dict[str, str]) -> None:
    service.ask("PUT", "/files/upload", query={"path": "fd://q/a%20b.txt"}, body=b"direct", headers=headers)
    assert service.ask("GET", "/files/get", query={"path": "fd://q/a b.txt"}, headers=SECOND).content == b"direct"


def test_a_download_may_quote_what_a_get_does_not(service: Service) -> None:
    for name in ("c d.txt", "c%20d.txt"):
        service.ask("PUT", "/files/upload", query={"path": f"fd://r/{name}"}, body=name.encode())
        assert service.ask("GET", "/files/get", query={"path": f"fd://r/{name}"}).content == name.encode()
    service.ask("PUT", "/files/upload", query={"path": "fd://r/e f.txt"}, body=b"plain")
    assert service.ask("GET", "/files/get", query={"path": "fd://r/e%20f.txt"}, headers=SECOND).content == b"plain"


@pytest.mark.parametrize(
    ("extension", "ending"), [("", ""), (".txt", ".txt"), ("geo-json", ".geo-json"), ("tar.gz", ".tar.gz")]
)
def test_a_temporary_file_has_the_extension_that_was_asked_for(service: Service, extension: str, ending: str) -> None:
    query = {"extension": extension, "content_length": "3"}
    url = service.ask("GET", "/files/sign-upload-temp", query=query).json()["storage_url"]
    assert url.rpartition("/")[2][36:] == ending


@pytest.mark.parametrize("extension", ["a/b", "..\\x", "x" * 101, "\0"])
def test_an_extension_that_is_a_path_is_refused(service: Service, extension: str) -> None:
    query = {"extension": extension, "content_length": "3"}
    assert service.ask("GET", "/files/sign-upload-temp", query=query).status_code == 422


def test_the_key_of_a_secret_may_hold_slashes(service: Service) -> None:
    path = "/realtime/local/api/v1/secrets/team/db"
    assert service.ask("PUT", path, body=as_json({"value": "v"})).json() == "v"
    assert service.ask("GET", path).json() == "v"
    assert service.ask("GET", "/secrets/self/user/team/db").json() == {"value": "v"}
    assert service.ask("DELETE", path).json() == "v"
    assert service.ask("PUT", "/realtime/local/api/v1/secrets/", body=as_json({"value": "v"})).status_code == 422


def test_a_schedule_of_any_name_starts_jobs_whose_config_the_clients_read(service: Service) -> None:
    schedule = {**BODIES[4], "name": "nightly run: ü", "udf": service.known["udf_id"]}
    made = service.ask("POST", "/cronjob/create", body=as_json(schedule)).json()
    run = service.ask("POST", f"/cronjob/user-run/by-id/{made['id']}", body=b"{}").json()["run"]
    assert run["job_name"] == "nightly run: ü"
    location = service.ask("GET", f"/job/by-id/{run['job_id']}/config").headers["location"]
    assert service.ask("GET", location.removeprefix(BASE)).json()["name"] is None


def test_a_table_that_is_none_or_has_no_geometry_has_no_rows_in_a_box(service: Service) -> None:
    service.ask("PUT", "/files/upload", query={"path": "fd://plain.csv"}, body=b"k,v\n1,1\n2,2\n")
    step = {"type": "partition_nongeospatial", "input": "fd://plain.csv", "output": "fd://plain/"}
    job_id = service.ask("POST", "/run", body=as_json({"config": {"steps": [step]}})).json()["job_id"]
    assert end_of(service, job_id)["job_status"] == "Done"
    sides = {"bbox_minx": "0", "bbox_miny": "0", "bbox_maxx": "1", "bbox_maxy": "1"}
    for path, told in (("fd://plain/", "has no geometry"), ("fd://none/", "there is no ingested table at fd://none/")):
        answer = service.ask("GET", "/table/download/bbox", query={"path": path, **sides})
        assert (answer.status_code, told in answer.json()["detail"]) == (422, True)


def test_a_packages_list_holds_what_a_udf_can_import(service: Service) -> None:
    known = service.ask("GET", "/internal/dependency-whitelist").json()["dependency_whitelist"]
    assert {"os", "json", "geopandas", "numpy"} <= set(known)


def test_the_bodies_that_are_tried_to_break_are_good_ones_at_first(service: Service) -> None:
    assert service.ask("POST", "/run", body=as_json(BODIES[0])).status_code == 200
    assert service.ask("POST", "/udf-access-token/new", body=as_json(BODIES[3])).status_code == 200
