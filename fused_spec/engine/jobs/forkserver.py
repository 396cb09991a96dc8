"""Fork a worker for each job from a process that has imported geopandas once.

A cold import takes most of a second, a fork some milliseconds. Commands come as JSON lines on standard input and
answers go out as such: `{"run": "<job folder>"}` has `{"started", "pid"}`, and later `{"exited", "pid", "code"}`.
At the end of input the server leaves; its workers go on by themselves.
"""

import gc
import importlib
import importlib.util
import json
import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from fused_spec.engine.jobs import worker
from fused_spec.engine.processes.family import adopt_orphans, children, kill
from fused_spec.engine.processes.forking import fork
from fused_spec.jobs.folder import JobDir
from fused_spec.wire import JobConfig

# What nearly every job needs. The threads that it starts on import (of OpenBLAS and jemalloc) are made anew by these
# libraries after a fork.
_PRELOADED = (
    "pyarrow.parquet",
    "geopandas",
    "fused_spec.engine.jobs.choosing",
    "fused_spec.engine.jobs.steps",
    "fused_spec.udfs.gitrefs",
)
_PRELOADED_IF_INSTALLED = ("fused",)  # seconds


def serve() -> None:
    """Answer commands until the input ends."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # only there to wake the loop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which closes the input
    os.chdir("/")  # what is named relative to this process, or to a worker, is nothing of the service's
    adopt_orphans()
    _tell(ready=True, pid=os.getpid())
    preload()

    running: dict[int, str] = {}
    commands = _Commands()
    while True:
        readable, _, _ = select.select([sys.stdin.fileno(), wake_read], [], [])
        if wake_read in readable:
            os.read(wake_read, 4096)
            _tell_exits(running)
        if sys.stdin.fileno() in readable:
            content = os.read(sys.stdin.fileno(), 65536)
            if not content:
                return
            for command in commands.feed(content):
                running[_fork(Path(command["run"]), wake_read, wake_write)] = command["run"]


def preload() -> None:
    """Import and build what each job would otherwise do for itself."""
    for module in (*_PRELOADED, *filter(importlib.util.find_spec, _PRELOADED_IF_INSTALLED)):
        importlib.import_module(module)
    JobConfig.model_rebuild()  # its validator, which is else made at its first use
    gc.collect()
    gc.freeze()  # so that workers never copy what they share by merely looking at it


class _Commands:
    """Bytes in, whole JSON lines out."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, content: bytes) -> list[dict[str, Any]]:
        *lines, self._rest = (self._rest + content).split(b"\n")
        return [json.loads(line) for line in lines if line.strip()]


def _fork(path: Path, *own: int) -> int:
    pid = fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        for pipe in own:
            os.close(pipe)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        worker.run_and_exit(JobDir(path))
    _tell(started=str(path), pid=pid)
    return pid


def _tell_exits(running: dict[int, str]) -> None:
    """Tell which workers ended, once what a dead one left behind, and this process adopted, is killed."""
    ended = list(_waited_for())
    kill(set(children(os.getpid())) - running.keys())
    for pid, status in ended:
        if pid in running:
            _tell(exited=running.pop(pid), pid=pid, code=os.waitstatus_to_exitcode(status))


def _waited_for() -> Iterator[tuple[int, int]]:
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
            yield ended


def _tell(**answer: Any) -> None:
    os.write(sys.stdout.fileno(), json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    serve()
