"""Run the installed command as a user does: a process, a folder, an environment without surprises."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.acceptance.warm import Running, Warm
from tests.waiting import PATIENCE

COMMAND = Path(sys.executable).with_name("fused-spec")
_KEPT = {"PATH", "LANG", "TMPDIR", "VIRTUAL_ENV"}


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)


class Service:
    """A service in the foreground, in the form of `Popen`."""

    def __init__(self, running: Running, stderr: IO[str]) -> None:
        self._running = running
        self.stderr = stderr
        self.pid = running.pid
        self.wait = running.wait
        self.send_signal = running.send_signal

    @property
    def returncode(self) -> int | None:
        return self._running.returncode

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self) -> str:
        """What else it says, to its end."""
        said = self.stderr.read()
        self.stderr.close()
        self.wait()
        return said


@dataclass(frozen=True, kw_only=True)
class Shell:
    """Runs `fused-spec` in a folder; the home folder is empty, so no credentials are found."""

    folder: Path
    home: Path

    def run(self, *arguments: str, stdin: str = "", **env: str) -> Ended:
        """The command, run to its end."""
        code, out, err = self.read(*arguments, stdin=stdin.encode(), **env)
        return Ended(code=code, out=out.decode(), err=err.decode())

    def read(self, *arguments: str, stdin: bytes = b"", **env: str) -> tuple[int, bytes, bytes]:
        """The same to the byte: the exit code, and both streams."""
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            given.write(stdin)
            given.seek(0)
            everything = self.env(**env)
            code = Warm.of(everything).run(arguments, folder=self.folder, env=everything, streams=(given, out, err))
            out.seek(0)
            err.seek(0)
            return code, out.read(), err.read()

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """The command, left running; its output can be read line by line from stderr."""
        return subprocess.Popen(
            [COMMAND, *arguments],
            cwd=self.folder,
            env=self.env(PYTHONUNBUFFERED="1"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def serve(self, state: str, *options: str, **env: str) -> "Service":
        """The service in the foreground; what it says can be read line by line from stderr."""
        read, write = os.pipe()
        everything = self.env(**env)
        with Path(os.devnull).open("r+b") as nothing, os.fdopen(write, "wb") as err:
            running = Warm.of(everything).start(
                ("serve", "--state", state, *options),
                folder=self.folder,
                env=everything,
                streams=(nothing, nothing, err),
            )
        return Service(running, os.fdopen(read, encoding="utf-8"))

    def env(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith("COVERAGE_")}
        return {**kept, "HOME": str(self.home), **more}

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def service(self) -> dict[str, Any]:
        """What the local service wrote of itself."""
        content: dict[str, Any] = json.loads((self.folder / ".fused-spec/service/service.json").read_text("utf-8"))
        return content

    def stop_service(self) -> None:
        """Stop the folder's local service, if it has one."""
        import psutil

        if (self.folder / ".fused-spec/service/service.json").exists():
            process = psutil.Process(self.service["pid"])
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)

    def forget_history(self) -> None:
        """Have the local service forget every run, as a service that purges does; it stays the one that it is."""
        self.stop_service()
        with closing(sqlite3.connect(self.folder / ".fused-spec/service/service.db")) as database, database:
            database.execute("DELETE FROM runs")
        shutil.rmtree(self.folder / ".fused-spec/cache", ignore_errors=True)
