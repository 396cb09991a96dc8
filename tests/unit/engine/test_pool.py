"""Tasks in real forked processes, and what becomes of their output, deaths and answers."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from fused_spec.engine.log import LogWriter
from fused_spec.engine.pool import Answer, run_tasks
from fused_spec.jobdir import read_lines


def answered(
    call: Callable[[int], Answer], tasks: Sequence[int], tmp_path: Path, *, processes: int = 2
) -> dict[int, Answer]:
    with LogWriter(tmp_path / "log") as log:
        answers = list(run_tasks(call, tasks, processes=processes, log=log))
    assert len({answer["index"] for answer in answers}) == len(answers)
    return {answer["index"]: answer for answer in answers}


def logged(tmp_path: Path) -> list[str]:
    return [line["message"] for line, _ in read_lines(tmp_path / "log")]


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_every_task_is_answered_once(processes: int, tmp_path: Path) -> None:
    answers = answered(lambda index: {"square": index * index}, range(300), tmp_path, processes=processes)
    assert [answers[index]["square"] for index in range(300)] == [index * index for index in range(300)]


def test_no_task_is_no_answer(tmp_path: Path) -> None:
    assert answered(lambda _: {}, [], tmp_path) == {}


def test_tasks_run_in_other_processes(tmp_path: Path) -> None:
    assert answered(lambda _: {"pid": os.getpid()}, [0], tmp_path)[0]["pid"] != os.getpid()


def test_no_more_processes_are_made_than_there_are_tasks(tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children()}

    def siblings(_: int) -> Answer:
        return {"made": len({child.pid for child in psutil.Process(os.getppid()).children()} - before)}

    answers = answered(siblings, [0, 1], tmp_path, processes=9)
    assert max(answer["made"] for answer in answers.values()) <= 2


def test_what_tasks_print_is_logged_line_by_line(tmp_path: Path) -> None:
    def shout(index: int) -> Answer:
        print(f"out {index}\nagain")
        print(f"err {index}", file=sys.stderr)
        return {}

    answered(shout, [0], tmp_path)
    assert logged(tmp_path) == ["out 0", "again", "err 0"]


def test_what_programs_below_a_task_print_is_logged(tmp_path: Path) -> None:
    answered(lambda _: {"code": subprocess.run(["echo", "below"], check=True).returncode}, [0], tmp_path)
    assert logged(tmp_path) == ["below"]


def test_a_last_line_without_its_end_is_logged(tmp_path: Path) -> None:
    def murmur(_: int) -> Answer:
        print("so far", end="")
        return {}

    answered(murmur, [0], tmp_path)
    assert logged(tmp_path) == ["so far"]


def test_much_output_does_not_block(tmp_path: Path) -> None:
    def chatter(index: int) -> Answer:
        for number in range(20_000):
            print(index, number)
        return {}

    answered(chatter, [0, 1], tmp_path)
    assert len(logged(tmp_path)) == 2 * 20_000


def test_a_process_that_exits_fails_its_task_only(tmp_path: Path) -> None:
    answers = answered(lambda index: os._exit(3) if index == 7 else {}, range(20), tmp_path)
    failed = {index: answer["error"] for index, answer in answers.items() if "error" in answer}
    assert failed == {7: "the process ended by itself with exit code 3"}
    assert len(answers) == 20


def test_a_process_that_is_killed_says_by_what(tmp_path: Path) -> None:
    def die(_: int) -> Answer:
        print("last words", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
        return {}

    [answer] = answered(die, [0], tmp_path).values()
    assert answer["error"] == "the process was ended by SIGKILL; it may have run out of memory"
    assert logged(tmp_path) == ["last words"]


def test_every_process_may_die_at_every_task(tmp_path: Path) -> None:
    answers = answered(lambda _: os._exit(1), range(6), tmp_path)
    assert [answers[index]["error"][:11] for index in range(6)] == ["the process"] * 6


def test_a_process_that_dies_without_a_task_is_not_missed(tmp_path: Path) -> None:
    wait_read, wait_write = os.pipe()

    def say_who(index: int) -> Answer:
        if index:
            os.read(wait_read, 1)
        return {"pid": os.getpid()}

    with LogWriter(tmp_path / "log") as log:
        answers = run_tasks(say_who, [0, 1], processes=2, log=log)
        os.kill(next(answers)["pid"], signal.SIGKILL)
        os.write(wait_write, b"x")
        assert [answer["index"] for answer in answers] == [1]
    os.close(wait_read)
    os.close(wait_write)


def test_a_fault_of_the_engine_is_an_answer_with_a_traceback_in_the_log(tmp_path: Path) -> None:
    answers = answered(lambda index: {"x": 1 // index}, [0, 1], tmp_path)
    assert answers[0]["error"].startswith("the engine failed: ZeroDivisionError")
    assert answers[1]["x"] == 1
    assert "Traceback (most recent call last):" in logged(tmp_path)


def test_closing_ends_busy_and_idle_processes(tmp_path: Path) -> None:
    def wait_for_ever(index: int) -> Answer:
        if index:
            signal.pause()
        return {}

    before = set(psutil.Process().children())
    with (
        LogWriter(tmp_path / "log") as log,
        closing(run_tasks(wait_for_ever, range(3), processes=3, log=log)) as answers,
    ):
        assert next(answers)["index"] == 0
    assert set(psutil.Process().children()) <= before
