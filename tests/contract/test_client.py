"""Our client against our service's own routes, in memory: the two sides of the wire, tested on each other."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from fused_spec.api.client import FusedAPI
from fused_spec.api.errors import ApiError, Refused
from fused_spec.api.http.transport import Transport, new_session
from fused_spec.configuration.settings import Credentials
from fused_spec.service.app import create_app
from tests.asgi import AsgiAdapter
from tests.waiting import PATIENCE

TOKEN = "contract-token-0123456789"
CODE = "@fused.udf\ndef udf(n: int = 1):\n    print(f'n={n}')\n    return n\n"
UDF: dict[str, Any] = {"name": "points", "entrypoint": "udf", "code": CODE}
NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[AsgiAdapter]:
    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as adapter:
        yield adapter


@pytest.fixture
def client(service: AsgiAdapter) -> Callable[[str | None], FusedAPI]:
    def connect(token: str | None) -> FusedAPI:
        session = new_session()
        session.mount("http://", service)
        credentials = Credentials(access_token=token) if token else None
        return FusedAPI.over(Transport("http://127.0.0.1:8000/server/v1", credentials, session=session))

    return connect


@pytest.fixture
def api(client: Callable[[str | None], FusedAPI]) -> FusedAPI:
    return client(TOKEN)


def step(**udf: Any) -> dict[str, Any]:
    return {"type": "udf", "udf": {**UDF, **udf}}


def test_health_needs_no_token(client: Callable[[str | None], FusedAPI]) -> None:
    assert client(None)._health() is True


def test_a_wrong_token_is_refused(client: Callable[[str | None], FusedAPI]) -> None:
    with pytest.raises(Refused):
        client("another-token-0123456789")._whoami()


def test_the_caller_has_an_email_and_an_instance(api: FusedAPI) -> None:
    assert "@" in api._whoami()["email"]
    assert api._list_realtime_instances()[0]["client_id"]
    assert isinstance(api.auth_token(), str)


def test_a_started_job_is_the_newest_of_the_history(api: FusedAPI) -> None:
    first, second = api.start_job(step()), api.start_job(step())
    assert [job.id for job in api.get_jobs()] == [second.job_id, first.job_id]
    assert [job.id for job in api.get_jobs(1, skip=1)] == [first.job_id]


def test_a_config_with_the_elements_of_a_large_job_comes_back(api: FusedAPI) -> None:
    elements = ["x" * (20 << 20)]  # more than any other answer may hold
    run = api.start_job({**step(), "input": elements})
    assert api.get_job_config(run).steps[0].input == elements  # type: ignore[union-attr]
    assert api.get_job_metadata(run) is None


def test_the_whole_history_is_read_page_by_page(api: FusedAPI) -> None:
    started = [api.start_job(step()).job_id for _ in range(3)]
    assert [job.id for job in api.get_jobs(None, per_request=2, max_requests=None)] == started[::-1]


def test_a_config_comes_back_as_it_was_sent(api: FusedAPI) -> None:
    config = {"name": "a-name", "steps": [step(parameters={"n": 2})], "metadata": {"fused-spec": {"v": 1, "ä": [1.5]}}}
    run = api.start_job(config)
    assert api.get_job_config(run).model_dump(exclude_unset=True, exclude_none=True)["metadata"] == config["metadata"]
    assert api.get_job_config(run).steps[0].udf.parameters == {"n": 2}  # type: ignore[union-attr]
    assert run.job_name == "a-name"


def test_a_job_is_waited_for_and_leaves_logs_and_results(api: FusedAPI) -> None:
    run = api.start_job({**step(), "input": [{"n": 4}, {"n": 5}]}, instance_type="m5.large")
    ended = api.wait_for_job(run, poll_interval_seconds=0.05, timeout=PATIENCE)
    assert (ended.job_status, ended.total_tasks, ended.finished_tasks) == ("Done", 2, 2)
    messages = "".join(line.message for line in api.get_logs(run))
    assert "n=4" in messages
    assert "n=5" in messages
    assert len(api.get_job_results(run)) == 2


def test_a_cancelled_job_says_so(api: FusedAPI) -> None:
    run = api.start_job(step(code=CODE.replace("return n", "import time; time.sleep(60)")))
    api.cancel_job(run)
    assert api.wait_for_job(run, poll_interval_seconds=0.05, timeout=PATIENCE).job_status == "Canceled"


def test_a_start_whose_answer_is_lost_happened_once(api: FusedAPI, service: AsgiAdapter) -> None:
    service.fail(requests.ReadTimeout(), method="POST", path="/run", reached=True)
    with pytest.raises(requests.ReadTimeout) as caught:
        api.start_job(step())
    assert caught.value.sent is None  # type: ignore[attr-defined]
    assert len(api.get_jobs()) == 1


def test_a_start_that_was_not_sent_did_not_happen(api: FusedAPI, service: AsgiAdapter) -> None:
    service.fail(requests.ConnectTimeout(), method="POST", path="/run", reached=False)
    with pytest.raises(requests.ConnectionError) as caught:
        api.start_job(step())
    assert caught.value.sent is False  # type: ignore[attr-defined]
    assert len(api.get_jobs()) == 0


@pytest.mark.parametrize("call", ["get_status", "get_logs", "get_job_config", "cancel_job", "get_job_results"])
def test_an_unknown_job_is_a_404(api: FusedAPI, call: str) -> None:
    with pytest.raises(ApiError) as caught:
        getattr(api, call)(NOBODY)
    assert caught.value.status_code == 404
    assert isinstance(caught.value.args[0], str)


def test_a_body_that_is_no_run_is_a_422_that_tells_the_place(api: FusedAPI) -> None:
    with pytest.raises(ApiError) as caught:
        api._transport.call("POST", "run", content={"config": {"steps": 5}})
    assert caught.value.status_code == 422
    assert "detail" in caught.value.args[0]


def test_a_udf_is_saved_loaded_listed_and_deleted(api: FusedAPI) -> None:
    saved = api.save_udf(UDF)
    assert api.load_udf("points").id == api.get_udf(saved.id).id == saved.id
    assert [udf.slug for udf in api.get_udfs()] == ["points"]
    assert saved.udf.code == CODE
    api.delete_udf(saved.id)
    assert api.get_udfs() == []


def test_a_slug_that_is_taken_is_a_conflict(api: FusedAPI) -> None:
    saved = api.save_udf(UDF)
    with pytest.raises(ApiError) as caught:
        api.save_udf(UDF)
    assert caught.value.status_code == 409
    assert api.save_udf({**UDF, "parameters": {"n": 3}}, id=saved.id).udf.parameters == {"n": 3}


def test_a_token_is_created_changed_listed_and_deleted(api: FusedAPI) -> None:
    api.save_udf(UDF)
    token = api.create_udf_access_token("points", metadata_json={"k": 1})
    assert (token.udf_slug, token.metadata_json, token.enabled) == ("points", {"k": 1}, True)
    assert api.update_udf_access_token(token, enabled=False).enabled is False
    assert [listed.token for listed in api.get_udf_access_tokens(per_request=1)] == [token.token]
    assert api.delete_udf_access_token(token).token == token.token
    assert api.get_udf_access_tokens() == []


def test_a_file_goes_up_and_comes_down_again(api: FusedAPI, tmp_path: Path) -> None:
    content = bytes(range(256)) * 2000
    api.upload("fd://a b/ä.bin", content)
    assert api.get("fd://a b/ä.bin") == content
    api.download("fd://a b/ä.bin", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == content
    assert api.list("fd://a b/", details=True)[0].size == len(content)
    assert api.delete("fd://a b/ä.bin") is True
    assert api.list("fd://a b/") == []


def test_a_signed_url_needs_no_credentials(api: FusedAPI) -> None:
    api.upload("fd://a/b.txt", b"content")
    assert api._transport.fetch(api.sign_url("fd://a/b.txt")).body == b"content"
    assert list(api.sign_url_prefix("fd://a/")) == ["fd://a/b.txt"]


def test_a_temporary_upload_is_readable_by_its_url(api: FusedAPI) -> None:
    assert api.get(api._upload_tmp("bin", b"content")) == b"content"
