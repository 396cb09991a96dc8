"""A proxy in front of a real service that loses requests and answers, breaks connections and is slow, by a seed."""

import http.client
import random
import socket
import threading
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.waiting import PATIENCE

_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"})


class Answered(NamedTuple):
    """What the service answered."""

    status: int
    headers: list[tuple[str, str]]
    content: bytes


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is killed leaves connections that end in the middle: that is what this is for."""


class FaultyProxy:
    """Stands between a client and `upstream`; `trouble` is the share of requests that something happens to.

    With `loses_starts` no POST `/run` arrives.

    `on_start` is called with what happens to each POST `/run`: `sent`, when the service has answered and the client
    knows nothing of it, and `arrived` before the request reaches the service.
    """

    def __init__(self, upstream: str, seed: int) -> None:
        parts = urlsplit(upstream)
        self.trouble = 0.0
        self.loses_starts = False
        self.on_start: Callable[[str], None] = lambda when: None
        self._address = (str(parts.hostname), int(parts.port or 80))
        self._random = random.Random(seed)  # it must be repeatable, not secret
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{parts.path}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fault(self) -> str:
        """What happens to the next request."""
        with self._lock:
            if self._random.random() >= self.trouble:
                return "none"
            return self._random.choice(["lost", "answer lost", "503", "502 after", "slow", "cut"])

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> "Answered":
        host, port = self._address
        with closing(http.client.HTTPConnection(host, port, timeout=PATIENCE)) as connection:
            connection.request(method, path, body=body or None, headers={**headers, "Host": f"{host}:{port}"})
            answer = connection.getresponse()
            return Answered(answer.status, answer.getheaders(), answer.read())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: object) -> None:  # the base class's name
                """Say nothing."""

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                starts = self.command == "POST" and urlsplit(self.path).path.endswith("/run")
                fault = "lost" if starts and proxy.loses_starts else proxy.fault()
                if starts:
                    proxy.on_start("arrived")
                if fault == "slow":
                    threading.Event().wait(0.2)
                if fault == "lost":
                    self.hang_up()
                    return
                if fault == "503":
                    self.reply(503, {"Retry-After": "0"}, b'{"detail": "not now"}')
                    return
                headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP | {"host"}}
                try:
                    found = proxy.forward(self.command, self.path, headers, body)
                except OSError:
                    self.hang_up()
                    return
                if starts:
                    proxy.on_start("sent")
                if fault == "answer lost":
                    self.hang_up()
                elif fault == "502 after":
                    self.reply(502, {}, b"bad gateway")
                else:
                    kept = {name: value for name, value in found.headers if name.lower() not in _HOP}
                    self.reply(found.status, kept, found.content, cut=fault == "cut")

            do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = answer

            def reply(self, status: int, headers: dict[str, str], content: bytes, *, cut: bool = False) -> None:
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    if cut:
                        self.wfile.write(content[: len(content) // 2])
                        self.hang_up()
                    else:
                        self.wfile.write(content)
                except OSError:
                    self.close_connection = True

            def hang_up(self) -> None:
                self.close_connection = True
                try:
                    self.connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    """It was closed before."""

        return Handler
