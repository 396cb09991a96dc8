"""How fast trivial jobs are applied on `local`, and how soon an apply tells that there is nothing to do.

uv run python benchmarks/apply.py [--quick] [--rounds N]

The jobs return a number. Beside the first apply stands what the service itself takes for as many of the same jobs,
posted at once over one connection; both find a service that is up and warm, and an empty history. The second apply
finds everything up to date, and stands beside the time that other tools take to say their version.
"""

import http.client
import json
import os
import tempfile
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import peers
from measure import FUSED_SPEC, Command, Spent, command_line, in_turns, rounds, tell
from rows import Row, at_most, no_more_than, not_measured, row

PROJECT = "apiVersion: fused-spec/v1\nproject: {name: benchmark, id: 7e1bb2a0-3c55-4a52-9f7d-2f3d0a6c1b11}\n"
JOB = """\
---
apiVersion: fused-spec/v1
kind: Job
metadata: {name: %s}
spec:
  config:
    steps:
      - type: udf
        udf: {name: trivial, code: "@fused.udf\\ndef udf():\\n    return %d\\n"}
"""
PEERS = ("dstack", "prefect", "dbt", "sky")
LOOK_SECONDS = 0.02


class Place:
    """A project of its own with its service, which is up."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self.folder = folder
        self._write("fused-spec.yaml", PROJECT)
        self._write("warm/job.yaml", JOB % ("warm", -1))
        self._write("specs/jobs.yaml", "".join(JOB % (f"job-{number:05}", number) for number in range(jobs)))
        self.apply("warm")

    def apply(self, specs: str) -> Spent:
        return Command([FUSED_SPEC, "apply", specs, "--output", "json"], cwd=self.folder)()

    def close(self) -> None:
        process = int(self._service()["pid"])
        os.kill(process, 15)
        while Path(f"/proc/{process}").exists():
            time.sleep(LOOK_SECONDS)

    def post(self, jobs: int) -> float:
        """The seconds until so many jobs, posted one after another, are all done."""
        known = self._service()
        url = urlsplit(known["url"])
        line = http.client.HTTPConnection(str(url.hostname), url.port)
        headers = {"Authorization": f"Bearer {known['token']}", "Content-Type": "application/json"}

        def call(method: str, path: str, body: object = None) -> dict[str, object]:
            line.request(method, url.path + path, None if body is None else json.dumps(body), headers)
            answer = line.getresponse()
            content: dict[str, object] = json.loads(answer.read())
            assert answer.status == http.client.OK, content
            return content

        began = time.perf_counter()
        posted = [str(call("POST", "/run", {"config": _config(number)})["job_id"]) for number in range(jobs)]
        for job_id in posted:
            while not (run := call("GET", f"/run/by-id/{job_id}"))["finished_job_status"]:
                time.sleep(LOOK_SECONDS)
            assert run["job_status"] == "Done", run
        return time.perf_counter() - began

    def _service(self) -> dict[str, str]:
        known: dict[str, str] = json.loads(
            (self.folder / ".fused-spec/service/service.json").read_text(encoding="utf-8")
        )
        return known

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _config(number: int) -> dict[str, object]:
    udf = {"name": "trivial", "entrypoint": "udf", "code": f"@fused.udf\ndef udf():\n    return {number}\n"}
    return {"name": f"job-{number:05}", "steps": [{"type": "udf", "udf": udf}]}


@contextmanager
def place(jobs: int) -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="fused-spec-benchmark-") as folder:
        made = Place(Path(folder), jobs)
        try:
            yield made
        finally:
            made.close()


def first_apply(jobs: int) -> Spent:
    with place(jobs) as made:
        return made.apply("specs")


def posted_at_once(jobs: int) -> float:
    with place(jobs) as made:
        return made.post(jobs)


def rows(given: Namespace) -> Iterator[Row]:
    jobs, unchanged = (100, 100) if given.quick else (400, 100)
    turns = rounds(given, usually=3, quick=1)
    applied, posted = [], []
    for _ in range(turns):
        applied.append(first_apply(jobs))
        posted.append(posted_at_once(jobs))
    name = f"`apply` of {jobs} trivial jobs on `local`"
    yield row(
        name,
        [spent.seconds for spent in applied],
        unit="s",
        beside="the service's own time for as many, posted at once",
        peer=posted,
        goal=at_most(1.5),
    )
    each = [spent.cpu * 1000 / jobs for spent in applied]
    yield row(f"{name}: the command's processor time a job", each, unit="ms", goal=no_more_than(10, "ms"))
    with place(unchanged) as made:
        made.apply("specs")
        yield from _second_apply(made, unchanged, rounds(given, usually=9, quick=3))


def _second_apply(made: Place, jobs: int, turns: int) -> Iterator[Row]:
    name, goal = f"second `apply` of {jobs} unchanged jobs on `local`", at_most(1.0)
    for peer in PEERS:
        beside = f"`{peer} --version`"
        try:
            theirs = Command([peers.programs(peer) / peer, "--version"])
        except peers.Absent as absent:
            yield not_measured(name, absent, beside=beside, goal=goal)
            continue
        found = in_turns({"ours": lambda: made.apply("specs"), "peer": theirs}, rounds=turns)
        milliseconds = {who: [spent.seconds * 1000 for spent in spents] for who, spents in found.items()}
        yield row(name, milliseconds["ours"], unit="ms", beside=beside, peer=milliseconds["peer"], goal=goal)


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
