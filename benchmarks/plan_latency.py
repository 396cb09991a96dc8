"""How long `plan` of jobs that have all run takes at a service which answers late, beside the calls of the client.

    uv run python benchmarks/plan_latency.py [--quick] [--rounds N] [--jobs N] [--latency SECONDS] [--published]

The service is `replay.py`, in a process of its own. Beside it: the published client's calls for the configs alone, one
after another, each over a connection of its own, as it makes them; with --published by that client itself, in an
environment of its own. The bound is what the calls of the plan take at the least, over as many connections as it used.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from finished import make_project, write_runs
from measure import FUSED_SPEC, Command, Spent, command_line, rounds, tell
from rows import Row, at_most, row, times_faster

HERE = Path(__file__).parent
TOKEN = "benchmark-token-0123456789"  # of a server that lets everybody in

LOOP = """\
import sys
import requests

base, jobs = sys.argv[1], int(sys.argv[2])
headers = {"Authorization": "Bearer " + sys.argv[3]}
found = []
while len(found) < jobs:
    query = {"skip": len(found), "limit": 25}
    found += requests.get(base + "/job/self", params=query, headers=headers, timeout=30).json()
for job in found:
    answer = requests.get(
        base + "/job/by-id/" + job["id"] + "/config", headers=headers, allow_redirects=False, timeout=30
    )
    requests.get(answer.headers["location"], timeout=30).json()
"""
PUBLISHED = """\
import json
import sys
from pathlib import Path

base, jobs, home = sys.argv[1], int(sys.argv[2]), Path(sys.argv[4])
credentials = {"access_token": sys.argv[3], "auth_scheme": "Bearer", "token_type": "Bearer", "refresh_token": "none"}
credentials |= {"id_token": "none", "scope": "openid", "expires_in": 86400, "expires_at": "2099-01-01T00:00:00+00:00"}
(home / ".fused").mkdir(parents=True, exist_ok=True)
(home / ".fused/credentials").write_text(json.dumps(credentials))

import fused

fused.options.base_url = base
fused.options.request_timeout = 30
api = fused.api.FusedAPI()
for job in api.get_jobs(n=jobs, max_requests=None):
    api.get_job_config(job.id)
"""


@contextmanager
def replay(runs: Path, latency: float) -> Iterator[str]:
    """The base URL of a service that tells of these runs."""
    command = [sys.executable, str(HERE / "replay.py"), str(runs), "--latency", str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/server/v1"
        finally:
            process.terminate()


def asked(base: str) -> dict[str, int]:
    """How often each call was asked for so far."""
    with urllib.request.urlopen(f"{base}/counts") as answer:  # our own server
        counts: dict[str, int] = json.load(answer)
    return counts


class Planning:
    """`plan` in a project, with and without what earlier ones remembered."""

    def __init__(self, folder: Path, base: str) -> None:
        env = {**os.environ, "FUSED_AUTH_TOKEN": TOKEN, "FUSED_AUTH_TOKEN_TYPE": "Bearer", "HOME": str(folder)}
        self._state = folder / ".fused-spec"
        self._base = base
        self._command = Command(
            [FUSED_SPEC, "--base-url", base, "plan", "specs", "--output", "json"], cwd=folder, env=env
        )
        self.calls: dict[str, int] = {}

    def empty(self) -> Spent:
        shutil.rmtree(self._state, ignore_errors=True)
        return self.full()

    def full(self) -> Spent:
        before = asked(self._base)
        spent = self._command()
        self.calls = {name: count - before.get(name, 0) for name, count in asked(self._base).items()}
        return spent

    def bound(self, latency: float) -> float:
        """The least that its calls take over the connections that it used."""
        connections = max(1, self.calls.get("connections", 1))
        calls = sum(count for name, count in self.calls.items() if name != "connections")
        return math.ceil(calls / connections) * latency


def peer(base: str, jobs: int, folder: Path, *, published: bool) -> Command:
    if not published:
        return Command([sys.executable, "-c", LOOP, base, str(jobs), TOKEN])
    from peers import programs

    python = programs("published-client") / "python"
    env = {**os.environ, "HOME": str(folder)}
    return Command([python, "-c", PUBLISHED, base, str(jobs), TOKEN, folder], env=env)


def rows(given: Namespace) -> Iterator[Row]:
    turns, jobs, latency = rounds(given, usually=7, quick=2), given.jobs, given.latency
    with tempfile.TemporaryDirectory(prefix="plan-latency-") as name:
        folder = Path(name)
        runs = write_runs(make_project(folder, jobs), folder / "runs.json")
        with replay(runs, latency) as base:
            planning = Planning(folder, base)
            share = 4 if given.quick else 1
            loop = peer(base, jobs // share, folder / "home", published=given.published)
            theirs = [loop().seconds * share]
            planning.empty()
            empty, full = [], []
            for _ in range(turns):
                empty.append(planning.empty())
                calls, bound = planning.calls, planning.bound(latency)
                full.append(planning.full())
                again = planning.calls
    beside = "the published client" if given.published else "the published client's calls in a loop"
    if given.quick:
        beside += f", the time for {jobs // share} of them taken {share} times"
    what = f"`plan` of {jobs} jobs that have run, {latency * 1000:.0f} ms a call"
    told = f"{_told(calls)}; {_processor(empty)}"
    yield row(
        f"{what}, nothing remembered",
        [spent.seconds for spent in empty],
        unit="s",
        beside=beside,
        peer=theirs,
        goal=times_faster(40),
        note=told,
    )
    yield row(
        "the same",
        [spent.seconds for spent in empty],
        unit="s",
        beside="the latency of its calls over its connections",
        peer=[bound],
        goal=at_most(1.3),
    )
    remembered = f"{what}, all remembered"
    taken = [spent.seconds for spent in full]
    yield row(remembered, taken, unit="s", beside=beside, peer=theirs, note=f"{_told(again)}; {_processor(full)}")
    first = [spent.seconds for spent in empty]
    yield row(remembered, taken, unit="s", beside="the same, nothing remembered", peer=first, goal=times_faster(10))


def _told(calls: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(calls.items()) if count)


def _processor(spent: list[Spent]) -> str:
    return f"{min(one.cpu for one in spent):.2f} s of the processors"


def main() -> None:
    parser = command_line(__doc__)
    parser.add_argument("--jobs", type=int, default=400)
    parser.add_argument("--latency", type=float, default=0.05, help="seconds before each answer")
    parser.add_argument("--published", action="store_true", help="let the published client itself make its calls")
    tell(rows, parser.parse_args())


if __name__ == "__main__":
    began = time.perf_counter()
    main()
    print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)
