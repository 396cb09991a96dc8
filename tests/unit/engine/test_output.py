"""What comes out of the two pipes of a process, whenever the worker looks into them."""

import os
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.engine.processes.marks import PREFIX, Marks
from fused_spec.engine.processes.output import Output
from fused_spec.engine.processes.telling import Part
from fused_spec.jobs.log_origins import Origin, Stream


class Lines:
    """A log in memory; `meanwhile` is done once, when the first lines come."""

    def __init__(self) -> None:
        self.written: list[tuple[str, int | None, str | None]] = []
        self.meanwhile = iter(())  # type: Iterator[object]

    def write(self, text: str, origin: Origin) -> None:
        self.write_parts([(text, origin)])

    def write_part(self, text: str, origin: Origin) -> str:
        self.write(text, origin)
        return ""

    def write_parts(self, parts: Sequence[Part]) -> None:
        self.written += [(line, *origin) for text, origin in parts for line in text.splitlines()]
        next(self.meanwhile, None)

    def flush(self) -> None:
        """Nothing waits."""


class Process:
    """A process that prints to both streams as Python does."""

    def __init__(self) -> None:
        self.read, self._write = zip(*(os.pipe() for _ in range(2)), strict=True)
        for descriptor in self.read:
            os.set_blocking(descriptor, False)
        self.marks = Marks(*self._write)
        self.output = Output(*self.read)

    def say(self, stream: int, text: str) -> None:
        self.marks.goes_to(stream)
        self.leak(stream, text)

    def leak(self, stream: int, text: str) -> None:
        """Print as a library does."""
        os.write(self._write[stream], text.encode())

    def close(self) -> None:
        for descriptor in (*self.read, *self._write, *self.marks._pipes):
            os.close(descriptor)


@pytest.fixture
def process() -> Iterator[Process]:
    made = Process()
    yield made
    made.close()


def test_what_came_while_the_rest_was_logged_is_known_to_wait(process: Process) -> None:
    log = Lines()
    process.marks.begin(7, is_small=False)
    process.say(1, "a\n")
    log.meanwhile = (process.say(*said) for said in [(0, "b\n"), (1, "c\n")])
    process.output.log_to(log)
    while process.output.waits:
        process.output.log_to(log)
    process.output.log_to(log)
    process.output.log_to(log)
    assert sorted(line for line, _, _ in log.written) == ["a", "b", "c"]
    assert not process.output.waits


def test_what_nobody_marked_is_of_the_only_task_that_can_have_printed_it(process: Process) -> None:
    log = Lines()
    process.marks.begin(7, is_small=True)
    process.leak(1, "from a library\n")
    process.output.log_to(log, lambda: 7)
    process.leak(1, "another\n")
    process.output.log_to(log)
    assert log.written == [("from a library", 7, "stderr"), ("another", None, "stderr")]


def test_a_mark_that_is_read_in_two_pieces_is_a_mark(process: Process) -> None:
    log = Lines()
    whole = PREFIX + b"1 7\n"
    for byte in whole + b"a\n":
        process.leak(0, bytes([byte]).decode())
        process.output.log_to(log)
    assert log.written == [("a", 7, "stdout")]


def test_the_last_line_needs_no_end(process: Process) -> None:
    log = Lines()
    process.marks.begin(7, is_small=False)
    process.say(0, "so far")
    process.say(1, "and here")
    process.output.log_to(log, to_the_end=True)
    assert sorted(log.written) == [("and here", 7, "stderr"), ("so far", 7, "stdout")]


_Said = st.tuples(st.integers(0, 1), st.booleans(), st.integers(0, 3))


@given(said=st.lists(_Said, max_size=60), small=st.booleans())
def test_whenever_it_is_looked_at_all_lines_come_once_and_in_order(
    said: list[tuple[int, bool, int]], small: bool
) -> None:
    """Of each line: its stream, whether the worker looks before it, and how many more tasks begin before it."""
    process, log, task = Process(), Lines(), 0
    expected: list[tuple[str, int | None, str | None]] = []
    process.marks.begin(task, is_small=small)
    for number, (stream, looks, more) in enumerate(said):
        if looks:
            process.output.log_to(log)
        for _ in range(more):
            task += 1
            process.marks.begin(task, is_small=small)
        process.say(stream, f"{number}\n")
        expected.append((str(number), task, (Stream.STDOUT, Stream.STDERR)[stream]))
    process.output.log_to(log, to_the_end=True)
    process.close()
    assert log.written == expected
