"""A real HTTP server on loopback that answers as told, well or badly, and remembers what it was asked."""

import json
import socket
import struct
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Loopback:
    """`on("GET /health", reply, …)` gives the replies of a route in order; the last one is repeated."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._replies: dict[str, deque[Reply]] = defaultdict(deque)
        self.stopping = threading.Event()
        loopback = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                """Tests look at `seen`."""

            def _answer(self) -> None:
                loopback._handle(self)

            do_GET = do_POST = do_PUT = do_DELETE = _answer

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"{self.host}/server/v1"

    @property
    def calls(self) -> list[str]:
        return [f"{seen.method} {seen.target.removeprefix('/server/v1')}" for seen in self.seen]

    def on(self, route: str, *replies: Reply) -> None:
        """`route` is `METHOD /path`, below the base path or (`METHOD //path`) below the host."""
        self._replies[route].extend(replies)

    def _handle(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        seen = Seen(method=handler.command, target=handler.path, headers=dict(handler.headers), body=body)
        self.seen.append(seen)
        path = handler.path.partition("?")[0]
        inside = path.startswith("/server/v1/")
        replies = self._replies[f"{handler.command} {path.removeprefix('/server/v1') if inside else '/' + path}"]
        if not replies:
            says({"detail": f"no reply for {handler.command} {path}"}, status=404)(handler)
        else:
            (replies.popleft() if len(replies) > 1 else replies[0])(handler)


def raw(body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A complete answer with this body."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return reply


def says(content: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """A complete answer with this JSON."""
    return raw(
        json.dumps(content).encode(), status=status, headers={"Content-Type": "application/json", **(headers or {})}
    )


def leads_to(url: str, *, status: int = 307) -> Reply:
    """A redirect."""
    return raw(b"", status=status, headers={"Location": url})


def resets(handler: BaseHTTPRequestHandler) -> None:
    """Reset the connection in place of an answer."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.rfile.close()
    handler.wfile.close()
    handler.connection.close()


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    """Announce more bytes than come."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"[1, 2")
    handler.close_connection = True


def drips(server: Loopback, *, after: bytes) -> Reply:
    """Send `after`, then one byte every 20 ms for ever: never silent, never whole."""

    def reply(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        try:
            handler.wfile.write(after)
            while not server.stopping.wait(0.02):
                handler.wfile.write(b"a")
        except OSError:
            return  # the client left, which is what the test is about

    return reply
