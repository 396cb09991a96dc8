"""Answers from a job's log file."""

import json
from pathlib import Path

from fused_spec.service.joblog import add_line, log_answer


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
