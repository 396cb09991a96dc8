"""Our client beside the published one: the same calls, request by request and answer by answer."""

import json
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from fused_spec.api.client import FusedAPI
from fused_spec.api.http.transport import Transport
from fused_spec.configuration.settings import Credentials
from fused_spec.wire import JobConfig, UdfStep
from tests.clients import entries
from tests.clients.entries import CALLS, GOES_ON, JOB, UDF_ID
from tests.clients.test_published_clients import ROOT, environment
from tests.unit.api.loopback import Loopback, Seen, raw, says
from tests.waiting import PATIENCE

VERSION = "2.9.5"
HEADERS = ("Authorization", "Fused-Py-Version", "X-Fused-Cache-Disable", "Fused-Recursion")

DELIBERATE = {
    "start_job__*": "Whether a mail is sent is left to the service unless it is said; the published client says yes.",
    "upload__text": "Text is refused, since it may be meant as a path; give bytes, a `Path` or an open file.",
    "create_udf_access_token__*": "`public_read` and `access_scope` are sent where they are given, and else left out.",
    "create_udf_access_token__id_and_address": "An id is sent alone: the e-mail address beside it names nothing.",
    "create_udf_access_token__empty": "An empty name names no UDF, and is refused.",
    "create_udf_access_token__metadata_nan": "What JSON cannot carry is refused before an instance is asked for.",
    "get_jobs__below_zero": "What is no count is an `InvalidArgument`, and no AssertionError.",
    "get_jobs__as_text": "What is no count is refused before anything is sent, and not after.",
    "_replace_df_input__number": "What is nothing local is returned as it is, as in the seed; 2.9 raises a TypeError.",
    "_replace_df_input__path_without_a_suffix": "A file without a suffix is refused: nobody could tell what it holds.",
    "objects": "Looking at a value asks nothing; `refresh`, `refresh_status` and `get_status` do.",
}
"""Where the two differ on purpose, and why; `*` stands for every call of an entry. docs/client.md has them, too."""

MAIL = "send_status_email"
OLDER = "table_schema"
"""A field of 1.x UDFs, which 2.9 has no more; a server that does not know it passes it over."""
SCOPES = ("public_read", "access_scope")


def answer(server: Loopback) -> None:
    """What both are told."""
    run = {
        "job_id": JOB,
        "job_name": "n",
        "instance_id": "i-1",
        "instance_type": "m5.large",
        "status": "terminated",
        "terminal_status": True,
        "last_heartbeat": "2031-05-01T10:00:03Z",
        "job_status": "Done",
        "job_status_date": "2031-05-01T10:00:01Z",
        "finished_job_status": True,
        "total_tasks": 3,
        "finished_tasks": 3,
    }
    going_on = {**run, "job_id": GOES_ON, "status": "running", "terminal_status": False, "finished_job_status": False}
    lines = [
        {"timestamp": stamp, "message": f"{text}\n", "more": 1} for stamp, text in ((1000, "first"), (1001, "second"))
    ]
    listed = [
        {
            "id": JOB,
            "user_id": "u",
            "creation_date": "2031-05-01T10:00:00Z",
            "job_status": "Done",
            "job_status_date": None,
            "instance_id": None,
            "instance_type": None,
            "execution_environment_id": "e",
        }
    ]
    token = {
        "token": "fsh_example",
        "udf_email": "me@example.test",
        "udf_slug": "points",
        "udf_id": UDF_ID,
        "enabled": True,
        "owning_user_id": "u",
        "owning_execution_environment_id": "e",
        "client_id": "best",
        "cache": True,
        "public_read": None,
        "access_scope": None,
        "metadata_json": {},
        "last_updated": "2031-05-01T10:00:00Z",
    }
    signed = {"url": f"{server.host}/blob", "fields": {"key": "k", "policy": "p"}}

    def history(handler: BaseHTTPRequestHandler) -> None:
        skip = dict(parse_qsl(urlsplit(handler.path).query))["skip"]
        says([{**line, "id": f"{line['id'][:-1]}{skip}"} for line in listed])(handler)

    turn = iter([says(going_on), says({**going_on, "finished_job_status": True})] * 2)

    def status(handler: BaseHTTPRequestHandler) -> None:
        next(turn, says(going_on))(handler)

    server.on("POST /run", says(run))
    server.on(f"GET /run/by-id/{JOB}", says(run))
    server.on(f"GET /run/by-id/{GOES_ON}", status)
    server.on(f"POST /run/by-id/{JOB}/cancel", says(run))
    server.on("GET /job/self", history)
    server.on(f"GET /logs/{JOB}", says(lines))
    server.on("GET /user/self", says({"email": "me@example.test", "id": "u"}))
    instances = [{"client_id": "other", "preference_rank": 1}, {"client_id": "best", "preference_rank": 2}]
    server.on("GET /realtime-instance/available", says(instances))
    server.on("GET /realtime-instance", says(instances))
    server.on("GET /execution-env/token", says("t"))
    server.on("GET /health", says({}))
    server.on("POST /udf-access-token/new", says(token))
    server.on("GET /files/sign-upload", says(signed))
    server.on("GET /files/sign-upload-temp", says({"signed_post": signed, "storage_url": "s3://t/x"}))
    server.on("POST //blob", raw(b"", status=204))
    for name in CALLS:
        server.on(f"GET //case/{name}", says(None))


def shown(seen: Seen) -> dict[str, Any]:
    """A request as far as it matters."""
    parts = urlsplit(seen.target)
    headers = {name.title(): value for name, value in seen.headers.items()}
    is_json = headers.get("Content-Type", "").startswith("application/json")
    return {
        "call": f"{seen.method} {parts.path}",
        "query": sorted(parse_qsl(parts.query, keep_blank_values=True)),
        "headers": {name: headers.get(name.title()) for name in HEADERS},
        "content": json.loads(seen.body, object_hook=known) if is_json else b"12345" in seen.body,
    }


def known(content: dict[str, Any]) -> dict[str, Any]:
    """An object without the field that only 1.x has."""
    return {name: value for name, value in content.items() if name != OLDER}


def by_case(server: Loopback) -> dict[str, list[dict[str, Any]]]:
    """The requests of each call."""
    found: dict[str, list[dict[str, Any]]] = {}
    name = ""
    for seen in server.seen:
        if seen.target.startswith("/case/"):
            name = seen.target.removeprefix("/case/")
            found[name] = []
        else:
            found[name].append(shown(seen))
    return found


Facts = dict[str, tuple[list[dict[str, Any]], Any]]


def facts(server: Loopback, results: dict[str, Any]) -> Facts:
    requests = by_case(server)
    return {name: (requests[name], results[name]) for name in CALLS}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    with Loopback() as server, pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("ours"))
        answer(server)
        transport = Transport(server.url, Credentials(access_token="a-token", auth_scheme="Fused-Env-Bearer"))

        def make(step: dict[str, Any], **config: Any) -> Any:
            made = UdfStep.model_validate(step)
            return JobConfig(steps=[made], **config) if config else made

        results = entries.run_all(server.host, lambda: FusedAPI.over(transport), make)
        transport.close()
        yield facts(server, json.loads(json.dumps(results)))


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Facts]:
    folder = tmp_path_factory.mktemp("theirs")
    with Loopback() as server:
        answer(server)
        env = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "NO_PROXY": "127.0.0.1", "PYTHONIOENCODING": "utf-8"}
        env |= {"FUSED_AUTH_TOKEN": "a-token", "FUSED_AUTH_TOKEN_TYPE": "Fused-Env-Bearer"}
        done = subprocess.run(
            [environment(VERSION), ROOT / "tests/clients/entries.py", server.url],
            env=env,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        lines = [line.removeprefix("FACTS ") for line in done.stdout.splitlines() if line.startswith("FACTS ")]
        assert lines, done.stderr
        yield facts(server, json.loads(lines[0]))


def without(found: Any, *names: str) -> Any:
    """The requests without these keys of their content."""
    requests, result = found
    kept = [
        {**one, "content": {name: value for name, value in one["content"].items() if name not in names}}
        if isinstance(one["content"], dict)
        else one
        for one in requests
    ]
    return kept, result


def usual(name: str, found: Any) -> Any:
    """What is compared of a call: all of it, but for what differs in every call of its entry."""
    if name.startswith("start_job") and name != "start_job__mail":
        return without(found, MAIL)
    if name.startswith("create_udf_access_token") and name != "create_udf_access_token__scope":
        return without(found, *SCOPES)
    return found


pytestmark = pytest.mark.xdist_group(f"client {VERSION}")


@pytest.mark.parametrize("name", [name for name in CALLS if name not in DELIBERATE])
def test_both_clients_ask_and_answer_the_same(ours: Facts, theirs: Facts, name: str) -> None:
    assert usual(name, ours[name]) == usual(name, theirs[name])


@pytest.mark.parametrize("name", [name for name in DELIBERATE if "*" not in name])
def test_a_difference_that_is_listed_is_one(ours: Facts, theirs: Facts, name: str) -> None:
    assert usual(name, ours[name]) != usual(name, theirs[name])


def test_what_differs_in_every_call_differs(ours: Facts, theirs: Facts) -> None:
    for name, words in (("start_job__one_step", (MAIL,)), ("create_udf_access_token__name", SCOPES)):
        assert [set(words) & set(found[name][0][-1]["content"]) for found in (ours, theirs)] == [set(), set(words)]


def test_all_sixteen_entries_are_called() -> None:
    from tests.unit.api.test_signatures import SEED

    assert {name.partition("__")[0] or f"_{name.split('__')[0]}" for name in CALLS} >= set(SEED) - {"__init__"}


@pytest.mark.parametrize("reason", DELIBERATE.values())
def test_a_difference_is_in_the_documents_with_its_reason(reason: str) -> None:
    assert reason in (ROOT / "docs/client.md").read_text(encoding="utf-8")
