"""The rules by which an answer becomes an error."""

import json

import pytest
import requests

from fused_spec.api.client import FusedAPI
from fused_spec.api.errors import ApiError, Refused, seconds_asked_for
from fused_spec.errors import CredentialsError, ServiceError
from tests.unit.api.conftest import TOKEN
from tests.unit.api.loopback import Loopback, Reply, raw, says

JOB = "0b8c7f3a"


def failed(server: Loopback, api: FusedAPI, reply: Reply) -> ApiError:
    server.on(f"GET /run/by-id/{JOB}", reply)
    with pytest.raises(requests.HTTPError) as caught:
        api.get_status(JOB)
    assert isinstance(caught.value, ApiError)
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "argument"),
    [
        (404, {"detail": "Job not found"}, "Job not found"),
        (404, {"message": "gone", "detail": "Job not found"}, "gone"),
        (400, {"detail": ["a", "b"]}, {"detail": ["a", "b"]}),
        (400, ["a"], ["a"]),
        (422, {"detail": "no", "message": "yes"}, {"detail": "no", "message": "yes"}),
        (500, {"detail": "broken"}, "broken"),
    ],
)
def test_the_argument_is_what_the_service_said(
    server: Loopback, api: FusedAPI, status: int, body: object, argument: object
) -> None:
    assert failed(server, api, says(body, status=status)).args[0] == argument


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/html"])
def test_any_other_content_type_gives_a_sentence_with_status_and_url(
    server: Loopback, api: FusedAPI, content_type: str
) -> None:
    error = failed(server, api, raw(b'{"detail": "x"}', status=404, headers={"Content-Type": content_type}))
    assert error.args[0] == f"404 Client Error: Not Found for url: {server.url}/run/by-id/{JOB}"


@pytest.mark.parametrize("status", [422, 400])
def test_a_body_that_only_claims_to_be_json_gives_that_sentence_too(
    server: Loopback, api: FusedAPI, status: int
) -> None:
    error = failed(server, api, raw(b"<html>", status=status, headers={"Content-Type": "application/json"}))
    assert str(error.args[0]).startswith(f"{status} Client Error")


def test_a_rejected_body_is_told_by_place(server: Loopback, api: FusedAPI) -> None:
    error = failed(server, api, says({"detail": [{"loc": ["body", "n"], "msg": "too small"}]}, status=422))
    assert str(error) == f"body.n: too small (422 for GET {server.url}/run/by-id/{JOB})"


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_a_credentials_error(server: Loopback, api: FusedAPI, status: int) -> None:
    error = failed(server, api, says({"detail": "no"}, status=status))
    assert isinstance(error, Refused)
    assert isinstance(error, CredentialsError)
    assert error.hint


def test_an_error_keeps_the_answer_as_requests_does(server: Loopback, api: FusedAPI) -> None:
    error = failed(server, api, says({"detail": "Job not found"}, status=404))
    assert isinstance(error, ServiceError)
    assert (error.response.status_code, error.response.json()) == (404, {"detail": "Job not found"})


@pytest.mark.parametrize(
    ("status", "sent"), [(400, False), (404, False), (429, False), (408, None), (500, None), (504, None)]
)
def test_only_a_refusal_is_certain_to_have_done_nothing(
    server: Loopback, api: FusedAPI, status: int, sent: bool | None
) -> None:
    assert failed(server, api, says({"detail": "x"}, status=status)).sent is sent


def test_a_token_that_the_service_repeats_is_masked(server: Loopback, api: FusedAPI) -> None:
    error = failed(server, api, says({"detail": [f"bad header {TOKEN}"], TOKEN: 1}, status=400))
    assert TOKEN not in repr(error) + str(error)


def test_an_error_does_not_carry_the_authorization_header(server: Loopback, api: FusedAPI) -> None:
    error = failed(server, api, says({"detail": "x"}, status=404))
    assert "Authorization" not in error.response.request.headers
    assert "Authorization" in server.seen[0].headers


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Thu, 08 May 2031 10:00:30 GMT", "Date": "Thu, 08 May 2031 10:00:00 GMT"}, 30.0),
        ({"Retry-After": "Thu, 08 May 2031 09:00:00 GMT", "Date": "Thu, 08 May 2031 10:00:00 GMT"}, 0.0),
    ],
)
def test_retry_after_is_understood_in_seconds_and_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert seconds_asked_for(headers) == seconds


def test_what_is_hidden_stands_in_no_error_in_whatever_form(server: Loopback, api: FusedAPI) -> None:
    value = 'corr"ect-horse'
    api.hide([value])
    said = {"detail": [{"loc": ["body", "additional_env"], "msg": f"DB={value}", "input": json.dumps(value)}]}
    error = failed(server, api, says(said, status=422))
    assert str(error).startswith("body.additional_env: DB=***")
    assert "horse" not in f"{error} {error.args}"
