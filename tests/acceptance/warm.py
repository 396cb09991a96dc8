"""The command without its start: a process that has imported it once, and forks for each command line.

An interpreter that imports the command anew takes half a second, a fork some milliseconds. The child is a process like
any other, with the folder, variables and streams that it is given, and ends as the interpreter ends. What a start is
about (what is imported, closed streams, signals meanwhile) is tested with the installed command.
"""

import atexit
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import IO, ClassVar

from fused_spec.service.state import launch
from tests.acceptance import forked
from tests.waiting import PATIENCE

ROOMS = ("api", "cli", "configuration", "messages", "plan", "reconcile", "spec", "udfs", "views")
_AT_START = ("LANG", "LC_", "PYTHON", "TZ", "COVERAGE_")
"""What an interpreter and its library read only when they start."""
_SERVE = "serve"
_REPOSITORY = Path(__file__).parents[2]
_HEAD = struct.Struct("!I")
_STREAMS = 3


class Running:
    """A command that goes on."""

    def __init__(self, told: socket.socket) -> None:
        self._told = told
        self._told.settimeout(PATIENCE)
        self.returncode: int | None = None
        self.pid = self._number()

    def wait(self) -> int:
        """Its exit code, once it has ended, which is negative for a signal."""
        if self.returncode is None:
            with self._told:
                self.returncode = self._number()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def _number(self) -> int:
        answer = self._told.recv(64)
        assert answer, "the process that runs the commands is gone"
        return int(answer)


class Warm:
    """Runs command lines; there is one for each kind of start."""

    _known: ClassVar[dict[frozenset[tuple[str, str]], "Warm"]] = {}

    @classmethod
    def of(cls, env: Mapping[str, str]) -> "Warm":
        """The one for commands in this environment."""
        start = {name: value for name, value in env.items() if name.startswith(_AT_START)}
        key = frozenset(start.items())
        if key not in cls._known:
            cls._known[key] = cls({**start, "PATH": os.environ["PATH"]})
        return cls._known[key]

    @classmethod
    def close_all(cls) -> None:
        while cls._known:
            cls._known.popitem()[1]._close()

    def __init__(self, env: Mapping[str, str]) -> None:
        self._asking = threading.Lock()
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd=_REPOSITORY,
                env=env,
                pass_fds=[theirs.fileno()],
            )

    def run(
        self,
        arguments: tuple[str, ...],
        *,
        folder: Path,
        env: Mapping[str, str],
        streams: tuple[IO[bytes], IO[bytes], IO[bytes]],
    ) -> int:
        """Run the command to its end; its exit code, which is negative for a signal."""
        return self.start(arguments, folder=folder, env=env, streams=streams).wait()

    def start(
        self,
        arguments: tuple[str, ...],
        *,
        folder: Path,
        env: Mapping[str, str],
        streams: tuple[IO[bytes], IO[bytes], IO[bytes]],
    ) -> "Running":
        """The command, left running."""
        content = json.dumps({"arguments": arguments, "folder": str(folder), "env": dict(env)}).encode()
        ours, theirs = forked.new_line()
        with theirs, self._asking:
            fds = [*(stream.fileno() for stream in streams), theirs.fileno()]
            socket.send_fds(self._line, [_HEAD.pack(len(content))], fds)
            self._line.sendall(content)
        return Running(ours)

    def _close(self) -> None:
        self._line.close()
        self._process.kill()  # the end of its input may not reach it: what the tests fork has the line, too
        self._process.wait()


atexit.register(Warm.close_all)


def serve(line: socket.socket) -> None:
    """Fork for each command line that comes, until nobody sends any."""
    for name in ROOMS:
        room = importlib.import_module(f"fused_spec.{name}")
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    launch.subprocess = SimpleNamespace(Popen=forked.Service, DEVNULL=subprocess.DEVNULL)  # type: ignore[assignment]
    gc.collect()
    gc.freeze()  # so that no child copies what it shares by merely looking at it
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # only there to wake the loop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests
    running: dict[int, socket.socket] = {}
    services, for_services = forked.new_line()

    def leave() -> None:
        """Let the child that was just forked have nothing of this process."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        own = (line, services, *running.values())
        for descriptor in (wake_read, wake_write, *(one.detach() for one in own)):
            os.close(descriptor)

    while True:
        readable, _, _ = select.select([line, services, wake_read], [], [])
        if wake_read in readable:
            os.read(wake_read, 4096)
            for pid, code in _ended():
                with running.pop(pid) as asker, suppress(OSError):  # it may no longer wait
                    asker.sendall(str(code).encode())
        if services in readable and (asked := forked.received(services)):
            _import_the_service()
            start, (*streams, asker_fd) = asked
            if (pid := os.fork()) == 0:
                leave()
                for descriptor in (for_services.detach(), asker_fd):
                    os.close(descriptor)
                forked.serve(start, streams)
            for stream in streams:
                os.close(stream)
            running[pid] = socket.socket(fileno=asker_fd)
            running[pid].sendall(str(pid).encode())
        if line in readable:
            head, fds, _, _ = socket.recv_fds(line, _HEAD.size, _STREAMS + 1)
            if not head:
                return
            request = json.loads(_read(line, *_HEAD.unpack(head)))
            if request["arguments"][:1] == [_SERVE]:
                _import_the_service()
            if (pid := os.fork()) == 0:
                leave()
                forked.Service.line = for_services
                for number, stream in enumerate(fds[:_STREAMS]):
                    os.dup2(stream, number)
                for stream in fds:
                    os.close(stream)
                _become(**request)
            for stream in fds[:_STREAMS]:
                os.close(stream)
            running[pid] = socket.socket(fileno=fds[-1])
            running[pid].sendall(str(pid).encode())


def _become(arguments: list[str], folder: str, env: dict[str, str]) -> None:
    """Be the command, to its end."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.path[0] = str(Path(sys.executable).parent)
    sys.argv = [str(Path(sys.executable).with_name("fused-spec")), *arguments]
    if arguments[:1] == [_SERVE]:
        forked.have_a_forkserver()
        # What it says is read from a pipe, and the stream that there is takes itself for one of a file.
        sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    from fused_spec.__main__ import main

    forked.end(main)


def _import_the_service() -> None:
    """What services and their forkservers import at their starts, when the first is asked for."""
    for module in (f"{forked.SERVICE}.__main__", forked.FORKSERVER):
        importlib.import_module(module)
    sys.modules[forked.FORKSERVER].preload()


def _ended() -> Iterator[tuple[int, int]]:
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            yield ended[0], os.waitstatus_to_exitcode(ended[1])


def _read(line: socket.socket, size: int) -> bytes:
    content = b""
    while len(content) < size:
        content += line.recv(size - len(content))
    return content


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
