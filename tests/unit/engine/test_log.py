"""A job's log and events as they stand in their files."""

from pathlib import Path
from typing import Any

from fused_spec.engine.log import Journal, LogWriter
from fused_spec.jobdir import read_lines


def written(tmp_path: Path, *texts: str, times: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    clock = iter((*times, *([5] * len(texts))))
    with LogWriter(tmp_path / "log", lambda: next(clock)) as log:
        for text in texts:
            log.write(text)
    return [line for line, _ in read_lines(tmp_path / "log")]


def test_each_line_is_an_entry(tmp_path: Path) -> None:
    assert [line["message"] for line in written(tmp_path, "a\nb", "c")] == ["a", "b", "c"]


def test_an_empty_line_is_an_entry(tmp_path: Path) -> None:
    assert [line["message"] for line in written(tmp_path, "")] == [""]


def test_timestamps_never_go_back(tmp_path: Path) -> None:
    assert [line["timestamp"] for line in written(tmp_path, "a", "b", "c", times=(7, 6, 8))] == [7, 7, 8]


def test_a_very_long_line_is_cut(tmp_path: Path) -> None:
    assert [len(line["message"]) for line in written(tmp_path, "x" * 70_000)] == [65536, 70_000 - 65536]


def test_characters_beyond_unicode_do_not_stop_the_log(tmp_path: Path) -> None:
    assert written(tmp_path, "a\udc80b é")[0]["message"] == "a?b é"


def test_flushed_lines_are_there_at_once(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "log") as log:
        log.write("a")
        log.flush()
        assert len(list(read_lines(tmp_path / "log"))) == 1


def test_an_event_is_there_at_once(tmp_path: Path) -> None:
    Journal(tmp_path / "events", lambda: 5).add("running", pid=7)
    assert [line for line, _ in read_lines(tmp_path / "events")] == [{"timestamp": 5, "event": "running", "pid": 7}]
