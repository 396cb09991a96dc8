"""UDFs on a Dask cluster of real processes: what comes back, and what becomes of workers and tasks that die."""

import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from fused_spec.engine.cluster.worker import Sealed
from fused_spec.jobs.folder import JobDir
from fused_spec.jobs.tasks import RunningTask, standing_in
from fused_spec.system.landlock import version
from tests.unit.engine.building import grid, saved
from tests.unit.engine.cluster import Cluster, cluster
from tests.unit.engine.running import (
    content,
    end,
    ended,
    job_folder,
    log,
    metadata,
    results,
    run,
    started,
    told,
    udf_step,
)
from tests.waiting import PATIENCE, until

# Its processes take a second to start, so all tests here share them; pytest-xdist keeps the group on one process.
pytestmark = [
    pytest.mark.xdist_group("dask"),
    # What distributed does with its sockets and warnings is its own.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning:distributed"),
]

MIB = 2**20
EVERY_KIND = """\
import sys
def udf(x):
    import pandas as pd
    print("out", x)
    print("err", x, file=sys.stderr)
    if x == 3:
        raise ValueError("three is no good")
    return [7, "text", b"bytes", None, pd.DataFrame({"a": [1, 2]}), {"a": x}, "x" * 300_000][x]
"""


def test_results_are_those_of_the_process_pool(dask: Cluster, tmp_path: Path) -> None:
    def kept(engine: str | None) -> list[Any]:
        folder = tmp_path / str(engine is None)
        folder.mkdir()
        step = udf_step(EVERY_KIND, input=list(range(7)), ignore_chunk_error=True)
        job = job_folder(folder, step, engine=engine)
        assert run(job), "\n".join(log(job))
        names = [str(result.name) for result in results(job)]
        return [(name, content(job, name), metadata(job, name)) for name in names]

    assert kept(dask.address) == kept(None)


def test_each_line_is_of_the_task_and_the_stream_that_printed_it(dask: Cluster, tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step(EVERY_KIND, input=[0, 1, 2]), engine=dask.address)
    assert run(job), "\n".join(log(job))
    assert sorted(told(job)[1:-1]) == sorted(
        line for task in range(3) for line in ((f"out {task}", 1, task, "stdout"), (f"err {task}", 1, task, "stderr"))
    )


def test_what_dask_may_log_of_a_job_shows_none_of_its_bytes() -> None:
    sealed = pickle.loads(pickle.dumps(Sealed(b"correct-horse")))
    assert {str(sealed), repr(sealed), f"{sealed}"} == {"<13 bytes>"}


def test_a_secret_in_a_line_too_long_for_the_memory_is_masked(dask: Cluster, tmp_path: Path) -> None:
    secret = "correct-horse" * 7
    (tmp_path / "secrets").write_text(json.dumps({"KEY": secret}), encoding="utf-8")
    step = udf_step(f"def udf():\n    print('-' + ('-' + {secret!r}) * 5000)\n")
    job = job_folder(tmp_path, step, engine=dask.address, provided={"secrets": str(tmp_path / "secrets")})
    assert run(job), "\n".join(log(job))
    assert not any("horse" in line or "correct" in line for line in log(job))


@pytest.mark.thorough
def test_what_a_task_prints_is_logged_in_its_order(dask: Cluster, tmp_path: Path) -> None:
    code = "def udf(x):\n    for number in range(50):\n        print(x, number)\n"
    job = job_folder(tmp_path, udf_step(code, input=[0, 1, 2]), engine=dask.address)
    assert run(job)
    for task in "012":
        lines = [line for line in log(job) if line.startswith(f"{task} ")]
        assert lines == [f"{task} {number}" for number in range(50)]


@pytest.mark.thorough
def test_a_failing_element_fails_the_job(dask: Cluster, tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf(x):\n    return 1 / x\n", input=[1, 0]), engine=dask.address)
    assert not run(job)
    assert end(job)[1] == "step 1 of 1 (udf) failed: input 1: ZeroDivisionError: division by zero"


@pytest.mark.thorough
def test_a_task_that_failed_is_tried_again(dask: Cluster, tmp_path: Path) -> None:
    tried = tmp_path / "tried"
    code = (
        "from pathlib import Path\ndef udf(x):\n"
        f"    if x == 1 and not Path({str(tried)!r}).exists():\n"
        f"        Path({str(tried)!r}).touch()\n        raise ValueError('not yet')\n"
        "    return x\n"
    )
    config = {"steps": [udf_step(code, input=[0, 1, 2])], "metadata": {"fused-spec": {"task_retries": 1}}}
    job = job_folder(tmp_path, config=config, engine=dask.address)
    assert run(job), "\n".join(log(job))
    assert sorted(str(result.name) for result in results(job)) == ["0.json", "1.json", "2.json"]
    assert [content(job, f"{number}.json") for number in range(3)] == [b"0", b"1", b"2"]


@pytest.mark.thorough
def test_a_task_that_ends_its_process_leaves_the_worker_alone(dask: Cluster, tmp_path: Path) -> None:
    code = "import os\ndef udf(x):\n    return os._exit(3) if x == 5 else x\n"
    job = job_folder(tmp_path, udf_step(code, input=list(range(10)), ignore_chunk_error=True), engine=dask.address)
    assert run(job)
    failed = {result.index: result.error for result in results(job) if result.error}
    assert failed == {5: "the process ended by itself with exit code 3"}
    assert [process.poll() for process in dask.processes] == [None] * 3


LINKS_IN_RESULTS = """\
import os
def udf(kept):
    results = os.path.join(os.path.dirname(os.environ["FUSED_SPEC_SCRATCH"]), "results")
    os.symlink(kept, os.path.join(results, "other.pack"))
    os.symlink(kept, os.path.join(results, "other"))
    os.mkdir(os.path.join(results, "folder"))
    os.symlink(kept, os.path.join(os.path.dirname(results), "over-limit"))
"""


def test_no_link_of_a_task_leads_the_worker_to_a_file_that_it_then_empties_or_removes(
    dask: Cluster, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    kept.write_text("kept")
    job = job_folder(tmp_path, udf_step(LINKS_IN_RESULTS, input=[{"kept": str(kept)}]), engine=dask.address)
    run(job)
    assert kept.read_text() == "kept"


def test_the_environment_of_the_job_reaches_the_worker_and_secrets_of_the_worker_do_not(
    dask: Cluster, tmp_path: Path
) -> None:
    code = "import os\ndef udf(x):\n    return [os.environ['COLOUR'], os.environ.get('CLUSTER_TOKEN')]\n"
    job = job_folder(tmp_path, udf_step(code, input=[1]), engine=dask.address, env={"COLOUR": "red"})
    assert run(job)
    assert content(job, "0.json") == b'["red", null]'


@pytest.mark.thorough
def test_many_small_tasks_are_each_done_once(dask: Cluster, tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf(x):\n    return x\n", input=list(range(2000))), engine=dask.address)
    assert run(job)
    assert [content(job, str(result.name)) for result in results(job)] == [b"%d" % number for number in range(2000)]


def test_an_ingestion_runs_on_a_worker(dask: Cluster, tmp_path: Path) -> None:
    source = saved(grid(), tmp_path / "a.parquet")
    options = {"partitioning_method": "rows", "partitioning_split_method": "mean", "output": "fd://table"}
    step = {"type": "partition_geospatial", "input": source, **options}
    job = job_folder(tmp_path, step, engine=dask.address)
    assert run(job), "\n".join(log(job))
    assert (tmp_path / "storage" / "table" / "_sample").is_file()
    assert any(line.startswith("wrote 100 rows") for line in log(job))


def test_a_job_with_an_image_runs_on_the_machine_that_has_it(dask: Cluster, tmp_path: Path) -> None:
    code = "import psutil\ndef udf(x):\n    return [process.pid for process in psutil.Process().parents()]\n"
    job = job_folder(tmp_path, udf_step(code, input=[1]), engine=dask.address, python=sys.executable)
    assert run(job), "\n".join(log(job))
    assert os.getpid() in json.loads(content(job, "0.json"))
    assert log(job)[0].startswith("runs on this machine: the workers of the Dask cluster have an environment")


def test_without_a_scheduler_the_job_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fused_spec.engine.cluster.engine._CONNECT_SECONDS", 0.2)
    job = job_folder(tmp_path, udf_step("def udf(x):\n    return x\n", input=[1]), engine="tcp://127.0.0.1:9")
    assert not run(job)
    assert "no Dask scheduler answers at tcp://127.0.0.1:9" in str(end(job)[1])


def test_a_killed_worker_costs_no_result_and_doubles_none(tmp_path: Path) -> None:
    """The worker dies while it runs a batch; what was on it runs again elsewhere."""
    mark = tmp_path / "killed"
    code = f"""\
import os, psutil, signal
def udf(x):
    if x == 20:
        try:
            os.close(os.open({str(mark)!r}, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return x
        os.kill(psutil.Process().parents()[1].pid, signal.SIGKILL)
        signal.pause()
    return x
"""
    with cluster(tmp_path, workers=2) as dask:
        job = job_folder(tmp_path, udf_step(code, input=list(range(40))), engine=dask.address)
        assert run(job), "\n".join(log(job))
        killed = [process.wait() for process in dask.processes if process.poll() is not None]
    assert killed == [-signal.SIGKILL]
    assert [content(job, str(result.name)) for result in results(job)] == [b"%d" % number for number in range(40)]


@pytest.mark.thorough
def test_a_task_under_which_workers_die_fails_and_the_others_do_not(tmp_path: Path) -> None:
    code = """\
import os, psutil, signal
def udf(x):
    if x == 1:
        os.kill(psutil.Process().parents()[1].pid, 9)
        signal.pause()
"""
    with cluster(tmp_path, workers=3, allowed_failures=0) as dask:
        step = udf_step(code, input=[0, 1, 2, 3], ignore_chunk_error=True, n_processes=1)
        job = job_folder(tmp_path, step, engine=dask.address)
        assert run(job), "\n".join(log(job))
    errors = {result.index: result.error for result in results(job)}
    assert str(errors.pop(1)).startswith("1 worker was lost while it ran")
    assert errors == {0: None, 2: None, 3: None}


def test_which_tasks_run_is_told_and_a_segmentation_fault_leaves_its_stack(dask: Cluster, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = f"import ctypes\ndef udf(x):\n    open({str(pipe)!r}).read()\n    ctypes.string_at(0)\n"
    job = job_folder(tmp_path, udf_step(code, input=[1]), engine=dask.address)
    worker = started(job)
    [running] = until(lambda: longest_running(job), "the task is told")
    pipe.write_text("go on")
    assert ended(worker) == 1
    assert (running.step, running.index) == (1, 0)
    assert any("in udf" in line for line in log(job))


def longest_running(job: JobDir) -> Sequence[RunningTask]:
    standing = standing_in(job.progress.read_bytes()) if job.progress.exists() else None
    return standing.longest_running if standing is not None else ()


def test_a_job_that_is_ended_takes_its_tasks_along(dask: Cluster, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = f"import os, signal\ndef udf(x):\n    open({str(pipe)!r}, 'w').write(str(os.getpid()))\n    signal.pause()\n"
    job: JobDir = job_folder(tmp_path, udf_step(code, input=[1]), engine=dask.address)
    with subprocess.Popen([sys.executable, "-m", "fused_spec.engine.jobs.worker", str(job.path)]) as worker:
        task = psutil.Process(int(pipe.read_text()))
        worker.terminate()
    psutil.wait_procs([task], timeout=PATIENCE)
    assert not task.is_running()


@pytest.mark.thorough
def test_what_runs_on_a_killed_worker_ends_with_it_and_leaves_no_files(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = f"""\
import os, signal, tempfile
def udf(x):
    with open({str(pipe)!r}, "w") as stream:
        stream.write(f"{{os.getpid()}} {{tempfile.gettempdir()}}")
    signal.pause()
"""
    with cluster(tmp_path, workers=1) as dask:
        job = job_folder(tmp_path, udf_step(code, input=[1]), engine=dask.address)
        with subprocess.Popen([sys.executable, "-m", "fused_spec.engine.jobs.worker", str(job.path)]) as worker:
            number, place = pipe.read_text().split()
            task = psutil.Process(int(number))
            host = task.parent()
            dask.processes[1].kill()
            psutil.wait_procs([one for one in (task, host) if one], timeout=PATIENCE)
            worker.terminate()
    assert not task.is_running()
    assert not Path(place).parent.exists()


EATER = """\
import time
def udf(size):
    print("wants", size)
    kept = bytearray(size)
    kept[::4096] = b"x" * len(kept[::4096])
    time.sleep(600 if size > 1000000 else 0)
    return size
"""


@pytest.mark.thorough
def test_a_task_over_the_memory_of_its_instance_type_ends_the_job_with_the_message_of_this_machine(
    dask: Cluster, tmp_path: Path
) -> None:
    step = udf_step(EATER, input=[1, 700 * MIB, 2], ignore_chunk_error=True)
    instance = {"name": "m5.small", "memory": 600 * MIB}
    job = job_folder(tmp_path, step, engine=dask.address, instance=instance, memory_limit=2**40, memory_share=2**40)
    assert not run(job)
    message = str(end(job)[1])
    assert message.startswith("the job used ")
    assert "of memory, over its limit of 0.6 GiB (m5.small); give it a larger instance_type" in message
    assert message.endswith("; it was at input 1")
    assert f"wants {700 * MIB}" in log(job)
    assert [process.poll() for process in dask.processes] == [None] * 3


@pytest.mark.thorough
def test_a_task_over_the_memory_of_its_worker_ends_the_job_and_leaves_the_worker(tmp_path: Path) -> None:
    with cluster(tmp_path, workers=1, memory_limit="500MB") as dask:
        job = job_folder(tmp_path, udf_step(EATER, input=[700 * MIB]), engine=dask.address)
        assert not run(job)
        assert "over its limit of 0.5 GiB (what a worker of the Dask cluster has)" in str(end(job)[1])
        again = job_folder(tmp_path / "again", udf_step(EATER, input=[1]), engine=dask.address)
        assert run(again), "\n".join(log(again))
        assert [process.poll() for process in dask.processes] == [None] * 2


@pytest.mark.thorough
def test_processes_without_end_on_a_worker_are_stopped_at_their_number(dask: Cluster, tmp_path: Path) -> None:
    code = "import subprocess\ndef udf(x):\n    while True:\n        subprocess.Popen(['sleep', '600'])\n"
    job = job_folder(tmp_path, udf_step(code, input=[1]), engine=dask.address, process_limit=50)
    assert not run(job)
    assert "processes, and may have 50 at once" in str(end(job)[1])


@pytest.mark.thorough
def test_what_a_task_on_a_worker_left_behind_ends_with_the_process_of_its_job(dask: Cluster, tmp_path: Path) -> None:
    code = """\
import os, subprocess
def udf(x):
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    print(child.pid, flush=True)
    os._exit(3)
"""
    job = job_folder(tmp_path, udf_step(code, input=[1]), engine=dask.address)
    assert not run(job)
    [child] = [int(line) for line in log(job) if line.isdigit()]
    assert not psutil.pid_exists(child)


@pytest.mark.thorough
def test_temporary_files_of_a_task_lie_where_its_worker_removes_them_and_not_beside_its_results(
    dask: Cluster, tmp_path: Path
) -> None:
    code = """\
import shutil, tempfile
def udf(x):
    print(tempfile.gettempdir())
    shutil.rmtree(tempfile.gettempdir())
    return x
"""
    job = job_folder(tmp_path, udf_step(code, input=[1]), engine=dask.address)
    assert run(job), "\n".join(log(job))
    [place] = [Path(line) for line in log(job) if line.startswith("/")]
    folder = next(one for one in place.parents if one.name.startswith("fused-spec-"))
    assert folder.parent.name == Path(tempfile.gettempdir()).name
    assert folder / "results" not in place.parents


IN_A_FOLDER = """\
import os, tempfile
def udf(x, state):
    assert os.listdir(".") == []
    open("out.csv", "x").close()
    open(tempfile.gettempdir() + "/same", "x").close()
    try:
        open(state + "/token", "w").close()
    except PermissionError:
        return [os.getcwd(), "refused"]
    return [os.getcwd(), "written"]
"""


@pytest.mark.thorough
def test_each_task_on_a_worker_starts_in_an_empty_folder_that_goes_with_it(dask: Cluster, tmp_path: Path) -> None:
    (state := tmp_path / "state").mkdir()
    (state / "token").write_text("secret")
    step = udf_step(IN_A_FOLDER, input=[{"x": number, "state": str(state)} for number in range(10)])
    bounds = {"state": str(state), "kept": [], "allowed": []}
    job = job_folder(tmp_path, step, engine=dask.address, confinement=bounds)
    assert run(job), "\n".join(log(job))
    answers = [json.loads(content(job, str(result.name))) for result in results(job)]
    assert not any(Path(place).exists() for place, _ in answers)
    assert sum(" left out.csv in its folder" in line for line in log(job)) == 10
    assert {said for _, said in answers} == {"written" if version() == 0 else "refused"}
    assert (state / "token").read_text() == ("" if version() == 0 else "secret")


@pytest.mark.thorough
def test_what_a_killed_task_on_a_worker_left_is_told(dask: Cluster, tmp_path: Path) -> None:
    code = "import os\ndef udf(x):\n    open('half.csv', 'w').close()\n    os.kill(os.getpid(), 9)\n"
    job = job_folder(tmp_path, udf_step(code, input=[1]), engine=dask.address)
    assert not run(job)
    assert any(" left half.csv in its folder" in line for line in log(job))
