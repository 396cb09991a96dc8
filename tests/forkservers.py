"""One forkserver for all services of a test process: each of its own would import geopandas again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import pytest

from fused_spec.service.workers import forkserver
from tests.waiting import until

Ended = Callable[[int], None]


class _Process:
    """A forkserver that outlives the services; each worker's end is told to whoever asked for the worker."""

    def __init__(self, env: dict[str, str]) -> None:
        self._awaited: dict[str, Ended] = {}
        self._pids: dict[str, int] = {}
        self._popen = subprocess.Popen(
            [sys.executable, "-P", "-m", "fused_spec.engine.jobs.forkserver"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=env,
            cwd="/",
        )
        threading.Thread(target=self._listen, name="forkserver", daemon=True).start()

    def run(self, folder: str, ended: Ended) -> None:
        assert self._popen.stdin is not None
        self._awaited[folder] = ended
        self._popen.stdin.write(json.dumps({"run": folder}).encode() + b"\n")
        self._popen.stdin.flush()

    def end_workers(self) -> None:
        """Kill those that go on, each of which would be looked after to the end of all tests."""
        until(self._is_idle, "the workers end")

    def _is_idle(self) -> bool:
        for folder in list(self._awaited):
            if folder in self._pids:  # else it is just being started
                with suppress(ProcessLookupError):
                    os.kill(self._pids.pop(folder), signal.SIGKILL)
        return not self._awaited

    def close(self) -> None:
        assert self._popen.stdin is not None
        self._popen.stdin.close()
        self._popen.wait()

    def _listen(self) -> None:
        assert self._popen.stdout is not None
        with self._popen.stdout as answers:
            for line in answers:
                answer = json.loads(line)
                if "started" in answer:
                    self._pids[answer["started"]] = answer["pid"]
                if "exited" in answer:
                    self._pids.pop(answer["exited"], None)
                    self._awaited.pop(answer["exited"])(int(answer["code"]))


class Shared(forkserver.Forkserver):
    """What a service takes for its own; there is one for each environment in which workers run."""

    processes: ClassVar[dict[frozenset[tuple[str, str]], _Process]] = {}

    async def start(self) -> None:
        if self._python is not None:
            await super().start()
            return
        env = forkserver._environment(self._storage)
        env.pop("PYTEST_CURRENT_TEST", None)
        self._shared = self.processes.get(frozenset(env.items())) or _Process(env)
        self.processes[frozenset(env.items())] = self._shared

    async def run(self, folder: Path) -> None:
        if self._python is not None:
            await super().run(folder)
            return
        await self.start()
        loop = asyncio.get_running_loop()

        def ended(code: int) -> None:
            with suppress(RuntimeError):  # the service may be gone
                loop.call_soon_threadsafe(self._on_exit, folder, code)

        self._shared.run(os.fspath(folder), ended)

    @property
    def is_up(self) -> bool:
        return super().is_up if self._python is not None else hasattr(self, "_shared")

    @classmethod
    def end_workers(cls) -> None:
        for process in cls.processes.values():
            process.end_workers()

    @classmethod
    def close_all(cls) -> None:
        while cls.processes:
            cls.processes.popitem()[1].close()


@pytest.fixture(scope="package", autouse=True)
def shared_forkserver() -> Iterator[None]:
    """All services of the package's tests share it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forkserver, "Forkserver", Shared)
        yield
    Shared.close_all()


@pytest.fixture(autouse=True)
def no_worker_goes_on() -> Iterator[None]:
    yield
    Shared.end_workers()
