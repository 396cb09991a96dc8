"""When a connection is given up: by a clock that the test moves."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from fused_spec.service.http import connection
from fused_spec.service.http.connection import Connection

HEAD = b"GET /x HTTP/1.1\r\nHost: a\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n"


async def app(_: Scope, __: Receive, send: Send) -> None:
    """Answers at once, and reads nothing."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


class Line(asyncio.Transport):
    """A transport that only remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False
        self.written = b""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Clock:
    """Timers of a loop, run by hand."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._timers: list[tuple[float, asyncio.TimerHandle]] = []

    def call_later(self, delay: float, call: Callable[..., Any], *arguments: Any) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(delay, call, arguments, self._loop)
        self._timers.append((delay, timer))
        return timer

    def create_task(self, coroutine: Any) -> "asyncio.Task[Any]":
        return self._loop.create_task(coroutine)

    def pass_seconds(self, seconds: float) -> None:
        due = [timer for delay, timer in self._timers if delay <= seconds and not timer.cancelled()]
        for timer in due:
            timer._run()  # as the loop would


def closed_after(*pieces: bytes, seconds: float = 60.0) -> tuple[bool, bytes]:
    """Whether the connection is given up once these bytes have come and some time has passed, and what was answered."""

    async def run() -> tuple[bool, bytes]:
        config, state, clock = uvicorn.Config(app, http=Connection), ServerState(), Clock(asyncio.get_running_loop())
        state.default_headers = []
        one, line = Connection(config, state, {}, _loop=clock), Line()  # type: ignore[arg-type]
        one.connection_made(line)
        for piece in pieces:
            one.data_received(piece)
            for _ in range(5):
                await asyncio.sleep(0)
        clock.pass_seconds(seconds)
        closed = line.closed
        one.connection_lost(None)
        return closed, line.written

    return asyncio.run(run())


@pytest.mark.parametrize(
    "pieces",
    [(), (HEAD,), (HEAD, b"A: b\r\n"), (HEAD + b"\r\n", HEAD), (POST,), (POST, b"abc")],
    ids=["no head", "half a head", "a slow head", "half a second head", "an unread body", "half an unread body"],
)
def test_a_client_that_owes_something_is_given_up(pieces: tuple[bytes, ...]) -> None:
    assert closed_after(*pieces)[0]
    assert not closed_after(*pieces, seconds=1.0)[0]


def test_a_whole_request_is_answered_and_then_waits_for_another_as_ever() -> None:
    closed, written = closed_after(HEAD, b"\r\n", seconds=4.0)
    assert not closed
    assert written.startswith(b"HTTP/1.1 200 OK")


def test_a_body_that_came_after_all_is_forgiven() -> None:
    assert not closed_after(POST, b"abcde", seconds=4.0)[0]


def test_one_connection_too_many_is_closed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_MOST_CONNECTIONS", 0)
    assert closed_after(seconds=0.0)[0]
