"""Tasks in real forked processes, and what becomes of their output, deaths and answers."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest

from fused_spec.engine.processes.marks import PREFIX
from fused_spec.engine.processes.pool import run_tasks
from fused_spec.engine.processes.task_process import Answer
from fused_spec.engine.reporting.log import LogWriter
from fused_spec.jobs.folder import read_lines
from fused_spec.jobs.log_origins import covering
from fused_spec.messages.redaction import MASK, Redactor


def answered(
    call: Callable[[int], object], tasks: Sequence[int], tmp_path: Path, *, processes: int = 2
) -> dict[int, Answer]:
    """What each task answers: what the call returns, as the text of its record."""

    def task(index: int) -> Answer:
        return Answer(record=json.dumps(call(index)))

    with LogWriter(tmp_path / "log", origins=tmp_path / "origins") as log:
        done = [one for batch in run_tasks(task, tasks, processes=processes, log=log) for one in batch]
    assert len({one.index for one in done}) == len(done)
    return {one.index: one.answer for one in done}


def recorded(answers: dict[int, Answer]) -> list[Any]:
    return [json.loads(answers[index].record) for index in sorted(answers)]


def told(tmp_path: Path) -> list[tuple[str, int | None, str | None]]:
    """The messages of the log, each with its task and its stream."""
    content = (tmp_path / "log").read_bytes()
    return [
        (json.loads(line)["message"], span.task, span.stream)
        for span in covering(tmp_path / "origins", 0, len(content))
        for line in content[span.at : span.end].splitlines()
    ]


def logged(tmp_path: Path) -> list[str]:
    return [line["message"] for line, _ in read_lines(tmp_path / "log")]


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_every_task_is_answered_once(processes: int, tmp_path: Path) -> None:
    answers = answered(lambda index: index * index, range(3000), tmp_path, processes=processes)
    assert recorded(answers) == [index * index for index in range(3000)]


def test_no_task_is_no_answer(tmp_path: Path) -> None:
    assert answered(lambda _: None, [], tmp_path) == {}


def test_tasks_run_in_other_processes(tmp_path: Path) -> None:
    assert recorded(answered(lambda _: os.getpid(), [0], tmp_path)) != [os.getpid()]


def test_no_more_processes_are_made_than_there_are_tasks(tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children()}

    def siblings(_: int) -> int:
        return len({child.pid for child in psutil.Process(os.getppid()).children()} - before)

    assert max(recorded(answered(siblings, [0, 1], tmp_path, processes=9))) <= 2


def test_what_tasks_print_is_logged_line_by_line(tmp_path: Path) -> None:
    def shout(index: int) -> None:
        print(f"out {index}\nagain")
        print(f"err {index}", file=sys.stderr)

    answered(shout, [0], tmp_path)
    assert logged(tmp_path) == ["out 0", "again", "err 0"]


def test_each_line_is_of_the_task_and_the_stream_that_printed_it(tmp_path: Path) -> None:
    def shout(index: int) -> None:
        print(f"out {index}")
        subprocess.run(["sh", "-c", f"echo below {index} >&2"], check=True)

    answered(shout, range(300), tmp_path)
    expected = [(f"out {index}", index, "stdout") for index in range(300)]
    expected += [(f"below {index}", index, "stderr") for index in range(300)]
    assert sorted(told(tmp_path)) == sorted(expected)


def test_what_goes_to_both_streams_keeps_its_order(tmp_path: Path) -> None:
    def alternate(index: int) -> None:
        for number in range(2_000):
            print(index, number, file=sys.stderr if number % 3 else sys.stdout)

    answered(alternate, range(4), tmp_path)
    for index in range(4):
        assert [line for line, task, _ in told(tmp_path) if task == index] == [f"{index} {n}" for n in range(2_000)]


def test_what_a_library_prints_in_a_small_task_is_of_that_task_or_of_none_that_is_known(tmp_path: Path) -> None:
    answered(lambda index: os.write(2, b"%d\n" % index), range(3000), tmp_path)
    assert len(told(tmp_path)) == 3000
    assert {task for line, task, _ in told(tmp_path) if task != int(line)} <= {None}


def test_what_a_library_prints_in_a_long_task_after_small_ones_is_of_that_task(tmp_path: Path) -> None:
    def end_long(index: int) -> None:
        if index == 2000:
            signal.sigtimedwait([], 0.05)
            os.write(2, b"far in\n")
            signal.sigtimedwait([], 0.05)

    answered(end_long, range(2001), tmp_path)
    assert told(tmp_path) == [("far in", 2000, "stderr")]


def test_no_line_is_of_two_tasks(tmp_path: Path) -> None:
    answered(lambda index: print(f"task {index} without an end", end=""), range(3), tmp_path, processes=1)
    assert told(tmp_path) == [(f"task {index} without an end", index, "stdout") for index in range(3)]


def test_a_line_goes_on_behind_what_the_other_stream_got_meanwhile(tmp_path: Path) -> None:
    def murmur(_: int) -> None:
        print("so ", end="", flush=True)
        print("aside", file=sys.stderr)
        print("far")

    answered(murmur, [0], tmp_path)
    assert sorted(told(tmp_path)) == [("aside", 0, "stderr"), ("so far", 0, "stdout")]


def test_no_mark_goes_into_a_file_that_stands_for_a_stream(tmp_path: Path) -> None:
    def redirect(_: int) -> None:
        with (tmp_path / "kept").open("wb") as kept:
            before = os.dup(1)
            os.dup2(kept.fileno(), 1)
            print("aside", file=sys.stderr)
            print("kept")
            os.dup2(before, 1)

    answered(redirect, [0], tmp_path)
    assert (tmp_path / "kept").read_text() == "kept\n"


@pytest.mark.parametrize(
    "text", [f"{PREFIX.decode()}x y", f"{PREFIX.decode()}1", PREFIX.decode(), "\0\x1e", "a\0" * 50_000]
)
def test_what_looks_like_a_mark_and_is_none_is_text(tmp_path: Path, text: str) -> None:
    answered(lambda _: print(text), [0], tmp_path)
    assert "".join(logged(tmp_path)) == "".join(text.splitlines())


def test_what_programs_below_a_task_print_is_logged(tmp_path: Path) -> None:
    answered(lambda _: subprocess.run(["echo", "below"], check=True).returncode, [0], tmp_path)
    assert logged(tmp_path) == ["below"]


def test_a_last_line_without_its_end_is_logged(tmp_path: Path) -> None:
    def murmur(_: int) -> None:
        print("so far", end="")

    answered(murmur, [0], tmp_path)
    assert logged(tmp_path) == ["so far"]


def test_much_output_does_not_block(tmp_path: Path) -> None:
    def chatter(index: int) -> None:
        for number in range(20_000):
            print(index, number)

    answered(chatter, [0, 1], tmp_path)
    assert len(logged(tmp_path)) == 2 * 20_000


def test_a_secret_in_a_line_too_long_for_the_memory_is_masked_wherever_the_line_is_cut(tmp_path: Path) -> None:
    def shout(_: int) -> None:
        print(("-" + "correct-horse" * 7) * 5000)

    with LogWriter(tmp_path / "log") as log:
        log.mask = Redactor(["correct-horse" * 7])
        list(run_tasks(shout, [0], processes=1, log=log))
    assert set("".join(logged(tmp_path))) == set(f"-{MASK}")


def test_a_process_that_exits_fails_its_task_only(tmp_path: Path) -> None:
    answers = answered(lambda index: os._exit(3) if index == 7 else None, range(20), tmp_path)
    failed = {index: answer.error for index, answer in answers.items() if answer.error}
    assert failed == {7: "the process ended by itself with exit code 3"}
    assert len(answers) == 20


def test_a_process_that_is_killed_says_by_what(tmp_path: Path) -> None:
    def die(_: int) -> None:
        print("last words", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

    [answer] = answered(die, [0], tmp_path).values()
    cause = "the process was ended by SIGKILL; it may have run out of memory: it held "
    assert re.fullmatch(cause + r"\d.* [GM]iB at its peak", str(answer.error))
    assert logged(tmp_path) == ["last words"]


def test_every_process_may_die_at_every_task(tmp_path: Path) -> None:
    answers = answered(lambda _: os._exit(1), range(6), tmp_path)
    assert [str(answers[index].error)[:11] for index in range(6)] == ["the process"] * 6


def test_answers_before_a_death_are_not_lost(tmp_path: Path) -> None:
    answers = answered(lambda index: os._exit(1) if index % 100 == 99 else index, range(2000), tmp_path)
    assert [index for index, answer in answers.items() if answer.error is None and int(answer.record) != index] == []
    assert sorted(index for index, answer in answers.items() if answer.error) == list(range(99, 2000, 100))


def test_a_death_is_seen_though_a_process_below_lives_on(tmp_path: Path) -> None:
    def leave_one_behind(_: int) -> None:
        if (pid := os.fork()) == 0:
            signal.pause()
        (tmp_path / "pid").write_text(str(pid))
        os._exit(4)

    [answer] = answered(leave_one_behind, [0], tmp_path).values()
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert answer.error == "the process ended by itself with exit code 4"


def test_tasks_that_turn_out_long_are_shared(tmp_path: Path) -> None:
    """After many short tasks a batch is large; the long ones in it go back to be shared."""

    def slow_at_the_end(index: int) -> int:
        if index >= 900:
            signal.sigtimedwait([], 0.01)
        return os.getpid()

    late = recorded(answered(slow_at_the_end, range(1000), tmp_path))[900:]
    assert min(late.count(pid) for pid in set(late)) >= 20
    assert len(set(late)) == 2


def test_a_process_that_dies_without_a_task_is_not_missed(tmp_path: Path) -> None:
    wait_read, wait_write = os.pipe()

    def say_who(index: int) -> Answer:
        if index:
            os.read(wait_read, 1)
        return Answer(record=str(os.getpid()))

    with LogWriter(tmp_path / "log") as log:
        answers = run_tasks(say_who, [0, 1], processes=2, log=log)
        [[done]] = [next(answers)]
        os.kill(int(done.answer.record), signal.SIGKILL)
        os.write(wait_write, b"x")
        assert [done.index for batch in answers for done in batch] == [1]
    os.close(wait_read)
    os.close(wait_write)


def test_a_fault_of_the_engine_is_an_answer_with_a_traceback_in_the_log(tmp_path: Path) -> None:
    answers = answered(lambda index: 1 // index, [0, 1], tmp_path)
    assert str(answers[0].error).startswith("the engine failed: ZeroDivisionError")
    assert answers[1].record == "1"
    assert "Traceback (most recent call last):" in logged(tmp_path)


def test_closing_ends_busy_and_idle_processes(tmp_path: Path) -> None:
    def wait_for_ever(index: int) -> Answer:
        if index:
            signal.pause()
        return Answer()

    before = set(psutil.Process().children())
    with (
        LogWriter(tmp_path / "log") as log,
        closing(run_tasks(wait_for_ever, range(3), processes=3, log=log)) as answers,
    ):
        assert [done.index for done in next(answers)] == [0]
    assert set(psutil.Process().children()) <= before
