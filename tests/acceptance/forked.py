"""The service and the engine without their starts: forked from a process that has imported them once.

A command that starts the local service asks the process that it was forked from for one. A service that starts the
engine's forkserver, and `serve`, hands the work to a child that it has had from its beginning, since it has threads by
then. Each is
a process with a number, a session, streams and variables like one that was started, and ends like it. All else is
started: the forkserver of an image, one in the place of a lost one, and whatever an installed command starts.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, ClassVar, NoReturn

SERVICE = "fused_spec.service"
FORKSERVER = "fused_spec.engine.jobs.forkserver"
_LONGEST = 1024 * 1024
_STREAMS = 3


@dataclass(frozen=True, kw_only=True)
class Start:
    """What a process is started with, but for its streams."""

    arguments: list[str]
    env: dict[str, str]
    folder: str
    has_own_session: bool

    def send(self, line: socket.socket, fds: list[int]) -> None:
        socket.send_fds(line, [json.dumps(asdict(self)).encode()], fds)

    def become(self, streams: list[int]) -> None:
        """Have this process be as one that was started so."""
        if self.has_own_session:
            os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        for stream in streams:
            os.close(stream)
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.env)


def new_line() -> tuple[socket.socket, socket.socket]:
    """Two ends for whole messages, of any number of senders."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def received(line: socket.socket) -> tuple[Start, list[int]] | None:
    """The next start that was sent and the descriptors with it; None when nobody can send any more."""
    content, fds, _, _ = socket.recv_fds(line, _LONGEST, _STREAMS + 1)
    return (Start(**json.loads(content)), fds) if content else None


class Service:
    """In the place of `Popen`, for the service that a command starts."""

    line: ClassVar[socket.socket]
    """Where to ask for one."""

    def __init__(
        self,
        command: list[str],
        *,
        stdin: int,
        stdout: IO[bytes],
        stderr: IO[bytes],
        start_new_session: bool,
        cwd: str,
        env: dict[str, str],
    ) -> None:
        assert command[:4] == [sys.executable, "-P", "-m", SERVICE]
        start = Start(arguments=command[4:], env=env, folder=cwd, has_own_session=start_new_session)
        self.returncode: int | None = None
        self._told, theirs = new_line()
        with theirs, Path(os.devnull).open("rb") as nothing:
            start.send(self.line, [nothing.fileno(), stdout.fileno(), stderr.fileno(), theirs.fileno()])
        self.pid = int(self._told.recv(64))
        self._told.setblocking(False)

    def poll(self) -> int | None:
        with suppress(BlockingIOError):
            self.returncode = int(self._told.recv(64))
        return self.returncode

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def serve(start: Start, streams: list[int]) -> NoReturn:
    """Be the service, with a child that becomes its forkserver."""
    start.become(streams)
    del sys.path[0]  # as with -P
    have_a_forkserver()
    from fused_spec.service.__main__ import main

    sys.argv[1:] = start.arguments
    end(main)


def have_a_forkserver() -> None:
    """Before there is a thread: a child that becomes the forkserver of the service that this process will be."""
    line, theirs = new_line()
    if (child := os.fork()) == 0:
        line.close()
        _wait_to_be_the_forkserver(theirs)
    theirs.close()
    _hand_over_to(child, line)


def end(main: Callable[[], Any]) -> NoReturn:
    """Run it and end as the interpreter ends, but for taking each module apart, which would copy all that is shared."""
    try:
        code = main()
    except SystemExit as ending:
        code = ending.code
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(code or 0))


def _wait_to_be_the_forkserver(line: socket.socket) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if (handed_over := received(line)) is None:
        os._exit(0)  # the service is gone
    line.close()
    start, streams = handed_over
    start.become(streams)
    from fused_spec.engine.jobs.forkserver import serve as serve_jobs

    end(serve_jobs)


def _hand_over_to(child: int, line: socket.socket) -> None:
    """Where this process would start its first forkserver, let the child be it."""
    real: Any = subprocess._fork_exec  # type: ignore[attr-defined]  # below all that asyncio starts

    def fork_exec(*given: Any) -> int:
        arguments = [os.fsdecode(one) for one in given[0]]
        if arguments != [sys.executable, "-P", "-m", FORKSERVER]:
            return int(real(*given))
        subprocess._fork_exec = real  # type: ignore[attr-defined]
        start = Start(
            arguments=[],
            env=dict(os.fsdecode(pair).split("=", 1) for pair in given[5]),
            folder=os.fsdecode(given[4]),
            has_own_session=bool(given[15]),
        )
        pipes = (given[6], given[9], given[11])
        with line:
            start.send(line, [number if pipe < 0 else pipe for number, pipe in enumerate(pipes)])
        return child

    subprocess._fork_exec = fork_exec  # type: ignore[attr-defined]
