"""The service's side of the engine's forkserver: ask for workers, hear when they end.

The engine is reached by command line only. Its processes get this machine's environment without anything that could
be a credential: a job has what its own `additional_env` gives it.
"""

import asyncio
import json
import os
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

from fused_spec.configuration.storage_url import storage_variables
from fused_spec.messages.redaction import without_secrets

_LONGEST_LINE = 1024 * 1024
_IDLE_SECONDS = 300.0
_PACKAGE = Path(__file__).parents[2]


class Forkserver:
    """Starts the process when it is first needed, and again when it was lost.

    `on_exit(folder, exit code)` is called for every worker that ended; `python` is the one that runs them, of an
    environment that has what the engine needs but not this package, or the service's own; the variables that
    `storage` needs stay in the environment.
    """

    def __init__(self, on_exit: Callable[[Path, int], None], python: Path | None = None, storage: str = "") -> None:
        self._on_exit = on_exit
        self._python = python
        self._storage = storage
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    async def start(self) -> None:
        """Have the process up, so that its imports are done before the first job comes.

        That job may come while it is being started, and must not start another: nobody would end the first.
        """
        async with self._starting:
            await self._start()

    async def _start(self) -> None:
        if self._process is not None and self._process.returncode is None:
            return
        self._process = await asyncio.create_subprocess_exec(
            self._python or sys.executable,
            "-P",  # its folder has no modules
            "-m",
            "fused_spec.engine.jobs.forkserver",
            stdin=PIPE,
            stdout=PIPE,
            stderr=None if _has_stderr() else DEVNULL,
            env={**_environment(self._storage), **({} if self._python is None else _with_package(self._python))},
            limit=_LONGEST_LINE,
            cwd="/",
            start_new_session=True,  # Ctrl-C in the service's terminal is not for the jobs
        )
        self._reader = asyncio.create_task(self._listen(self._process))

    async def run(self, folder: Path) -> None:
        """Ask for a worker; the job's own events tell when it runs."""
        await self.start()
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps({"run": str(folder)}).encode() + b"\n")
        await self._process.stdin.drain()

    async def close(self) -> None:
        """End the process; workers go on without it."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        if self._reader is not None:
            await self._reader

    @property
    def is_up(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def _listen(self, process: Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            answer: dict[str, Any] = json.loads(line)
            if "exited" in answer:
                self._on_exit(Path(answer["exited"]), int(answer["code"]))
        await process.wait()


class Forkservers:
    """One for each environment that is in use."""

    def __init__(self, on_exit: Callable[[Path, int], None], storage: str) -> None:
        self._on_exit = on_exit
        self._storage = storage
        self._known: dict[Path | None, Forkserver] = {}
        self._used: dict[Path | None, float] = {}

    def of(self, python: Path | None) -> Forkserver:
        """That of an environment, which may not be up; None is the service's own."""
        self._used[python] = time.monotonic()
        if python not in self._known:
            self._known[python] = Forkserver(self._on_exit, python, self._storage)
        return self._known[python]

    async def close_idle(self, in_use: Collection[Path | None]) -> None:
        """End those of images that nobody needed for a while."""
        now = time.monotonic()
        self._used.update(dict.fromkeys(in_use, now))
        for python in [python for python, at in self._used.items() if python and now - at > _IDLE_SECONDS]:
            del self._used[python]
            await self._known.pop(python).close()

    async def close(self) -> None:
        for forkserver in self._known.values():
            await forkserver.close()


def _with_package(python: Path) -> dict[str, str]:
    """Let an environment find this package, and nothing that is installed beside it, by a link of its own."""
    folder = python.parent.parent / "fused-spec"
    folder.mkdir(exist_ok=True)
    link, draft = folder / "fused_spec", folder / f"draft-{os.getpid()}"
    draft.symlink_to(_PACKAGE)
    draft.replace(link)
    return {"PYTHONPATH": str(folder), "VIRTUAL_ENV": str(python.parent.parent)}


def _environment(storage: str) -> dict[str, str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith("FUSED_SPEC_")}
    return {**without_secrets(known), **storage_variables(storage, known)}


def _has_stderr() -> bool:
    return sys.stderr is not None
