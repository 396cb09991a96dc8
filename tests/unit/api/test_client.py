"""Making a client, who is calling, and objects that know their client."""

from pathlib import Path

import pytest

from fused_spec import FusedAPI
from fused_spec.api.errors import NoCredentials
from fused_spec.api.values import current
from fused_spec.api.values.objects import JobResponse, RunResponse
from fused_spec.errors import CredentialsError
from tests.unit.api.loopback import Loopback, says

JOB = "0b8c7f3a"
RUN = {"job_id": JOB, "job_name": "n", "status": "running", "terminal_status": False}


@pytest.fixture(autouse=True)
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("FUSED_AUTH_TOKEN", "FUSED_AUTH_TOKEN_TYPE", "FUSED_SPEC_CREDENTIALS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(current, "_current", None)


@pytest.fixture
def logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FUSED_AUTH_TOKEN", "a-token")
    monkeypatch.setenv("FUSED_AUTH_TOKEN_TYPE", "Fused-Env-Bearer")


def test_without_credentials_there_is_no_client() -> None:
    with pytest.raises(CredentialsError) as caught:
        FusedAPI()
    assert "FUSED_AUTH_TOKEN" in (caught.value.hint or "")


def test_a_user_without_a_home_folder_has_no_login(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(none))
    with pytest.raises(CredentialsError):
        FusedAPI()


def test_the_hosted_service_is_the_default(logged_in: None) -> None:
    assert FusedAPI().base_url == "https://www.fused.io/server/v1"


def test_the_variables_become_the_authorization_header(server: Loopback, logged_in: None) -> None:
    server.on("GET /user/self", says({"email": "me@example.test"}))
    assert FusedAPI(base_url=server.url)._whoami()["email"] == "me@example.test"
    assert server.seen[0].headers["Authorization"] == "Fused-Env-Bearer a-token"


def test_health_needs_no_credentials(server: Loopback) -> None:
    server.on("GET /health", says({}))
    assert FusedAPI(base_url=server.url, credentials_needed=False)._health() is True
    assert not {"Authorization", "Fused-Py-Version"} & set(server.seen[0].headers)


def test_everything_else_needs_them(server: Loopback) -> None:
    with pytest.raises(CredentialsError):
        FusedAPI(base_url=server.url, credentials_needed=False).get_jobs()
    assert server.seen == []


@pytest.mark.parametrize(
    ("whose", "path"), [("self", "/realtime-instance/available"), ("public", "/realtime-instance")]
)
def test_instances_are_ones_own_or_everybodys(server: Loopback, api: FusedAPI, whose: str, path: str) -> None:
    server.on(f"GET {path}", says([{"client_id": "local"}]))
    assert api._list_realtime_instances(whose=whose) == [{"client_id": "local"}]


def test_instances_of_anybody_else_are_an_assertion_error(server: Loopback, api: FusedAPI) -> None:
    with pytest.raises(AssertionError):
        api._list_realtime_instances(whose="team")
    assert server.seen == []


def test_the_environments_token_is_text(server: Loopback, api: FusedAPI) -> None:
    server.on("GET /execution-env/token", says("t"))
    assert api.auth_token() == "t"


def test_a_bare_run_asks_the_client_made_last(server: Loopback, logged_in: None) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(RUN))
    FusedAPI(base_url=server.url)
    FusedAPI(set_global_api=False)
    run = RunResponse.from_job_id(JOB)
    assert (run.status, run.job_name, run.terminal_status) == ("null", "null", True)
    assert run.get_status().status == "running"


def test_a_bare_run_without_any_client_says_so() -> None:
    with pytest.raises(NoCredentials, match="belongs to no client"):
        RunResponse.from_job_id(JOB).get_status()


def test_a_run_asks_the_client_that_read_it(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(RUN), says({**RUN, "finished_job_status": True}))
    server.on(f"POST /run/by-id/{JOB}/cancel", says(RUN))
    run = api.get_status(JOB)
    assert run.wait_for_job().finished
    assert run.cancel().job_id == JOB
    assert run.logs_url == f"{server.host}/workbench/jobs/{JOB}"


def test_looking_at_a_run_asks_nothing(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(RUN))
    assert f"job_id='{JOB}'" in repr(api.get_status(JOB))
    assert len(server.seen) == 1


def test_a_line_of_the_history_knows_its_logs(
    server: Loopback, api: FusedAPI, capsys: pytest.CaptureFixture[str]
) -> None:
    server.on("GET /job/self", says([{"id": JOB, "creation_date": "2031-05-01T10:00:00Z"}]))
    server.on(f"GET /logs/{JOB}", says([{"timestamp": 1, "message": "hello \n"}]))
    job = api.get_jobs()[0]
    assert isinstance(job, JobResponse)
    job.print_logs()
    assert capsys.readouterr().out == "hello\n"


def test_a_run_that_goes_on_has_no_final_time(server: Loopback, api: FusedAPI) -> None:
    server.on(f"GET /run/by-id/{JOB}", says(RUN))
    server.on(f"GET /logs/{JOB}", says([]))
    with pytest.warns(UserWarning, match="still grows"), pytest.raises(ValueError, match="no logs"):
        api.get_status(JOB).get_exec_time()


def test_a_client_shows_where_it_calls(api: FusedAPI, server: Loopback) -> None:
    assert repr(api) == f"FusedAPI('{server.url}')"
