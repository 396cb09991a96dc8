"""Marks in what a process of tasks prints: where a task begins, and what came before what in the other stream.

Standard output and error are pipes of their own, so that every line has its stream, whatever wrote it. Two pipes keep
no order between them: so the process counts, and writes the number into a pipe before what it prints there after the
other one. A mark is one small write, which no other writer's text tears apart.

To mark where each task begins would take a good part of the time of small ones. So among small tasks only one that
prints is marked; what a library prints there by itself, beside Python, is of no task that is known here.
"""

import os
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any

PREFIX = b"\0\x1efused-spec "
"""How a mark begins: no text that anybody means to print. Behind it are the number, the task or `-`, and a newline."""


class Marks:
    """Writes the marks of this process into its two pipes."""

    def __init__(self, stdout: int, stderr: int) -> None:
        """The pipes, of which it keeps descriptors of its own: code may put files in the place of 1 and 2."""
        self._pipes = os.dup(stdout), os.dup(stderr)
        self._owner = os.getpid()
        self._number = 0
        self._task = 0
        self._last: int | None = None  # the stream that this task printed to last
        self._marked: list[int | None] = [None, None]  # the task that each pipe's last mark names

    def begin(self, task: int, *, is_small: bool) -> None:
        """What is printed from now on is this task's, or nobody's until it prints."""
        self._task = task
        self._last = None
        if not is_small:
            self._number += 1
            for stream in (0, 1):
                self._mark(stream, task)
        elif self._marked != _UNMARKED:
            self._number += 1
            for stream in (0, 1):
                if self._marked[stream] is not None:
                    self._mark(stream, None)

    def goes_to(self, stream: int) -> None:
        """Python is about to print to stream 0 or 1: a mark says so, unless the last one there does."""
        if self._last == stream or os.getpid() != self._owner:  # no copy of this process counts on
            return
        if self._last is not None or self._marked[stream] is None:
            self._number += 1
            self._mark(stream, self._task)
        self._last = stream

    def _mark(self, stream: int, task: int | None) -> None:
        name = b"-" if task is None else b"%d" % task
        os.write(self._pipes[stream], b"%b%d %b\n" % (PREFIX, self._number, name))
        self._marked[stream] = task


_UNMARKED = [None, None]


def marked_stream(stream: int, marks: Marks) -> TextIOWrapper:
    """What code finds as `sys.stdout` (0) or `sys.stderr` (1)."""
    raw = BufferedWriter(_Raw(stream, marks))
    return TextIOWrapper(raw, encoding="utf-8", errors="replace", line_buffering=True)


class _Raw(FileIO):
    def __init__(self, stream: int, marks: Marks) -> None:
        super().__init__(stream + 1, "w", closefd=False)
        self._stream = stream
        self._marks = marks

    def write(self, content: Any, /) -> int:
        self._marks.goes_to(self._stream)
        return super().write(content)
