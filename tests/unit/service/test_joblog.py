"""Answers from a job's log file."""

import json
import tracemalloc
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.service.workers.joblog import add_line, last_message, log_part


def log_answer(path: Path, since_ms: int | None) -> bytes:
    part = log_part(path, since_ms)
    content = b"".join(part.as_list())
    assert len(content) == part.length
    return content


def write(path: Path, *lines: tuple[int, str], rest: str = "") -> None:
    text = "".join(json.dumps({"timestamp": at, "message": message}) + "\n" for at, message in lines)
    path.write_text(text + rest, encoding="utf-8")


def messages(path: Path, since_ms: int | None = None) -> list[str]:
    return [line["message"] for line in json.loads(log_answer(path, since_ms))]


def test_a_job_without_a_log_has_no_lines(tmp_path: Path) -> None:
    assert log_answer(tmp_path / "log", None) == b"[]"


def test_a_line_that_is_still_being_written_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "log", (1, "a"), rest='{"timestamp": 2, "mes')
    assert messages(tmp_path / "log") == ["a"]


def test_since_takes_that_moment_in(tmp_path: Path) -> None:
    write(tmp_path / "log", (1, "a"), (2, "b"), (2, "c"), (3, "d"))
    assert messages(tmp_path / "log", 2) == ["b", "c", "d"]


def test_the_last_word_comes_after_all_others_in_time_too(tmp_path: Path) -> None:
    far = 9_999_999_999_999
    write(tmp_path / "log", (far, "a"), rest="half a li")
    add_line(tmp_path / "log", "ERROR: gone")
    assert json.loads(log_answer(tmp_path / "log", None)) == [
        {"timestamp": far, "message": "a"},
        {"timestamp": far, "message": "ERROR: gone"},
    ]


def test_the_last_word_may_be_the_only_one(tmp_path: Path) -> None:
    add_line(tmp_path / "log", "canceled")
    assert messages(tmp_path / "log") == ["canceled"]


@given(
    steps=st.lists(st.integers(0, 3), max_size=60),
    texts=st.lists(st.text(max_size=200), min_size=1, max_size=5),
    since=st.integers(-1, 120),
)
def test_every_moment_finds_exactly_its_lines(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], texts: list[str], since: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "bisected"
    lines = [(at, texts[number % len(texts)]) for number, at in enumerate(accumulate(steps))]
    write(path, *lines, rest='{"timestamp": 1000')
    found = [(line["timestamp"], line["message"]) for line in json.loads(log_answer(path, since))]
    assert found == [(at, text) for at, text in lines if at >= since]


def test_a_long_log_is_answered_in_little_memory(tmp_path: Path) -> None:
    lines = b"".join(b'{"timestamp": %d, "message": "a line of a job"}\n' % at for at in range(200_000))
    (tmp_path / "log").write_bytes(lines)
    tracemalloc.start()
    try:
        size = sum(map(len, log_part(tmp_path / "log", 1000).as_list()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 9_000_000
    assert peak < 4_000_000


def test_the_last_message_is_told_without_the_rest(tmp_path: Path) -> None:
    write(tmp_path / "log", (1, "a"), (2, "ERROR: b"), rest='{"timestamp": 3')
    assert last_message(tmp_path / "log") == "ERROR: b"
    assert last_message(tmp_path / "none") is None
