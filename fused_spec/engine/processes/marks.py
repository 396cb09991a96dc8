"""Marks in what a process of tasks prints: where a task begins, and what came before what in the other stream.

Standard output and error are pipes of their own, so that every line has its stream, whatever wrote it. Two pipes keep
no order between them: so the process counts, and writes the number into a pipe before what it prints there after the
other one. A mark is one small write, which no other writer's text tears apart.
"""

import os
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import Any

PREFIX = b"\0\x1efused-spec "
"""How a mark begins: no text that anybody means to print. Behind it are the number, the task and a newline."""


class Marks:
    """Writes the marks of this process into its two pipes."""

    def __init__(self, stdout: int, stderr: int) -> None:
        """The pipes, of which it keeps descriptors of its own: code may put files in the place of 1 and 2."""
        self._pipes = os.dup(stdout), os.dup(stderr)
        self._owner = os.getpid()
        self._number = 0
        self._task = 0
        self._last: int | None = None

    def begin(self, task: int) -> None:
        """What is printed from now on is this task's."""
        self._number += 1
        self._task = task
        self._last = None
        for pipe in self._pipes:
            self._write(pipe)

    def goes_to(self, stream: int) -> None:
        """Something is about to be printed to stream 0 or 1; a mark is needed when the last was to the other."""
        if self._last is None:
            self._last = stream
        elif self._last != stream and os.getpid() == self._owner:  # no copy of this process counts on
            self._last = stream
            self._number += 1
            self._write(self._pipes[stream])

    def _write(self, pipe: int) -> None:
        os.write(pipe, b"%b%d %d\n" % (PREFIX, self._number, self._task))


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
