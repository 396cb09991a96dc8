"""The real forkserver: lines in, lines out, workers that go on without it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.unit.engine.running import content, end, job_folder, udf_step
from tests.waiting import PATIENCE

Forkserver = subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def forkserver() -> Iterator[Forkserver]:
    with subprocess.Popen(
        [sys.executable, "-m", "fused_spec.engine.jobs.forkserver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert heard(process) == {"ready": True, "pid": process.pid}
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


def heard(process: Forkserver) -> dict[str, Any]:
    assert process.stdout is not None
    answer: dict[str, Any] = json.loads(process.stdout.readline())
    return answer


def asked(process: Forkserver, *folders: Path) -> None:
    assert process.stdin is not None
    process.stdin.write(b"".join(json.dumps({"run": str(folder)}).encode() + b"\n" for folder in folders))
    process.stdin.flush()


def test_a_worker_is_announced_at_its_start_and_end(forkserver: Forkserver, tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf():\n    return 7\n"))
    asked(forkserver, job.path)
    started, exited = heard(forkserver), heard(forkserver)
    assert started == {"started": str(job.path), "pid": started["pid"]}
    assert exited == {"exited": str(job.path), "pid": started["pid"], "code": 0}
    assert end(job) == ("Done", None)


def test_a_failed_job_is_an_exit_code(forkserver: Forkserver, tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf():\n    return 1 / 0\n"))
    asked(forkserver, job.path)
    assert [heard(forkserver).get("code") for _ in range(2)] == [None, 1]


def test_several_jobs_run_at_once(forkserver: Forkserver, tmp_path: Path) -> None:
    # The first waits for the second, which the first would otherwise keep from starting.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for name in ("reader", "writer"):
        (tmp_path / name).mkdir()
    reader = job_folder(tmp_path / "reader", udf_step(f"def udf():\n    return open({str(pipe)!r}).read()\n"))
    writer = job_folder(tmp_path / "writer", udf_step(f"def udf():\n    open({str(pipe)!r}, 'w').write('hello')\n"))
    asked(forkserver, reader.path, writer.path)
    answers = [heard(forkserver) for _ in range(4)]
    assert sorted(answer["code"] for answer in answers if "exited" in answer) == [0, 0]
    assert content(reader, "0.html").decode() == "hello"


def test_a_worker_leads_a_session_and_holds_none_of_the_streams(forkserver: Forkserver, tmp_path: Path) -> None:
    code = "import os\ndef udf():\n    return [os.getsid(0), os.getppid(), os.read(0, 1).decode()]\n"
    job = job_folder(tmp_path, udf_step(code))
    asked(forkserver, job.path)
    pid = heard(forkserver)["pid"]
    heard(forkserver)
    assert json.loads(content(job, "0.json").decode()) == [pid, pid, ""]


def test_a_worker_that_is_killed_is_an_exit_code(forkserver: Forkserver, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    job = job_folder(tmp_path, udf_step(f"def udf():\n    return open({str(pipe)!r}).read()\n"))
    asked(forkserver, job.path)
    pid = heard(forkserver)["pid"]
    with pipe.open("w"):  # which waits for the UDF to open it
        os.killpg(pid, 9)
    assert heard(forkserver)["code"] == -9


def test_workers_outlive_the_forkserver(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    job = job_folder(tmp_path, udf_step(f"def udf():\n    return open({str(pipe)!r}).read()\n"))
    command = [sys.executable, "-m", "fused_spec.engine.jobs.forkserver"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        heard(process)
        asked(process, job.path)
        worker = psutil.Process(heard(process)["pid"])
        process.communicate()
    pipe.write_text("still here")
    psutil.wait_procs([worker], timeout=PATIENCE)
    assert end(job) == ("Done", None)
    assert content(job, "0.html").decode() == "still here"
