"""The installed command and a real service behind a proxy that breaks things, with `kill -9` at random moments.

`FUSED_SPEC_SEED` chooses the faults and the moments, `FUSED_SPEC_KILLS` how many kills there are: 20, shared by
the parts (12 in breadth); 60 in CI, 200 a night.
"""

import os
import random
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.command import COMMAND, Shell
from tests.depth import at_depth
from tests.torture.conftest import PARTS
from tests.torture.served import Served
from tests.waiting import PATIENCE

KILLS = int(os.environ.get("FUSED_SPEC_KILLS") or at_depth(20, in_breadth=12))

PROJECT = """\
apiVersion: fused-spec/v1
project: {{name: torture, id: 6b2f40e1-77aa-4c7e-9b0e-0d7b9c3a51f0}}
target: lab
targets:
  lab: {{base_url: {url}, accepts_within: 2s, lists_within: 1s}}
"""
JOBS = """\
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: first}}
spec:
  config: {{steps: [{{type: udf, udf: {{file: work.py, parameters: {{version: {version}}}}}}}]}}
---
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: second}}
spec:
  config: {{steps: [{{type: udf, udf: {{file: work.py, parameters: {{version: {version}, last: true}}}}}}]}}
  needs: [first]
"""
WORK = """\
@fused.udf
def udf(version: int, last: bool = False):
    for line in range(20):
        print(f"version {version} line {line}")
    return version
"""


class Place:
    """A folder of specs, a service, and the faulty way between them."""

    def __init__(self, shell: Shell, seed: int) -> None:
        self.shell = shell
        self.random = random.Random(seed)  # it must be repeatable, not secret
        shell.write("work/specs/work.py", WORK)
        self.service = Served(shell, "service", seed)
        self.proxy = self.service.proxy
        shell.write("work/fused-spec.yaml", PROJECT.format(url=self.proxy.url))

    def declare(self, version: int) -> None:
        self.shell.write("work/specs/jobs.yaml", JOBS.format(version=version))

    def command(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [COMMAND, *arguments],
            cwd=self.shell.folder / "work",
            env=self.shell.env(FUSED_AUTH_TOKEN=self.service.token, FUSED_AUTH_TOKEN_TYPE="Bearer"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        process = self.command(*arguments)
        out, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, out

    def killed_apply(self) -> None:
        """An apply that is killed: at a random moment, or just when a start is on its way, or was just answered."""
        self.proxy.trouble = self.random.choice([0.0, 0.1, 0.3])
        when = self.random.choice(["time", "time", "arrived", "sent"])
        process = self.command("apply", "specs", "-y")
        fatal = threading.Event()
        self.proxy.on_start = lambda what: fatal.set() if what == when else None
        fatal.wait(self.random.uniform(0.4, 2.0))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.proxy.on_start = lambda what: None

    def undisturbed_apply(self) -> str:
        self.proxy.trouble = 0.0
        code, out = self.run("apply", "specs", "-y")
        assert code == 0, out
        return out

    def runs(self) -> list[tuple[str, str, str]]:
        """The job, digest and status of every run that the service has."""
        return [(name, digest, status) for _, name, digest, status in self.service.runs()]

    def close(self) -> None:
        self.service.close()


@pytest.fixture
def place(tmp_path: Path, seed: int) -> Iterator[Place]:
    home = tmp_path / "home"
    home.mkdir()
    place = Place(Shell(folder=tmp_path, home=home), seed)
    yield place
    place.close()


def test_after_kills_at_random_moments_each_job_ran_once_and_its_archive_holds(place: Place) -> None:
    kills = version = 0
    while kills < KILLS // PARTS:
        version += 1
        place.declare(version)
        for _ in range(place.random.randint(1, 5)):
            place.killed_apply()
            kills += 1
        place.undisturbed_apply()
    counts: Counter[Any] = Counter(place.runs())
    assert {status for _, _, status in counts} == {"Done"}
    assert len(counts) == 2 * version
    assert set(counts.values()) == {1}
    code, out = place.run("archive", "verify")
    assert (code, out.splitlines()[-1]) == (0, f"Archive: {2 * version} runs, 0 problems.")
    code, out = place.run("plan", "specs", "--detailed-exitcode")
    assert code == 0, out
    print(f"{kills} kills, {version} versions of the specs, {len(counts)} runs")
