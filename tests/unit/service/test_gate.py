"""Who may come in."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message, Scope

from fused_spec.service.http.gate import LOOPBACK, Gate, Rules

TOKEN = "gate-token-0123456789"


async def inside(_: Request) -> PlainTextResponse:
    return PlainTextResponse("inside")


APP = Starlette(routes=[Route("/open/x", inside), Route("/x", inside, methods=["GET", "POST", "DELETE"])])
RULES = Rules(token=TOKEN, hosts=LOOPBACK, open_paths=("/open/",))


async def ask(path: str, method: str = "GET", rules: Rules = RULES, **headers: str) -> int:
    """The status of the answer to one request."""
    given = {"host": "127.0.0.1:8000", "authorization": f"Bearer {TOKEN}", **headers}
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()],
    }
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    await Gate(APP, rules)(scope, receive, send)
    return int(sent[0]["status"])


def status(path: str, method: str = "GET", rules: Rules = RULES, **headers: str) -> int:
    import asyncio

    return asyncio.run(ask(path, method, rules, **headers))


@pytest.mark.parametrize("scheme", ["Bearer", "Fused-Env-Bearer", "anything"])
def test_the_token_opens_whatever_the_scheme_word(scheme: str) -> None:
    assert status("/x", authorization=f"{scheme} {TOKEN}") == 200


@pytest.mark.parametrize("given", ["", TOKEN, f"Bearer {TOKEN}x", "Bearer ", f"Bearer{TOKEN}", "Bearer é"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_without_the_token_nothing_is_reached(given: str, method: str) -> None:
    assert status("/x", method, authorization=given) == 401


def test_paths_that_authorise_themselves_need_no_token() -> None:
    assert status("/open/x", authorization="") == 200


@pytest.mark.parametrize("host", ["evil.example:8000", "127.0.0.1.evil.example", "", "[", "169.254.169.254"])
def test_another_host_name_is_refused_even_with_the_token(host: str) -> None:
    assert status("/x", host=host) == 403
    assert status("/open/x", host=host) == 403


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]:9", "LOCALHOST:1"])
def test_every_name_of_this_machine_is_taken(host: str) -> None:
    assert status("/x", host=host) == 200


def test_any_host_is_taken_where_that_was_asked_for() -> None:
    assert status("/x", rules=Rules(token=TOKEN, hosts=None, open_paths=()), host="box.example") == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999"])
def test_a_foreign_origin_is_refused(origin: str) -> None:
    assert status("/x", origin=origin) == 403


def test_the_services_own_origin_is_taken() -> None:
    assert status("/x", origin="http://127.0.0.1:8000") == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_request_that_a_page_of_another_site_made_is_refused(site: str) -> None:
    assert status("/open/x", sec_fetch_site=site) == 403
