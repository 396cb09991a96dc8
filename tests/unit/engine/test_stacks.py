"""What is left of a task that is ended by a fault, a cancel or a limit: its stack, its input, its memory."""

import os
import signal
from pathlib import Path

from fused_spec.engine.processes.stacks import stack_in
from fused_spec.jobs.tasks import Task, TaskState, tasks_in
from fused_spec.udfs.code_places import CodePlace, fingerprint, places_to_json
from tests.unit.engine.running import end, ended, job_folder, log, run, started, udf_step
from tests.waiting import until

MIB = 2**20
CRASH = """\
import ctypes

def deep(x):
    ctypes.string_at(0)

def udf(x):
    if x == 2:
        deep(x)
    return x
"""
HANG = """\
import threading, time, pathlib

def udf(x, marks):
    pathlib.Path(marks, str(x)).touch()
    time.sleep(600)
"""
EATER = """\
import time
def udf(size):
    kept = bytearray(size)
    kept[::4096] = b"x" * len(kept[::4096])
    time.sleep(600)
"""


def told(job_path: Path) -> dict[int, Task]:
    with (job_path / "tasks.jsonl").open("rb") as lines:
        return {task.index: task for task in tasks_in(lines)}


def named(code: str) -> dict[str, object]:
    """The metadata of a job whose code stands in a file of a project."""
    places = places_to_json({fingerprint(code): CodePlace("udfs/area.py")})
    return {"fused-spec": {"code": places}}


def test_a_segmentation_fault_leaves_its_stack_and_names_its_input(tmp_path: Path) -> None:
    step = udf_step(CRASH, input=[1, 2])
    job = job_folder(tmp_path, step, config={"steps": [step], "metadata": named(CRASH)})
    assert not run(job)
    assert end(job)[1] == ("step 1 of 1 (udf) failed: input 1: the process was ended by SIGSEGV at udfs/area.py:4")
    lines = log(job)
    begin = lines.index("task 1 was here when it was ended:")
    assert lines[begin + 1] == '  File "udfs/area.py", line 8, in udf'
    assert lines[begin + 2] == '  File "udfs/area.py", line 4, in deep'
    assert not any("fused_spec/engine" in line for line in lines)


def test_the_record_of_a_segmentation_fault_tells_where_and_how_much_memory(tmp_path: Path) -> None:
    step = udf_step(CRASH, input=[2])
    job = job_folder(tmp_path, step, config={"steps": [step], "metadata": named(CRASH)})
    run(job)
    task = told(job.path)[0]
    assert (task.state, task.where) == (TaskState.FAILED, "udfs/area.py:4")
    assert task.signature == "the process was ended by SIGSEGV"
    assert task.peak_memory is not None
    assert task.peak_memory > MIB


def test_a_cancelled_run_leaves_the_stack_of_each_running_task(tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    inputs = [{"x": number, "marks": str(marks)} for number in range(2)]
    step = udf_step(HANG, input=inputs)
    job = job_folder(tmp_path, step, config={"steps": [step], "metadata": named(HANG)})
    worker = started(job)
    until(lambda: len(list(marks.iterdir())) == 2, "both tasks run")
    os.killpg(worker, signal.SIGTERM)
    assert ended(worker) == -signal.SIGTERM
    lines = log(job)
    for number in range(2):
        begin = lines.index(f"task {number} was here when it was ended:")
        assert lines[begin + 1] == '  File "udfs/area.py", line 5, in udf'
    assert {task.where for task in told(job.path).values()} == {"udfs/area.py:5"}


def test_a_task_that_is_ended_with_a_failed_step_leaves_no_stack(tmp_path: Path) -> None:
    code = "import time\ndef udf(x):\n    time.sleep(600 if x else 0)\n    raise ValueError(x)\n"
    job = job_folder(tmp_path, udf_step(code, input=[1, 0]))
    run(job)
    assert not any("was here" in line for line in log(job))


def test_a_run_over_its_memory_names_the_input_that_held_most_and_where_it_was(tmp_path: Path) -> None:
    step = udf_step(EATER, input=[MIB, 700 * MIB])
    job = job_folder(
        tmp_path,
        step,
        config={"steps": [step], "metadata": named(EATER)},
        memory_limit=600 * MIB,
        memory_share=600 * MIB,
    )
    assert not run(job)
    assert "; input 1 held 0." in str(end(job)[1])
    assert " GiB of it at udfs/area.py:" in str(end(job)[1])
    tasks = told(job.path)
    assert tasks[0].state is TaskState.CANCELLED
    assert tasks[1].state is TaskState.FAILED
    assert str(tasks[1].error).startswith("out of memory: it held 0.")
    assert (tasks[1].peak_memory or 0) > 300 * MIB


def test_what_a_task_forks_and_ends_is_no_stack_of_the_task(tmp_path: Path) -> None:
    code = """\
import os, signal, time
def udf():
    begun, tell = os.pipe()
    if (pid := os.fork()) == 0:
        os.write(tell, b"x")
        time.sleep(600)
    os.read(begun, 1)
    os.kill(pid, signal.SIGTERM)
    os.waitpid(pid, 0)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    job = job_folder(tmp_path, udf_step(code))
    run(job)
    assert not any("was here" in line for line in log(job))


def test_of_threads_the_one_at_work_stands_first() -> None:
    text = """\
Thread 0x00007f01 (most recent call first):
  File "/usr/lib/python3.12/threading.py", line 5 in wait
  File "udfs/a.py", line 3 in other

Current thread 0x00007f02 (most recent call first):
  File "udfs/a.py", line 9 in udf
"""
    stack = stack_in(text)
    assert stack is not None
    assert stack.where == "udfs/a.py:9"
    assert stack.lines[:2] == ("thread 1 of 2:", '  File "udfs/a.py", line 9, in udf')


def test_a_file_with_letters_beyond_ascii_has_its_name() -> None:
    text = 'Current thread 0x1 (most recent call first):\n  File "udfs/caf\\xe9.py", line 9 in udf\n'
    stack = stack_in(text)
    assert stack is not None
    assert stack.where == "udfs/café.py:9"


def test_what_is_no_stack_is_none() -> None:
    assert stack_in("nonsense\n  File here\n") is None
