"""A job's log and events as they stand in their files."""

import errno
import json
import tracemalloc
from io import FileIO
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.engine.reporting.log import EventLog, LogWriter, append_lines
from fused_spec.jobs.folder import read_lines
from fused_spec.jobs.log_origins import UNKNOWN, Origin, Span, Stream, covering, spans
from fused_spec.messages.redaction import MASK, Redactor

OUT, ERR = Origin(7, Stream.STDOUT), Origin(7, Stream.STDERR)


def written(tmp_path: Path, *texts: str, times: tuple[int, ...] = ()) -> list[dict[str, Any]]:
    clock = iter((*times, *([5] * len(texts))))
    with LogWriter(tmp_path / "log", lambda: next(clock)) as log:
        for text in texts:
            log.write(text)
    return [line for line, _ in read_lines(tmp_path / "log")]


def write_and_flush(log: LogWriter, text: str) -> None:
    log.write(text)
    log.flush()


def test_each_line_is_an_entry(tmp_path: Path) -> None:
    assert [line["message"] for line in written(tmp_path, "a\nb", "c")] == ["a", "b", "c"]


def test_an_empty_line_is_an_entry(tmp_path: Path) -> None:
    assert [line["message"] for line in written(tmp_path, "")] == [""]


def test_timestamps_never_go_back(tmp_path: Path) -> None:
    assert [line["timestamp"] for line in written(tmp_path, "a", "b", "c", times=(7, 6, 8))] == [7, 7, 8]


def test_a_very_long_line_is_cut(tmp_path: Path) -> None:
    assert [len(line["message"]) for line in written(tmp_path, "x" * 70_000)] == [65536, 70_000 - 65536]


def test_a_secret_that_two_parts_of_a_line_halve_is_masked(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "log") as log:
        log.mask = Redactor(["correct-horse"])
        rest = log.write_part("a correct-")
        log.write(rest + "horse b")
    assert [line["message"] for line, _ in read_lines(tmp_path / "log")] == ["a ", f"{MASK} b"]


def test_a_secret_that_two_texts_halve_is_masked(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "log") as log:
        log.mask = Redactor(["correct-horse"])
        log.write_parts([("a correct-", OUT), ("between\n", ERR), ("horse b\nc\n", OUT)])
    assert [line["message"] for line, _ in read_lines(tmp_path / "log")] == [
        f"a {MASK}",
        "between",
        f"{MASK} b",
        "c",
    ]


def test_characters_beyond_unicode_do_not_stop_the_log(tmp_path: Path) -> None:
    assert written(tmp_path, "a\udc80b é")[0]["message"] == "a?b é"


def test_flushed_lines_are_there_at_once(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "log") as log:
        log.write("a")
        log.flush()
        assert len(list(read_lines(tmp_path / "log"))) == 1


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=50), max_size=20))
def test_every_text_comes_back_as_its_lines(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "any-text"
    path.unlink(missing_ok=True)
    with LogWriter(path) as log:
        for text in texts:
            log.write(text)
    expected = [line for text in texts for line in text.splitlines() or [""]]
    assert [line["message"] for line, _ in read_lines(path)] == expected


def test_an_entry_is_what_the_json_library_writes(tmp_path: Path) -> None:
    written(tmp_path, 'é "quoted" \\ \x1b[0m\t')
    entry = {"timestamp": 5, "message": 'é "quoted" \\ \x1b[0m\t'}
    assert (tmp_path / "log").read_text(encoding="utf-8") == json.dumps(entry, ensure_ascii=False) + "\n"


def test_a_million_characters_wait_in_little_memory(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "log") as log:
        tracemalloc.start()
        try:
            for _ in range(100):
                log.write_lines(["x" * 1000] * 100)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert (tmp_path / "log").stat().st_size > 10_000_000
    assert peak < 3_000_000


def test_a_full_disk_is_told_once_and_then_does_not_stand_in_the_way() -> None:
    with LogWriter(Path("/dev/full")) as log:
        with pytest.raises(OSError) as caught:
            write_and_flush(log, "a")
        assert caught.value.errno == errno.ENOSPC
        write_and_flush(log, "ERROR: the disk is full")


def test_an_event_is_there_at_once(tmp_path: Path) -> None:
    EventLog(tmp_path / "events", lambda: 5).add("running", pid=7)
    assert [line for line, _ in read_lines(tmp_path / "events")] == [{"timestamp": 5, "event": "running", "pid": 7}]


class SmallDisk(FileIO):
    """A file that takes so many bytes, and then no more."""

    room = 0

    def write(self, content: Any) -> int:
        if self.room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = super().write(bytes(content)[: self.room])
        self.room -= taken
        return taken


@pytest.mark.parametrize("room", range(12))
def test_a_line_for_which_there_is_no_room_leaves_nothing_behind(tmp_path: Path, room: int) -> None:
    with SmallDisk(tmp_path / "log", "ab") as file:
        file.room = room
        with pytest.raises(OSError, match="No space"):
            append_lines(file, b"one\ntwo\nthree\n")
        file.room = 100
        append_lines(file, b"end\n")
    assert (tmp_path / "log").read_bytes() in (b"end\n", b"one\nend\n", b"one\ntwo\nend\n")


def told(tmp_path: Path) -> list[tuple[str, int | None, int | None, str | None]]:
    """The messages of the log, each with its step, its task and its stream."""
    content = (tmp_path / "log").read_bytes()
    return [
        (json.loads(line)["message"], span.step, span.task, span.stream)
        for span in covering(tmp_path / "origins", 0, len(content))
        for line in content[span.at : span.end].splitlines()
    ]


def test_each_line_is_told_with_who_wrote_it(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "log", origins=tmp_path / "origins") as log:
        log.write("step 1")
        with log.step(1):
            log.write("a\nb\n", OUT)
            log.write("c", ERR)
            log.flush()
            log.write("d", Origin(8, Stream.STDOUT))
        log.write("done")
    assert told(tmp_path) == [
        ("step 1", None, None, "service"),
        ("a", 1, 7, "stdout"),
        ("b", 1, 7, "stdout"),
        ("c", 1, 7, "stderr"),
        ("d", 1, 8, "stdout"),
        ("done", None, None, "service"),
    ]


def test_a_step_that_is_one_task_has_its_lines_whichever_process_printed_them(tmp_path: Path) -> None:
    with LogWriter(tmp_path / "log", origins=tmp_path / "origins") as log, log.step(2, only_task=0):
        log.write("a", Origin(30, Stream.STDERR))
        log.write("b")
    assert told(tmp_path) == [("a", 2, 0, "stderr"), ("b", None, None, "service")]


def test_what_nobody_told_of_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "origins").write_bytes(Span(10, 5, 1, 7, Stream.STDOUT).to_json() + b"[15, 5, 1")
    unknown = [span for span in covering(tmp_path / "origins", 0, 30) if (span.task, span.stream) == UNKNOWN]
    assert [(span.at, span.end) for span in unknown] == [(0, 10), (15, 30)]


@given(sizes=st.lists(st.integers(1, 9), max_size=40), start=st.integers(0, 200), length=st.integers(0, 100))
def test_every_part_of_a_log_is_covered_once(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], start: int, length: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "origins"
    ends = list(accumulate(sizes))
    whole = [Span(end - size, size, 1, size, Stream.STDOUT) for end, size in zip(ends, sizes, strict=True)]
    path.write_bytes(b"".join(span.to_json() for span in whole if span.task != 3))
    byte_of = {at: span.task for span in whole if span.task != 3 for at in range(span.at, span.end)}
    found = list(covering(path, start, start + length))
    assert [at for span in found for at in range(span.at, span.end)] == list(range(start, start + length))
    assert all(byte_of.get(at) == span.task for span in found for at in range(span.at, span.end))
    of_five = [at for span in spans(path, start, start + length, task=5) for at in range(span.at, span.end)]
    assert of_five == [at for at in range(start, start + length) if byte_of.get(at) == 5]
