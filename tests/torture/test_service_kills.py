"""The service is killed with `kill -9` while jobs run and new ones are posted: each job runs exactly once.

`FUSED_SPEC_SEED` chooses the moments, `FUSED_SPEC_SERVICE_KILLS` how many kills there are: 20, shared by the
parts (12 in breadth).
"""

import http.client
import json
import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.acceptance.command import COMMAND
from tests.depth import at_depth
from tests.torture.conftest import PARTS
from tests.waiting import PATIENCE, until

KILLS = int(os.environ.get("FUSED_SPEC_SERVICE_KILLS") or at_depth(20, in_breadth=12))
CODE = """\
import time
def udf(number, seconds, path):
    with open(path, "a") as stream:
        stream.write(f"{number}\\n")
    time.sleep(seconds)
    if number % 5 == 0:
        raise ValueError("as it should")
    return number
"""


class Place:
    """A service that is killed, and what was posted to it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)  # it must be repeatable, not secret
        self.numbers: dict[str, int] = {}
        self.cancelled: set[str] = set()
        self.kills = 0
        (folder / "ran").touch()  # beside the state folder a job makes no file
        self.start()

    def start(self) -> None:
        self.service = subprocess.Popen(
            [COMMAND, "serve", "--port", "0", "--state", str(self.folder / "state")],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.service.stderr is not None
        assert "Listening on" in self.service.stderr.readline()
        self.known = json.loads((self.folder / "state/service.json").read_text(encoding="utf-8"))

    def kill(self) -> None:
        """Kill it and go on at once, while what it started still lives."""
        assert self.service.stderr is not None
        self.service.kill()
        self.service.wait()
        self.service.stderr.close()
        self.kills += 1

    def call(self, method: str, path: str, body: Any = None) -> Any:
        place = urlsplit(self.known["url"])
        headers = {"Authorization": f"Bearer {self.known['token']}", "Content-Type": "application/json"}
        with closing(http.client.HTTPConnection(str(place.hostname), place.port, timeout=PATIENCE)) as line:
            line.request(method, place.path + path, json.dumps(body), headers)
            with line.getresponse() as answer:
                assert answer.status == http.client.OK
                return json.loads(answer.read())

    def post(self) -> None:
        """A job that leaves a trace when it runs."""
        number = len(self.numbers) + 1
        seconds = self.random.choice([0, 0, 0.1, 0.5])
        parameters = {"number": number, "seconds": seconds, "path": str(self.folder / "ran")}
        udf = {"name": "trace", "entrypoint": "udf", "code": CODE, "parameters": parameters}
        body = {"config": {"name": f"job-{number}", "steps": [{"type": "udf", "udf": udf}]}}
        self.numbers[self.call("POST", "/run", body)["job_id"]] = number

    def cancel(self) -> None:
        job_id = self.random.choice(list(self.numbers))
        self.cancelled.add(job_id)
        self.call("POST", f"/run/by-id/{job_id}/cancel")

    def live(self) -> None:
        """One life of the service, which is killed with what was posted at whatever point that is by then."""
        for _ in range(self.random.randint(1, 6)):
            self.post()
            if self.random.random() < 0.15:
                self.cancel()
        for _ in range(self.random.choice([0, 0, 10, 50, 300])):  # requests, instead of a clock
            self.call("GET", "/job/self")
        self.kill()
        self.start()

    def statuses(self) -> dict[str, str]:
        """How every job ended that was accepted."""
        return {job: self.end_of(job) for job in self.numbers}

    def end_of(self, job_id: str) -> str:
        until(lambda: self.status(job_id)["terminal_status"], f"job {job_id} ends")
        return str(self.status(job_id)["job_status"])

    def status(self, job_id: str) -> Any:
        return self.call("GET", f"/run/by-id/{job_id}")


@pytest.fixture
def place(tmp_path: Path, seed: int) -> Iterator[Place]:
    place = Place(tmp_path, seed)
    yield place
    place.service.terminate()
    place.service.communicate(timeout=PATIENCE)


def test_every_accepted_job_runs_exactly_once_and_has_its_end(place: Place) -> None:
    while place.kills < KILLS // PARTS:
        place.live()
    ended = place.statuses()
    ran = Counter(map(int, (place.folder / "ran").read_text(encoding="utf-8").split()))
    assert max(ran.values()) == 1
    for job_id, status in ended.items():
        number = place.numbers[job_id]
        if status == "Canceled":
            assert job_id in place.cancelled
        else:
            assert status == ("Failed" if number % 5 == 0 else "Done"), place.call("GET", f"/logs/{job_id}")
            assert ran[number] == 1
    assert set(ran) <= set(place.numbers.values())
    print(f"{place.kills} kills, {len(ended)} jobs: {dict(Counter(ended.values()))}")
