"""One project at two services, and in two environments of one of them, in turn and at once, killed with `kill -9`.

Each environment runs everything exactly once. `FUSED_SPEC_SEED` chooses the faults and the moments, `FUSED_SPEC_KILLS`
how many kills there are (20; 200 in CI).
"""

import random
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.acceptance.command import COMMAND, Shell
from tests.torture.conftest import PARTS
from tests.torture.served import Served
from tests.torture.test_torture import JOBS, KILLS, WORK
from tests.waiting import PATIENCE

ID = "2d7c9a34-51fe-4b0e-8a55-90c1f2b7e6d8"
PROJECT = """\
apiVersion: fused-spec/v1
project: {{name: torture, id: {id}}}
targets:
  alone: {{base_url: {first}, accepts_within: 2s, lists_within: 1s}}
  dev: {{base_url: {second}, scope: dev, accepts_within: 2s, lists_within: 1s}}
  prod: {{base_url: {second}, scope: prod, accepts_within: 2s, lists_within: 1s}}
"""
SCOPES = {"alone": ID, "dev": f"{ID}.dev", "prod": f"{ID}.prod"}


class Place:
    """A folder of specs, and two services that carry them out in three environments."""

    def __init__(self, shell: Shell, seed: int) -> None:
        self.shell = shell
        self.random = random.Random(seed)  # it must be repeatable, not secret
        self.services = [Served(shell, name, seed) for name in ("first", "second")]
        first, second = (service.proxy.url for service in self.services)
        shell.write("work/specs/work.py", WORK)
        shell.write("work/fused-spec.yaml", PROJECT.format(id=ID, first=first, second=second))

    def declare(self, version: int) -> None:
        self.shell.write("work/specs/jobs.yaml", JOBS.format(version=version))

    def start(self, target: str, *arguments: str) -> "subprocess.Popen[str]":
        token = self.services[0 if target == "alone" else 1].token
        return subprocess.Popen(
            [COMMAND, *arguments, "--target", target],
            cwd=self.shell.folder / "work",
            env=self.shell.env(FUSED_AUTH_TOKEN=token, FUSED_AUTH_TOKEN_TYPE="Bearer"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def trouble(self, share: float) -> None:
        for service in self.services:
            service.proxy.trouble = share

    def killed_applies(self) -> int:
        """Applies at some of the targets at once, killed one after the other at random moments; how many that were."""
        self.trouble(self.random.choice([0.0, 0.1, 0.3]))
        targets = self.random.sample(list(SCOPES), self.random.randint(1, len(SCOPES)))
        when = self.random.choice(["time", "arrived", "sent"])
        fatal = threading.Event()
        for service in self.services:
            service.proxy.on_start = lambda what: fatal.set() if what == when else None
        applies = [self.start(target, "apply", "specs", "-y") for target in targets]
        for process in applies:
            fatal.wait(self.random.uniform(0.2, 2.0))
            process.send_signal(signal.SIGKILL)
            process.communicate()
        for service in self.services:
            service.proxy.on_start = lambda what: None
        return len(applies)

    def all_at_once(self, *arguments: str) -> None:
        """A command at every target, beside each other; each must do well."""
        self.trouble(0.0)
        processes = [self.start(target, *arguments) for target in SCOPES]
        said = [process.communicate(timeout=PATIENCE)[0] for process in processes]
        assert [process.returncode for process in processes] == [0, 0, 0], "\n".join(said)

    def close(self) -> None:
        for service in self.services:
            service.close()


@pytest.fixture
def place(tmp_path: Path, seed: int) -> Iterator[Place]:
    home = tmp_path / "home"
    home.mkdir()
    place = Place(Shell(folder=tmp_path, home=home), seed)
    yield place
    place.close()


def found(runs: Sequence[tuple[str, str, str, str]], scope: str) -> Counter[tuple[str, str]]:
    return Counter((name, digest) for of_scope, name, digest, _ in runs if of_scope == scope)


@pytest.mark.thorough
def test_each_environment_runs_everything_once_whatever_is_killed(place: Place) -> None:
    kills = version = 0
    while kills < KILLS // PARTS:
        version += 1
        place.declare(version)
        for _ in range(place.random.randint(1, 3)):
            kills += place.killed_applies()
        place.all_at_once("apply", "specs", "-y")
    first, second = (list(service.runs()) for service in place.services)
    assert {status for *_, status in (*first, *second)} == {"Done"}
    for runs, scopes in ((first, {SCOPES["alone"]}), (second, {SCOPES["dev"], SCOPES["prod"]})):
        assert {scope for scope, *_ in runs} == scopes
        for scope in scopes:
            assert len(found(runs, scope)) == 2 * version
            assert set(found(runs, scope).values()) == {1}
    place.all_at_once("plan", "specs", "--detailed-exitcode")
    place.all_at_once("archive", "verify")
    print(f"{kills} kills, {version} versions of the specs, {len(first) + len(second)} runs")
