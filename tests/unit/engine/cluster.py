"""A Dask cluster of real processes on loopback: a scheduler, and workers that are started by the tests."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import PATIENCE, until


@dataclass(frozen=True, kw_only=True)
class Cluster:
    address: str
    folder: Path
    processes: "list[subprocess.Popen[bytes]]"

    def add_worker(self, memory_limit: str = "auto") -> "subprocess.Popen[bytes]":
        """A worker of one thread that nobody starts again when it is gone."""
        options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self.folder)]
        options += ["--memory-limit", memory_limit]
        process = _started("dask", "worker", self.address, *options, folder=self.folder)
        self.processes.append(process)
        return process


@contextmanager
def cluster(folder: Path, *, workers: int, allowed_failures: int = 3, memory_limit: str = "auto") -> Iterator[Cluster]:
    """Leaving ends all of it; a task may lose `allowed_failures` workers before it is taken for the cause."""
    from distributed import Client  # it takes a second, which every worker of the tests would

    file = folder / "scheduler.json"
    options = ["--scheduler-file", str(file), "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    limits = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures)}
    scheduler = _started("dask", "scheduler", *options, folder=folder, **limits)
    one = Cluster(address="", folder=folder, processes=[scheduler])
    try:
        until(lambda: scheduler.poll() is not None or (file.exists() and file.read_text()), "the scheduler is there")
        assert scheduler.poll() is None, (folder / "log").read_text()
        one = Cluster(address=json.loads(file.read_text())["address"], folder=folder, processes=[scheduler])
        for _ in range(workers):
            one.add_worker(memory_limit)
        with Client(one.address, timeout=PATIENCE, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=PATIENCE)
        yield one
    finally:
        for process in reversed(one.processes):
            process.kill()
            process.wait()


def _started(*command: str, folder: Path, **env: str) -> "subprocess.Popen[bytes]":
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            stdout=log,
            stderr=log,
            env={**os.environ, "CLUSTER_TOKEN": "x", **env},
        )
