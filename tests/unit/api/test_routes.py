"""What requests are counted under: the protocol's own words, and nothing of anybody's."""

import ast
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

import fused_spec.api
from fused_spec.api.client import FusedAPI
from fused_spec.api.errors import ApiError, Unreachable
from fused_spec.api.http.routes import elsewhere, route
from fused_spec.api.http.transport import Transport
from fused_spec.configuration.settings import Credentials
from fused_spec.system.stopwatch import Route, Stopwatch
from tests.unit.api.conftest import TOKEN, FakeTime
from tests.unit.api.loopback import Loopback, raw, resets, says

CLIENT = Path(fused_spec.api.__file__).parent
NO_CALLS = {"", "mount", "workbench", "jobs", "application", "json"}  # folders, pages, types


def words_of_paths() -> Iterator[str]:
    """Every word of a path that the client writes as a literal: given to `path`, to a call, or in a table of paths."""
    for file in CLIENT.glob("*.py"):
        if file.stem == "gitlab":  # another service's words
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "path":
                yield from (word.value for word in node.args if isinstance(word, ast.Constant))
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_path(node.value):
                yield from node.value.split("/")


def is_path(text: str) -> bool:
    return "/" in text and text.replace("/", "").replace("-", "").replace("_", "").islower() and " " not in text


@pytest.mark.parametrize("word", sorted(set(words_of_paths()) - NO_CALLS))
def test_each_word_of_the_protocol_stands_in_a_route(word: str) -> None:
    assert route("GET", word) == f"GET {word}"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("run/by-id/0b6f1c2e-1", "GET run/by-id/{}"),
        ("udf-access-token/by-token/fc_abcdefghijklmnop", "GET udf-access-token/by-token/{}"),
        ("realtime-shared/fsh_abcdefgh/run/file", "GET realtime-shared/{}/run/file"),
        ("udf/by-user/a@b.test/name", "GET udf/{}/{}/{}"),
        ("", "GET {}"),
    ],
)
def test_what_is_no_word_of_the_protocol_stands_in_none(path: str, shown: str) -> None:
    assert route("GET", path) == shown


def test_of_a_url_that_was_handed_out_nothing_stands_in_its_route() -> None:
    assert elsewhere("POST") == "POST a signed URL"


@pytest.fixture
def watch(time: FakeTime) -> Stopwatch:
    return Stopwatch(time.clock)


@pytest.fixture
def watched(server: Loopback, time: FakeTime, watch: Stopwatch) -> Iterator[Transport]:
    made = Transport(
        server.url,
        Credentials(access_token=TOKEN),
        clock=time.clock,
        sleep=time.sleep,
        random=lambda: 1.0,
        timings=watch,
    )
    yield made
    made.close()


def test_a_call_is_told_with_the_bytes_of_its_bodies(server: Loopback, watched: Transport, watch: Stopwatch) -> None:
    server.on("POST /run", raw(b"12345"))
    watched.call("POST", "run", body=b"123")
    assert watch.took().routes == {"POST run": Route(requests=1, sent=3, received=5)}


def test_a_call_that_is_sent_again_is_told_again(server: Loopback, watched: Transport, watch: Stopwatch) -> None:
    server.on("GET /health", resets, raw(b"12"))
    watched.call("GET", "health")
    assert watch.took().routes == {"GET health": Route(requests=2, failed=1, received=2)}


def test_an_answer_that_is_an_error_is_told_as_failed(server: Loopback, watched: Transport, watch: Stopwatch) -> None:
    server.on("GET /job/self", says({}, status=404))
    with suppress(ApiError):
        watched.call("GET", "job/self")
    assert watch.took().routes == {"GET job/self": Route(requests=1, failed=1, received=2)}


def test_where_nobody_answers_that_is_told(watch: Stopwatch, time: FakeTime) -> None:
    nowhere = Transport(
        "http://127.0.0.1:1/server/v1", Credentials(access_token=TOKEN), sleep=time.sleep, timings=watch
    )
    with pytest.raises(Unreachable):
        nowhere.call("POST", "run")
    assert watch.took().routes == {"POST run": Route(requests=1, failed=1)}


def test_a_file_is_told_by_where_it_came_from_and_not_by_its_address(
    server: Loopback, watched: Transport, watch: Stopwatch
) -> None:
    server.on("GET /signed/secret", raw(b"1234"))
    watched.fetch(f"{server.url}/signed/secret?signature=secret")
    assert watch.took().routes == {"GET a signed URL": Route(requests=1, received=4)}


def test_no_id_and_no_query_is_told(server: Loopback, watched: Transport, watch: Stopwatch) -> None:
    server.on("GET /run/by-id/an-id", says({"job_id": "an-id"}))
    FusedAPI.over(watched)._transport.call("GET", "run/by-id/an-id", query={"q": "text"})
    assert list(watch.took().routes) == ["GET run/by-id/{}"]
