"""Bounds on requests: size, time, number, and who must not see or run what comes back."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message

from fused_spec.service.http.browsers import Browsers
from fused_spec.service.http.faults import ANSWERS
from fused_spec.service.http.limits import Bounds, Limits

MIB = 1024 * 1024
SMALL = Bounds(uploads=re.compile("/upload"), upload=4 * MIB, body=MIB, requests=2, patience=0.05, slowest=MIB)


async def size(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def unread(_: Request) -> PlainTextResponse:
    return PlainTextResponse("unread")


ROUTES = [Route(path, size, methods=["POST"]) for path in ("/x", "/upload")] + [Route("/unread", unread)]


def app(bounds: Bounds) -> Starlette:
    middleware = [Middleware(Browsers, "/page/"), Middleware(Limits, bounds)]
    return Starlette(routes=ROUTES, middleware=middleware, exception_handlers=dict(ANSWERS))


async def ask(
    path: str,
    pieces: list[bytes],
    *,
    on: Starlette,
    method: str = "POST",
    pause: Callable[[], Any] | None = None,
    take: Callable[[], Any] | None = None,
    **headers: str,
) -> tuple[int, bytes, dict[str, str]]:
    """The status, body and headers of the answer; `pause` comes before each piece, `take` before each taken message."""
    sent: list[Message] = []

    async def body() -> AsyncIterator[Message]:
        for number, piece in enumerate(pieces):
            if pause is not None:
                await pause()
            yield {"type": "http.request", "body": piece, "more_body": number < len(pieces) - 1}

    messages = body()

    async def receive() -> Message:
        return await anext(messages)

    async def send(message: Message) -> None:
        if take is not None:
            await take()
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    await on(scope, receive, send)
    given = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent), given


def status(path: str, pieces: list[bytes], **options: Any) -> int:
    return asyncio.run(ask(path, pieces, on=app(SMALL), **options))[0]


async def for_ever() -> None:
    await asyncio.Event().wait()


def test_a_body_within_its_bounds_arrives() -> None:
    assert asyncio.run(ask("/x", [b"a" * MIB], on=app(SMALL)))[:2] == (200, str(MIB).encode())


def test_a_body_beyond_its_bounds_is_refused_whether_it_says_so_or_not() -> None:
    assert status("/x", [b"a"], content_length=str(MIB + 1)) == 413
    assert status("/x", [b"a" * MIB, b"a"]) == 413
    assert status("/x", [b"a"], content_length="9" * 5000) == 413


def test_an_upload_has_bounds_of_its_own() -> None:
    assert status("/upload", [b"a" * MIB, b"a"]) == 200
    assert status("/upload", [b"a" * MIB] * 5) == 413


def test_a_body_that_does_not_come_is_given_up() -> None:
    code, body, headers = asyncio.run(ask("/x", [b"a"], on=app(SMALL), pause=for_ever))
    assert (code, headers["connection"]) == (408, "close")
    assert json.loads(body) == {"detail": "the body comes too slowly"}


def test_a_body_that_comes_slowly_has_more_time_the_more_has_come() -> None:
    pauses = iter([0.0, 0.0, 0.0, 0.09])  # longer than a body has at first

    async def pause() -> None:
        await asyncio.sleep(next(pauses))

    assert status("/upload", [b"a" * MIB] * 4, pause=pause) == 200


def test_an_answer_that_nobody_takes_is_given_up() -> None:
    with pytest.raises(RuntimeError) as caught:  # upon which the server closes the connection
        status("/unread", [b""], method="GET", take=for_ever)
    assert isinstance(caught.value.__cause__, TimeoutError)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity, gzip"])
def test_a_packed_body_is_refused(coding: str) -> None:
    assert status("/x", [b"a"], content_encoding=coding) == 415


def test_no_more_requests_than_may_be_are_answered_at_once() -> None:
    async def crowd() -> list[int]:
        shared, come = app(SMALL), asyncio.Event()
        waiting = [asyncio.create_task(ask("/x", [b"a"], on=shared, pause=come.wait)) for _ in range(2)]
        await asyncio.sleep(0)
        refused, _, headers = await ask("/x", [b"a"], on=shared)
        assert headers["retry-after"] == "1"
        come.set()
        answered = [(await one)[0] for one in waiting]
        after, _, _ = await ask("/x", [b"a"], on=shared)
        return [refused, *answered, after]

    assert asyncio.run(crowd()) == [503, 200, 200, 200]


@pytest.mark.parametrize(("path", "scripts"), [("/unread", False), ("/page/x", True), ("/nowhere", False)])
def test_a_page_has_an_origin_of_its_own_and_nothing_else_may_run_scripts(path: str, scripts: bool) -> None:
    _, _, headers = asyncio.run(ask(path, [b""], on=app(SMALL), method="GET"))
    policy = [part.strip() for part in headers["content-security-policy"].split(";")]
    assert policy[0].split()[0] == "sandbox"
    assert "allow-same-origin" not in policy[0]
    assert ("allow-scripts" in policy[0]) is scripts
