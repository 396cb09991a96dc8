"""The embedded service beyond the work itself: its start, a job's way to its end, answers beside running jobs.

    uv run python benchmarks/service.py [--quick] [--rounds N]

Every figure stands beside one that the machine sets in the same run: the start of a bare server, and a cold process
that imports what a job needs.
"""

import http.client
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
from measure import FUSED_SPEC, command_line, in_turns, rounds, tell
from rows import Row, row

BARE_SERVER = """\
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("here"))])
uvicorn.run(app, port={port}, log_config=None)
"""


class Line:
    """One kept connection to a service."""

    def __init__(self, state: Path) -> None:
        known = json.loads((state / "service.json").read_text(encoding="utf-8"))
        place = urlsplit(known["url"])
        self._connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=30)
        self._path = place.path
        self._headers = {"Authorization": f"Bearer {known['token']}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: Any = None) -> Any:
        content = None if body is None else json.dumps(body)
        self._connection.request(method, self._path + path, content, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        assert answer.status == http.client.OK, (answer.status, text)
        return json.loads(text)

    def start(self, code: str) -> str:
        step = {"type": "udf", "udf": {"name": "trivial", "entrypoint": "udf", "code": code}}
        job_id: str = self.call("POST", "/run", {"config": {"steps": [step]}})["job_id"]
        return job_id

    def is_over(self, job_id: str) -> bool:
        status = self.call("GET", f"/run/by-id/{job_id}")
        assert status["job_status"] in ("Pending", "In Progress", "Done"), status
        return bool(status["finished_job_status"])


@contextmanager
def service(folder: Path) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    state = Path(tempfile.mkdtemp(dir=folder))
    command: list[str | Path] = [FUSED_SPEC, "serve", "--port", "0", "--state", str(state)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, text=True, cwd=folder) as process:
        try:
            yield process, state
        finally:
            process.terminate()


def seconds_to_answer(folder: Path) -> float:
    began = time.perf_counter()
    with service(folder) as (_, state):
        repeat_until(lambda: (state / "service.json").exists())
        repeat_until(lambda: answered(lambda: Line(state).call("GET", "/user/self")))
        return time.perf_counter() - began


def seconds_of_a_bare_server(folder: Path) -> float:
    port = 18431
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", BARE_SERVER.format(port=port)], cwd=folder) as process:
        repeat_until(lambda: answered(lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()))
        spent = time.perf_counter() - began
        process.terminate()
    return spent


def seconds_of_a_cold_process() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import geopandas"], check=True)
    return time.perf_counter() - began


def seconds_to_done(line: Line) -> float:
    """From POST to the first status that says Done, asked for without a pause; the work is `return 1`."""
    began = time.perf_counter()
    job_id = line.start("def udf():\n    return 1\n")
    repeat_until(lambda: line.is_over(job_id), pause=0.002)
    return time.perf_counter() - began


def seconds_of(line: Line, count: int) -> float:
    """From the first POST of so many trivial jobs to the end of all."""
    began = time.perf_counter()
    jobs = [line.start("def udf():\n    return 1\n") for _ in range(count)]
    for job_id in jobs:
        repeat_until(lambda job_id=job_id: line.is_over(job_id), pause=0.02)  # type: ignore[misc]
    return time.perf_counter() - began


def polled(line: Line, process: psutil.Process) -> tuple[list[float], float]:
    """50 status polls a second for four seconds beside a running job: seconds of each answer, share of a CPU."""
    job_id = line.start("def udf():\n    import time\n    time.sleep(4.5)\n")
    answers = []
    before, began = sum(process.cpu_times()[:2]), time.perf_counter()
    for number in range(200):
        time.sleep(max(0.0, began + number * 0.02 - time.perf_counter()))
        asked = time.perf_counter()
        line.is_over(job_id)
        answers.append(time.perf_counter() - asked)
    share = (sum(process.cpu_times()[:2]) - before) / (time.perf_counter() - began)
    repeat_until(lambda: line.is_over(job_id), pause=0.02)
    return answers, share


def answered(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (OSError, http.client.HTTPException, ValueError):
        return False
    return True


def repeat_until(true: Callable[[], bool], pause: float = 0.005) -> None:
    while not true():
        time.sleep(pause)


def rows(given: Namespace) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        ways = {"ours": lambda: seconds_to_answer(folder), "bare": lambda: seconds_of_a_bare_server(folder)}
        found = in_turns(ways, rounds=rounds(given, usually=7, quick=2))
        yield row(
            "`serve`, to its first answer", found["ours"], unit="s", beside="a bare starlette", peer=found["bare"]
        )
        with service(folder) as (process, state):
            repeat_until(lambda: (state / "service.json").exists())
            ways = {"ours": lambda: seconds_to_done(Line(state)), "cold": seconds_of_a_cold_process}
            found = in_turns(ways, rounds=rounds(given, usually=20, quick=5))
            beside = "a cold `import geopandas`"
            yield row("POST to `Done` of `return 1`", found["ours"], unit="s", beside=beside, peer=found["cold"])
            line = Line(state)
            burst = 50 if given.quick else 200
            yield row(f"{burst} such jobs, posted at once", [seconds_of(line, burst) * 1000 / burst], unit="ms each")
            answers, share = polled(line, psutil.Process(process.pid))
            told = f"slowest {max(answers) * 1000:.0f} ms; the service uses {share:.1%} of a processor"
            yield row("50 status polls a second", [answer * 1000 for answer in answers], unit="ms", note=told)


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
