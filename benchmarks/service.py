"""The embedded service beyond the work itself: `uv run python benchmarks/service.py`.

Every figure stands beside one that the machine sets in the same run: the start of a bare server, and a cold process
that imports what a job needs.
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

COMMAND = Path(sys.executable).with_name("fused-spec")
STARTS = 5
ROUND_TRIPS = 20
BURST = 200
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
    command = [COMMAND, "serve", "--port", "0", "--state", str(state)]
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


def jobs_a_second(line: Line) -> float:
    began = time.perf_counter()
    jobs = [line.start("def udf():\n    return 1\n") for _ in range(BURST)]
    for job_id in jobs:
        repeat_until(lambda job_id=job_id: line.is_over(job_id), pause=0.02)  # type: ignore[misc]
    return BURST / (time.perf_counter() - began)


def polled(line: Line, process: psutil.Process) -> tuple[float, float, float]:
    """50 status polls a second for four seconds beside a running job: median and slowest answer, share of a CPU."""
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
    return statistics.median(answers), max(answers), share


def answered(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except (OSError, http.client.HTTPException, ValueError):
        return False
    return True


def repeat_until(true: Callable[[], bool], pause: float = 0.005) -> None:
    while not true():
        time.sleep(pause)


def main() -> None:
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}; medians")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        starts, bare = [], []
        for _ in range(STARTS):
            starts.append(seconds_to_answer(folder))
            bare.append(seconds_of_a_bare_server(folder))
        start, least = statistics.median(starts), statistics.median(bare)
        print(
            f"serve to first answer  {start * 1000:6.0f} ms   bare server {least * 1000:.0f} ms: {start / least:.2f}x"
        )
        cold = statistics.median(seconds_of_a_cold_process() for _ in range(STARTS))
        with service(folder) as (process, state):
            repeat_until(lambda: (state / "service.json").exists())
            line = Line(state)
            for _ in range(3):
                seconds_to_done(line)
            trips = sorted(seconds_to_done(line) for _ in range(ROUND_TRIPS))
            trip = statistics.median(trips)
            print(
                f"POST to Done, warm     {trip * 1000:6.0f} ms   (slowest {trips[-1] * 1000:.0f} ms)   "
                f"cold import of geopandas {cold * 1000:.0f} ms: {trip / cold:.2f}x"
            )
            print(f"{BURST} trivial jobs       {jobs_a_second(line):6.1f} a second")
            median, slowest, share = polled(line, psutil.Process(process.pid))
            print(
                f"50 status polls/s      {median * 1000:6.1f} ms   (slowest {slowest * 1000:.0f} ms)   "
                f"the service uses {share:.1%} of a processor"
            )


if __name__ == "__main__":
    main()
