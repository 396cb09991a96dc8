"""Hostile jobs: each ends with a message, and no process of it is left."""

import json
import os
import re
import signal
from pathlib import Path

import psutil
import pytest

from fused_spec.engine.jobs.worker import run_and_exit
from fused_spec.engine.processes.family import descendants, memory_in_use
from fused_spec.engine.processes.forking import fork
from fused_spec.engine.processes.guard import Cancelled, Limits, OverLimit, guarded
from tests.unit.engine.running import content, end, job_folder, log, run, udf_step
from tests.waiting import PATIENCE

MIB = 2**20

DAEMON = """\
import os, subprocess, sys
def udf():
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    print(child.pid)
    {then}
"""
EATER = """\
import time
def udf(size):
    kept = bytearray(size)
    kept[::4096] = b"x" * len(kept[::4096])
    time.sleep(600 if size > 1000000 else 0)
    return size
"""


def is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_job_over_its_memory_fails_and_says_what_to_change(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step(EATER, input=[700 * MIB]), memory_limit=600 * MIB, memory_share=600 * MIB)
    assert not run(job)
    status, message = end(job)
    assert status == "Failed"
    assert "over its limit of 0.6 GiB (m5.test); give it a larger instance_type" in str(message)
    assert log(job)[-1] == f"ERROR: {message}"


def test_a_job_over_its_part_of_a_machine_without_memory_fails_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fused_spec.engine.processes.guard._is_short_of_memory", lambda: True)
    job = job_folder(tmp_path, udf_step(EATER, input=[700 * MIB]), memory_share=600 * MIB)
    assert not run(job)
    message = str(end(job)[1])
    assert re.match(r"the memory of the machine was used up, and the job held \d\.\d GiB where 0\.6 GiB", message)
    assert "where 0.6 GiB are set aside for it; name an instance_type" in message


def test_the_memory_of_all_processes_of_a_job_counts_together(tmp_path: Path) -> None:
    step = udf_step(EATER, input=[350 * MIB, 350 * MIB])
    job = job_folder(tmp_path, step, memory_limit=600 * MIB, memory_share=600 * MIB)
    assert not run(job)
    assert "of memory, over its limit" in str(end(job)[1])


def test_ignored_chunk_errors_do_not_cover_the_limit(tmp_path: Path) -> None:
    step = udf_step(EATER, input=[1, 700 * MIB, 2], ignore_chunk_error=True)
    job = job_folder(tmp_path, step, memory_limit=600 * MIB, memory_share=600 * MIB)
    assert not run(job)
    assert "of memory, over its limit" in str(end(job)[1])


def test_what_processes_share_counts_once(tmp_path: Path) -> None:
    shared = bytearray(200 * MIB)
    shared[::4096] = b"x" * len(shared[::4096])
    here, there = os.pipe()
    pids = []
    for _ in range(3):
        if (pid := fork()) == 0:
            os.close(there)
            os.read(here, 1)
            os._exit(0)
        pids.append(pid)
    together = memory_in_use([os.getpid(), *pids], exact_above=0)
    os.close(there)
    for pid in pids:
        os.waitpid(pid, 0)
    assert together < memory_in_use([os.getpid()], exact_above=0) + 200 * MIB


def test_processes_that_left_the_session_end_with_the_job(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step(DAEMON.format(then="return 1")))
    assert run(job)
    assert is_gone(int(log(job)[1]))


def test_processes_whose_parents_are_gone_end_with_the_job(tmp_path: Path) -> None:
    code = """\
import os, time
def udf():
    if os.fork() == 0:
        os.setsid()
        if (pid := os.fork()) == 0:
            time.sleep(600)
        print(pid, flush=True)
        os._exit(0)
    os.wait()
    raise ValueError("failed")
"""
    job = job_folder(tmp_path, udf_step(code))
    assert not run(job)
    assert is_gone(int(log(job)[1]))


def test_a_task_that_exits_fails_and_leaves_nothing(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step(DAEMON.format(then="os._exit(3)")))
    assert not run(job)
    assert "ended by itself with exit code 3" in str(end(job)[1])
    assert is_gone(int(log(job)[1]))


def test_processes_without_end_are_stopped_at_their_number(tmp_path: Path) -> None:
    code = "import subprocess\ndef udf():\n    while True:\n        subprocess.Popen(['sleep', '600'])\n"
    job = job_folder(tmp_path, udf_step(code), process_limit=50)
    before = set(descendants(os.getpid()))  # other tests may have left a service that is about to stop
    assert not run(job)
    assert "processes, and may have 50 at once" in str(end(job)[1])
    assert set(descendants(os.getpid())) <= before


def test_a_job_over_its_disk_fails_and_says_what_to_change(tmp_path: Path) -> None:
    code = f"""\
import tempfile, time
def udf():
    for number in range(4):
        with open(tempfile.gettempdir() + f"/{{number}}", "wb") as stream:
            stream.write(bytes({20 * MIB}))
    time.sleep(600)
"""
    job = job_folder(tmp_path, udf_step(code), disk_limit=50 * MIB)
    assert not run(job)
    assert "over its limit of 50 MiB; give it a larger disk_size_gb" in str(end(job)[1])


def test_no_file_grows_over_the_disk(tmp_path: Path) -> None:
    code = f"def udf():\n    with open({str(tmp_path / 'large')!r}, 'wb') as s:\n        s.write(bytes({60 * MIB}))\n"
    job = job_folder(tmp_path, udf_step(code), disk_limit=50 * MIB)
    assert not run(job)
    assert "OSError: [Errno 27] File too large" in str(end(job)[1])


def test_a_disk_larger_than_any_is_no_limit(tmp_path: Path) -> None:
    assert run(job_folder(tmp_path, udf_step("def udf():\n    return 1\n"), disk_limit=10**24))


def test_temporary_files_go_with_the_job(tmp_path: Path) -> None:
    code = "import tempfile\ndef udf():\n    return tempfile.mkdtemp()\n"
    job = job_folder(tmp_path, udf_step(code))
    assert run(job)
    place = Path(content(job, "0.html").decode())
    assert tmp_path / "scratch" in place.parents
    assert not (tmp_path / "scratch").exists()


def test_a_cancelled_worker_ends_even_tasks_that_take_no_signal(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = f"""\
import os, signal, time
def udf():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with open({str(pipe)!r}, "w") as stream:
        stream.write(str(os.getpid()))
    time.sleep(600)
"""
    job = job_folder(tmp_path, udf_step(code))
    if (worker := fork()) == 0:
        run_and_exit(job)
    task = int(pipe.read_text())
    os.killpg(worker, signal.SIGTERM)
    assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == -signal.SIGTERM
    assert is_gone(task)


class Careless:
    """Has a signal come where what its handler raises is lost."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __del__(self) -> None:
        os.kill(os.getpid(), self.number)


@pytest.mark.parametrize(
    ("number", "memory", "heard"), [(signal.SIGTERM, 2**40, Cancelled), (signal.SIGALRM, 1, OverLimit)]
)
def test_what_a_worker_is_told_where_nobody_hears_it_ends_it_all_the_same(
    tmp_path: Path, number: int, memory: int, heard: type[BaseException]
) -> None:
    limits = Limits(memory=memory, share=memory, disk=None, processes=1000, machine="m5.test")
    if (worker := fork()) == 0:
        code = 1
        try:
            with guarded(limits, tmp_path):
                Careless(number)
        except heard:
            code = 7
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == 7


def test_tasks_do_not_outlive_a_worker_that_is_killed(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = f"import os, time\ndef udf():\n    open({str(pipe)!r}, 'w').write(str(os.getpid()))\n    time.sleep(600)\n"
    job = job_folder(tmp_path, udf_step(code))
    if (worker := fork()) == 0:
        run_and_exit(job)
    task = psutil.Process(int(pipe.read_text()))
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    gone, _ = psutil.wait_procs([task], timeout=PATIENCE)
    assert gone


def test_a_job_takes_the_processors_that_it_is_given(tmp_path: Path) -> None:
    code = "import os\ndef udf():\n    return sorted(os.sched_getaffinity(0))\n"
    one = min(os.sched_getaffinity(0))
    job = job_folder(tmp_path, udf_step(code), processors=[one])
    assert run(job)
    assert json.loads(content(job, "0.json")) == [one]
