"""Run the service: hold the state folder, listen, tell where, and stop when asked or idle."""

import asyncio
import json
import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn
from filelock import FileLock, Timeout

from fused_spec.configuration.engine_choice import EngineChoice
from fused_spec.errors import FusedSpecError, Locked
from fused_spec.service.app import create_app
from fused_spec.service.http.connection import Connection
from fused_spec.service.http.gate import LOOPBACK
from fused_spec.service.routes.context import BASE_PATH, Service
from fused_spec.service.state.folder import LOCK_FILE, open_state, read_private
from fused_spec.service.state.launch import ADDRESS_FILE, TOKEN_FILE, ServiceAddress, default_storage
from fused_spec.service.state.private_file import write_private

_SHORTEST_TOKEN = 32
_LOCK_SECONDS = 0.5  # clients that look whether it is held have it for a moment
_OTHER_STATE = "end that process, or give another --state"
_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104  # recognised, not bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`idle`: seconds without work, enabled schedules or requests after which the service stops; None never.

    `by_flag` names which of engine and storage a person chose with a flag; jobs may write to `allow_write`.
    """

    state: Path
    host: str = "127.0.0.1"
    port: int = 0
    idle: float | None = None
    engine: EngineChoice | None = None
    storage: str | None = None
    by_flag: tuple[str, ...] = ()
    allow_write: tuple[Path, ...] = ()


def serve(options: Options, announce: Callable[[ServiceAddress], None] | None = None) -> None:
    """Serve until a signal or idleness ends it; `announce` hears the address once it is listening.

    Raises `Locked` when another service has the state folder, and `FusedSpecError` when the address cannot be had or
    the state cannot be used. Running jobs go on after the end, and the next service takes them up.
    """
    with _told(options.state):
        open_state(options.state)
    with _held(options.state), _listening(options.host, options.port) as listener:
        host, port = listener.getsockname()[:2]
        with _told(options.state):
            token = _token(options.state)
        address = ServiceAddress(
            url=_url(host, port),
            token=token,
            pid=os.getpid(),
            engine=str(options.engine or EngineChoice()),
            storage=options.storage or default_storage(options.state),
            by_flag=options.by_flag,
        )
        asyncio.run(_Server(options, address, announce).run(listener))


class _Http(uvicorn.Server):
    """Leaves at a signal as at any other end, where uvicorn would raise it again and cut the clean-up short."""

    def stop_at_signals(self) -> None:
        """Take SIGINT and SIGTERM as the wish to stop, from now on."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._leave)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def _leave(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


@dataclass(slots=True)
class _Server:
    options: Options
    address: ServiceAddress
    announce: Callable[[ServiceAddress], None] | None
    last_request: float = field(default_factory=time.monotonic)

    async def run(self, listener: socket.socket) -> None:
        hosts = None if self.options.host in _WILDCARDS else LOOPBACK | {self.options.host}
        app = create_app(
            self.options.state,
            self.address.token,
            hosts=hosts,
            on_request=self._note,
            engine=self.options.engine,
            storage=self.options.storage,
            allow_write=self.options.allow_write,
        )
        server = _Http(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                proxy_headers=False,  # what such a header says is nothing to build signed URLs from
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=5,
                lifespan="off",  # entered here, so that what it raises is told as it is
            )
        )
        server.stop_at_signals()
        async with app.router.lifespan_context(app):
            path = self.options.state / ADDRESS_FILE
            write_private(path, json.dumps(self.address.as_json()))
            if self.announce is not None:
                self.announce(self.address)
            watch = asyncio.create_task(self._stop_when_idle(server, app.state.service))
            try:
                await server.serve(sockets=[listener])
            finally:
                watch.cancel()
                path.unlink(missing_ok=True)

    def _note(self) -> None:
        self.last_request = time.monotonic()

    async def _stop_when_idle(self, server: uvicorn.Server, service: Service) -> None:
        if self.options.idle is None:
            return
        self._note()  # to get here took some of the time
        while True:
            if not service.supervisor.is_idle or service.schedules.are_waiting:
                self._note()
            left = self.last_request + self.options.idle - time.monotonic()
            if left <= 0:
                server.should_exit = True
                return
            await asyncio.sleep(min(left, 1.0))


@contextmanager
def _held(state: Path) -> Iterator[None]:
    """One service for a state folder."""
    lock = FileLock(state / LOCK_FILE, timeout=_LOCK_SECONDS, poll_interval=0.02, mode=0o600)
    try:
        with _told(state):
            lock.acquire()
    except Timeout:
        raise Locked(f"another service{_holder(state)} already uses {state}", hint=_OTHER_STATE) from None
    with lock:
        yield


def _holder(state: Path) -> str:
    """Which process that is, when it listens already."""
    try:
        return f" (process {int(json.loads((state / ADDRESS_FILE).read_text(encoding='utf-8'))['pid'])})"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family)
    except OSError as error:
        raise FusedSpecError(
            f"cannot listen on {host} port {port}: {_why(error)}",
            hint="--port 0 takes any free port" if port else "look at --host",
        ) from None
    with listener:
        # Connections inherit it; asyncio sets it by itself only where the protocol is named. Without it, every answer
        # on a kept connection waits 40 ms for the other side's acknowledgement.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield listener


def _why(error: OSError) -> str:
    """In the system's words; asyncio's own repeat the address."""
    return os.strerror(error.errno) if error.errno and error.errno > 0 else str(error.strerror or error)


def _url(host: str, port: int) -> str:
    reachable = "127.0.0.1" if host in _WILDCARDS else host
    return f"http://{f'[{reachable}]' if ':' in reachable else reachable}:{port}{BASE_PATH}"


def _token(state: Path) -> str:
    """The token of this state folder, made once, so that clients stay pointed at it over a restart."""
    path = state / TOKEN_FILE
    known = (read_private(path) or "").strip()
    if len(known) >= _SHORTEST_TOKEN:  # an empty one would let everybody in
        return known
    token = secrets.token_urlsafe(32)
    write_private(path, token)
    return token


@contextmanager
def _told(state: Path) -> Iterator[None]:
    """Say what is wrong with a state folder."""
    try:
        yield
    except Timeout:  # an OSError by descent only
        raise
    except OSError as error:
        raise FusedSpecError(
            f"the state folder {state} cannot be used: {error.strerror or error}",
            hint="it must be a folder that you can write to; give another --state",
        ) from None
