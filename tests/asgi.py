"""Let a requests session call an ASGI app in memory: bodies stream both ways, and the network fails when told.

    with AsgiAdapter(create_app(...)) as adapter:
        session = new_session()
        session.mount("http://", adapter)
        adapter.fail(requests.ReadTimeout(), method="POST", path="/run", reached=True)

The app runs on one event loop in a thread, from its lifespan's startup to its shutdown, as under a real server.
"""

import asyncio
import io
import queue
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPHeaderDict, HTTPResponse

from tests.waiting import PATIENCE

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A failure of the network: `reached` tells whether the app still gets the request.

    With a `status` something before the app answers instead.
    """

    error: requests.RequestException | None = None
    reached: bool = False
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    method: str | None
    path: str | None

    def strikes(self, request: requests.PreparedRequest) -> bool:
        path = urlsplit(str(request.url)).path
        return self.method in (None, request.method) and (self.path is None or path.endswith(self.path))


class AsgiAdapter(BaseAdapter):
    """Carries requests to `app`.

    `seen` lists every request that reached it as `METHOD path?query`, `crashes` what it raised.
    """

    def __init__(self, app: App) -> None:
        super().__init__()
        self.app = app
        self.seen: list[str] = []
        self.crashes: list[Exception] = []
        self._faults: list[Fault] = []
        self._calls: list[Future[None]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="asgi", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._to_lifespan: asyncio.Queue[Message] = asyncio.Queue()
        self._from_lifespan: queue.Queue[Message] = queue.Queue()
        self._lifespan = asyncio.run_coroutine_threadsafe(self._live(), self._loop)
        try:
            self._tell_lifespan("startup")
        except BaseException:
            self._end_loop()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        wait(self._calls, timeout=1.0)  # an answered call may still be closing its files
        for call in self._calls:
            call.cancel()
        self._tell_lifespan("shutdown")
        self._lifespan.result(PATIENCE)
        self._end_loop()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def fail(
        self, error: requests.RequestException, *, reached: bool, method: str | None = None, path: str | None = None
    ) -> None:
        """Raise `error` once, for the next request with this method and this end of its path."""
        self._faults.append(Fault(error=error, reached=reached, method=method, path=path))

    def answer(
        self, status: int, headers: dict[str, str], *, method: str | None = None, path: str | None = None
    ) -> None:
        """Answer the next such request with this status, once, and without the app."""
        self._faults.append(Fault(status=status, headers=headers, method=method, path=path))

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        fault = next((fault for fault in self._faults if fault.strikes(request)), None)
        if fault is not None:
            self._faults.remove(fault)
            if fault.status is not None:
                raw = HTTPResponse(io.BytesIO(), headers=fault.headers, status=fault.status, preload_content=False)
                return HTTPAdapter().build_response(request, raw)
            if fault.error is not None and not fault.reached:
                raise fault.error
        response = self._exchange(request)
        if fault is not None and fault.error is not None:
            response.raw.read()
            raise fault.error
        return response

    def close(self) -> None:
        """The adapter outlives its sessions; leaving its context ends it."""

    def _exchange(self, request: requests.PreparedRequest) -> requests.Response:
        parts = urlsplit(str(request.url))
        self.seen.append(f"{request.method} {parts.path}" + (f"?{parts.query}" if parts.query else ""))
        answers: queue.Queue[Message | None] = queue.Queue()
        gone = asyncio.Event()
        call = self._call(_scope(request), _pieces(request.body), answers, gone)
        self._calls.append(asyncio.run_coroutine_threadsafe(call, self._loop))
        start = answers.get(timeout=PATIENCE)
        if start is None:
            raise AssertionError(f"the app died before it answered {self.seen[-1]}") from self.crashes[-1]
        raw = HTTPResponse(
            body=io.BufferedReader(_Body(answers, lambda: self._hang_up(gone))),
            headers=HTTPHeaderDict(
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]
            ),
            status=start["status"],
            reason=HTTPStatus(start["status"]).phrase,
            preload_content=False,
            request_method=request.method,
        )
        return HTTPAdapter().build_response(request, raw)

    def _hang_up(self, gone: asyncio.Event) -> None:
        if not self._loop.is_closed():  # an answer may be left open for longer than the app lives
            self._loop.call_soon_threadsafe(gone.set)

    async def _call(
        self, scope: Message, body: Iterator[bytes], answers: "queue.Queue[Message | None]", gone: asyncio.Event
    ) -> None:
        whole = False

        async def receive() -> Message:
            nonlocal whole
            if whole:
                await gone.wait()
                return {"type": "http.disconnect"}
            piece = next(body, b"")
            whole = not piece
            return {"type": "http.request", "body": piece, "more_body": not whole}

        async def send(message: Message) -> None:
            answers.put(message)

        try:
            await self.app(scope, receive, send)
        except Exception as crash:  # noqa: BLE001 - a server's boundary: it would log whatever the app raises
            self.crashes.append(crash)
        finally:
            answers.put(None)

    async def _live(self) -> None:
        async def send(message: Message) -> None:
            self._from_lifespan.put(message)

        await self.app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, self._to_lifespan.get, send)

    def _tell_lifespan(self, event: str) -> None:
        self._loop.call_soon_threadsafe(self._to_lifespan.put_nowait, {"type": f"lifespan.{event}"})
        answer = self._from_lifespan.get(timeout=PATIENCE)
        if answer["type"] != f"lifespan.{event}.complete":
            raise AssertionError(f"the app failed at {event}: {answer.get('message')}")


class _Body(io.RawIOBase):
    """An answer's body as it is sent; closing it early tells the app that the client is gone."""

    def __init__(self, answers: "queue.Queue[Message | None]", hang_up: Callable[[], object]) -> None:
        self._answers = answers
        self._hang_up = hang_up
        self._rest = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest and not self._ended:
            message = self._answers.get(timeout=PATIENCE)
            self._rest = message.get("body", b"") if message else b""
            self._ended = message is None or not message.get("more_body", False)
        taken, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def close(self) -> None:
        if not self.closed:
            self._hang_up()
        super().close()


def _scope(request: requests.PreparedRequest) -> Message:
    parts = urlsplit(str(request.url))
    headers = {"Host": parts.netloc, **request.headers}
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": parts.scheme,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "root_path": "",
        "query_string": parts.query.encode(),
        "headers": [(name.lower().encode(), _as_bytes(value)) for name, value in headers.items()],
        "client": ("127.0.0.1", 50000),
        "server": (parts.hostname, parts.port or 80),
    }


def _pieces(body: Any) -> Iterator[bytes]:
    if body is None:
        return iter(())
    if isinstance(body, str | bytes):
        return iter([_as_bytes(body)])
    pieces: Iterable[bytes] = body
    return iter(pieces)


def _as_bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
