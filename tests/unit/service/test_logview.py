"""Chosen lines of a job's log, with their tasks and streams."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.engine.reporting.log import LogWriter
from fused_spec.jobs.folder import JobDir
from fused_spec.jobs.log_choice import ALL, LogChoice
from fused_spec.jobs.log_origins import OF_SERVICE, Origin, Stream
from fused_spec.service.workers.joblog import add_line
from fused_spec.service.workers.logview import chosen

Written = tuple[str, Origin]
OUT, ERR = Stream.STDOUT, Stream.STDERR


def job_with(folder: Path, *lines: Written) -> JobDir:
    """A job whose log has these lines, each a millisecond after the one before."""
    folder.mkdir(exist_ok=True)
    job = JobDir(folder)
    for file in (job.log, job.log_origins, job.tasks):
        file.unlink(missing_ok=True)
    clock = iter(range(1, len(lines) + 1))
    with LogWriter(job.log, lambda: next(clock), origins=job.log_origins) as log, log.step(1):
        for text, origin in lines:
            log.write(text, origin)
    return job


def answer(job: JobDir, choice: LogChoice = ALL, start: int | None = None) -> tuple[dict[str, Any], list[Any]]:
    head, *lines = b"".join(chosen(job, choice, start).as_lines()).splitlines()
    return json.loads(head), list(map(json.loads, lines))


def texts(job: JobDir, choice: LogChoice) -> list[str]:
    return [line["message"] for line in answer(job, choice)[1]]


@pytest.fixture
def job(tmp_path: Path) -> JobDir:
    return job_with(
        tmp_path,
        ("step 1 of 1: udf", OF_SERVICE),
        ("a tile", Origin(7, OUT)),
        ("a warning", Origin(7, ERR)),
        ("b tile\twide", Origin(8, OUT)),
        ("c tile", Origin(17, OUT)),
        ("d tile", Origin(7, OUT)),
    )


def test_each_line_tells_of_whom_it_is(job: JobDir) -> None:
    head, lines = answer(job)
    assert head == {"end": job.log.stat().st_size, "origins": True, "format_version": "1"}
    assert lines[0] == {"timestamp": 1, "message": "step 1 of 1: udf", "stream": "service"}
    assert lines[2] == {"timestamp": 3, "message": "a warning", "step": 1, "task": 7, "stream": "stderr"}


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (LogChoice(task=7), ["a tile", "a warning", "d tile"]),
        (LogChoice(task=1), []),
        (LogChoice(text="tile"), ["a tile", "b tile\twide", "c tile", "d tile"]),
        (LogChoice(text="t"), ["step 1 of 1: udf", "a tile", "b tile\twide", "c tile", "d tile"]),
        (LogChoice(text="\t"), ["b tile\twide"]),
        (LogChoice(text='", "task"'), []),
        (LogChoice(tail=2), ["c tile", "d tile"]),
        (LogChoice(tail=99, task=8), ["b tile\twide"]),
        (LogChoice(tail=1, task=7, text="a "), ["a warning"]),
        (LogChoice(since_ms=4, task=7), ["d tile"]),
        (LogChoice(since_ms=99), []),
    ],
)
def test_only_what_is_wanted_is_answered(job: JobDir, choice: LogChoice, expected: list[str]) -> None:
    assert texts(job, choice) == expected


def test_the_lines_of_failed_tasks_are_those_of_tasks_that_never_were_well(job: JobDir) -> None:
    ended = [(7, "failed"), (8, "failed"), (7, "succeeded"), (17, "succeeded")]
    job.tasks.write_text("".join(json.dumps({"step": 1, "index": n, "state": how}) + "\n" for n, how in ended))
    assert texts(job, LogChoice(failed=True)) == ["b tile\twide"]


def test_a_later_look_begins_where_the_one_before_ended(job: JobDir) -> None:
    head, _ = answer(job)
    add_line(job.log, "canceled")
    _, lines = answer(job, start=head["end"])
    assert [(line["message"], line["stream"]) for line in lines] == [("canceled", "service")]


def test_while_a_run_goes_on_lines_come_once_it_is_told_whose_they_are(job: JobDir) -> None:
    whole, told = job.log.stat().st_size, job.log_origins.read_bytes()
    job.log_origins.write_bytes(told[: told[:-1].rindex(b"\n") + 1] + b"[1")
    *before, last = [line["message"] for line in answer(job)[1]]
    going_on = chosen(job, ALL, None, is_over=False)
    assert [json.loads(line)["message"] for line in b"".join(going_on.as_lines()).splitlines()[1:]] == before
    job.log_origins.write_bytes(told)
    later = chosen(job, LogChoice(task=7), going_on.end, is_over=False)
    assert later.end == whole
    assert [json.loads(line)["message"] for line in b"".join(later.as_lines()).splitlines()[1:]] == [last]


def test_a_job_without_a_log_has_no_lines_yet(tmp_path: Path) -> None:
    assert answer(JobDir(tmp_path)) == ({"end": 0, "origins": True, "format_version": "1"}, [])


def test_a_log_from_before_origins_were_written_says_so(job: JobDir) -> None:
    job.log_origins.unlink()
    head, lines = answer(job)
    assert head["origins"] is False
    assert lines[1] == {"timestamp": 2, "message": "a tile"}


@given(
    origins=st.lists(st.tuples(st.integers(0, 3), st.sampled_from([OUT, ERR])), min_size=1, max_size=60),
    size=st.integers(1, 3000),
    task=st.none() | st.integers(0, 4),
    tail=st.none() | st.integers(1, 70),
    text=st.none() | st.sampled_from(["1", "line 2"]),
)
def test_any_choice_is_what_a_filter_of_all_lines_leaves(
    tmp_path_factory: pytest.TempPathFactory,
    origins: list[tuple[int, Stream]],
    size: int,
    task: int | None,
    tail: int | None,
    text: str | None,
) -> None:
    lines = [(f"line {number} " + "x" * size, Origin(*origin)) for number, origin in enumerate(origins)]
    job = job_with(tmp_path_factory.getbasetemp() / "chosen", *lines)
    expected = [line for line, origin in lines if task in (None, origin.task) and (text is None or text in line)]
    assert texts(job, LogChoice(task=task, tail=tail, text=text)) == expected[-(tail or 0) :]
