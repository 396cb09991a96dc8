"""The service is killed with `kill -9`, and stopped, while its jobs are in every state: nothing lost, nothing twice."""

import json
import os
import stat
import sys
import sysconfig
from pathlib import Path

import geopandas as gpd
import psutil
import pytest

from fused_spec.service.state.declared import declare_images
from tests.acceptance.test_resources import Service
from tests.unit.engine.building import grid, saved
from tests.waiting import PATIENCE, until

# What waits until a file is there, and leaves a line each time that it runs.
WAITS = """\
import os, time
def udf(name):
    with open({folder!r} + "/ran", "a") as stream:
        stream.write(name + "\\n")
    while not os.path.exists({folder!r} + "/go"):
        time.sleep(0.02)
    return name
"""
# In uv's place: an environment that has what this one has, once a file is there.
BUILDER = """\
#!/bin/sh
echo "$1" >> {folder}/built
test "$1" = venv || exit 0
while ! test -e {folder}/go; do {sleep} 0.05; done
for target; do :; done
{python} -m venv --without-pip "$target" && echo {here} > "$target/lib/{version}/site-packages/others.pth"
"""


def folder_of(tmp_path: Path) -> Path:
    """A folder where a program that is called uv builds images."""
    builder = tmp_path / "bin" / "uv"
    builder.parent.mkdir()
    builder.write_text(
        BUILDER.format(
            folder=tmp_path,
            python=sys.executable,
            sleep="/bin/sleep",
            here=sysconfig.get_path("purelib"),
            version=f"python{sys.version_info.major}.{sys.version_info.minor}",
        )
    )
    builder.chmod(builder.stat().st_mode | stat.S_IXUSR)
    return builder.parent


def waiting(tmp_path: Path) -> str:
    """The code, and a file for its lines: beside the state folder a job makes none."""
    (tmp_path / "ran").touch()
    return WAITS.format(folder=str(tmp_path))


def ran(tmp_path: Path) -> list[str]:
    return (tmp_path / "ran").read_text().split()


@pytest.mark.parametrize("how", ["killed", pytest.param("stopped", marks=pytest.mark.thorough)])
def test_jobs_in_every_state_survive_the_service_and_run_once(tmp_path: Path, how: str) -> None:
    path = str(folder_of(tmp_path))
    code = waiting(tmp_path)
    service = Service(tmp_path, PATH=path)
    declare_images(service.state, {"batch": {}})

    def post(name: str, **body: object) -> str:
        return service.post(code, parameters={"name": name}, **body)

    count = len(os.sched_getaffinity(0))
    running = [post(f"running-{number}") for number in range(count - 1)]
    cancelled = post("cancelled")
    until(lambda: len(ran(tmp_path)) == count, "the machine is full")
    pending = [post(f"pending-{number}") for number in range(3)]
    given_up = post("given-up")
    built = post("built", image_name="batch")
    until(lambda: (tmp_path / "built").exists(), "the image is being built")
    for job in (cancelled, given_up):
        service.call("POST", f"/run/by-id/{job}/cancel")

    service.kill() if how == "killed" else service.close()
    service = Service(tmp_path, PATH=path)
    try:
        assert {service.status(job)["job_status"] for job in running} == {"In Progress"}
        (tmp_path / "go").touch()
        ends = {job: service.ended(job) for job in (*running, *pending, built, cancelled, given_up)}
        assert {ends[job][0] for job in (*running, *pending)} == {"Done"}, ends
        assert ends[built][0] == "Done", ends[built]
        assert [ends[job][0] for job in (cancelled, given_up)] == ["Canceled", "Canceled"]
        names = ["built", "cancelled", *(f"pending-{n}" for n in range(3)), *(f"running-{n}" for n in range(count - 1))]
        assert sorted(ran(tmp_path)) == names
        assert (tmp_path / "built").read_text().split() == ["venv", "pip"]
    finally:
        service.close()


def test_an_ingestion_survives_the_service_and_writes_its_table_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    step = {
        "type": "partition_geospatial",
        "input": str(saved(grid(), tmp_path / "squares.parquet")),
        "output": "fd://squares/",
        "partitioning_method": "rows",
        "partitioning_split_method": "mean",
    }
    waits = {
        "type": "udf",
        "udf": {"entrypoint": "udf", "code": f"def udf():\n    open({str(tmp_path / 'gate')!r}).read()\n"},
    }
    service = Service(tmp_path)
    config = {"steps": [waits, step]}
    job = str(service.call("POST", "/run", {"config": config})[1]["job_id"])
    until(lambda: service.status(job)["status"] == "running", "the job runs")
    service.kill()
    (tmp_path / "gate").write_text("go")  # the ingestion begins, and nobody looks
    service = Service(tmp_path)
    try:
        status, log = service.ended(job)
        assert status == "Done", log
        assert len([line for line in log if line.startswith("wrote 100 rows")]) == 1
        table = service.state / "storage" / "squares"
        assert sum(len(gpd.read_parquet(file)) for file in table.glob("[0-9]*.parquet")) == 100
    finally:
        service.close()


@pytest.mark.thorough
def test_a_job_whose_request_was_damaged_is_followed_and_another_ends_and_says_so(tmp_path: Path) -> None:
    service = Service(tmp_path)
    code = waiting(tmp_path)
    runs, lost = (service.post(code, parameters={"name": name}) for name in ("runs", "lost"))
    until(lambda: sorted(ran(tmp_path)) == ["lost", "runs"], "the jobs run")
    events = (service.state / "jobs" / lost / "events.jsonl").read_text().splitlines()
    worker = psutil.Process(json.loads(events[0])["pid"])
    service.kill()
    worker.kill()
    psutil.wait_procs([worker], timeout=PATIENCE)
    for job in (runs, lost):
        (service.state / "jobs" / job / "request.json").write_text("{")
    service = Service(tmp_path)
    try:
        (tmp_path / "go").touch()
        assert service.ended(runs)[0] == "Done"
        assert service.ended(lost)[0] == "Failed"
    finally:
        service.close()


@pytest.mark.thorough
def test_a_job_whose_worker_went_with_the_service_ends_as_failed_and_says_so(tmp_path: Path) -> None:
    service = Service(tmp_path)
    job = service.post(waiting(tmp_path), parameters={"name": "lost"})
    until(lambda: ran(tmp_path) == ["lost"], "the job runs")
    events = (service.state / "jobs" / job / "events.jsonl").read_text().splitlines()
    worker = psutil.Process(json.loads(events[0])["pid"])
    service.kill()
    worker.kill()
    psutil.wait_procs([worker], timeout=PATIENCE)
    service = Service(tmp_path)
    try:
        status, log = service.ended(job)
        assert (status, log[-1]) == ("Failed", "ERROR: the worker vanished before the job was over")
        assert ran(tmp_path) == ["lost"]
    finally:
        service.close()
