"""What a process of tasks prints, taken from its two pipes: by task and stream, and in the order of its writing."""

import os
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from fused_spec.engine.processes.marks import PREFIX
from fused_spec.engine.processes.telling import Log, Part
from fused_spec.jobs.log_origins import Origin, Stream

_PIECE = 64 * 1024
_MOST_PIECES = 16  # no pipe holds more than 1 MiB
_LONGEST_MARK = len(PREFIX) + 50


class _Section(NamedTuple):
    """Whole lines, or the beginning of a long one, between two marks; `number` is that of the mark before."""

    number: int
    task: int | None
    text: bytes


Only = Callable[[], int | None]


class Output:
    """What one process prints."""

    def __init__(self, stdout: int, stderr: int) -> None:
        self._stdout = _Pipe(stdout, Stream.STDOUT)
        self._stderr = _Pipe(stderr, Stream.STDERR)
        self._waiting: list[_Section] = []  # from the second pipe, in front of which something may be in the first

    @property
    def waits(self) -> bool:
        """Whether something was taken in that the next call of `log_to` logs, though no more may come."""
        return bool(self._waiting)

    def log_to(self, log: Log, only: Only = lambda: None, *, to_the_end: bool = False) -> None:
        """Log the whole lines that have come, all of those that were written before this call.

        Asked after a look into the pipes, `only` tells the task that alone can have printed since the call before, if
        one can. At the end also a last line without its newline is logged.
        """
        self._log_once(log, only)
        if self._waiting:
            self._log_once(log, only)
        if to_the_end:
            left = [(self._stderr, section) for section in self._waiting]
            self._waiting = []
            _log(log, left + [(pipe, last) for pipe in (self._stdout, self._stderr) for last in pipe.rest()])

    def _log_once(self, log: Log, only: Only) -> None:
        """Log what is certain to be in order.

        The first pipe is read before the second. So what came from the second before that, or has no higher number than
        anything in the first, has all before it here; the rest is for the next time.
        """
        first, second = self._stdout.take(), self._stderr.take()
        if any(one.task is None for one in (*first, *second)) and (task := only()) is not None:
            first, second = (
                [one if one.task is not None else one._replace(task=task) for one in some] for some in (first, second)
            )
        newest = self._stdout.number
        ready = [(self._stderr, one) for one in self._waiting]
        self._waiting = [one for one in second if one.number > newest]
        ready += [(self._stderr, one) for one in second if one.number <= newest]
        if ready:  # sorting is stable: of one number those of the first pipe come first
            both = [*((self._stdout, one) for one in first), *ready]
            _log(log, sorted(both, key=lambda one: one[1].number))
        else:
            _log(log, [(self._stdout, one) for one in first])


def _log(log: Log, sections: Iterable[tuple["_Pipe", _Section]]) -> None:
    """Log sections, as many in one call as are whole lines."""
    parts: list[Part] = []
    for pipe, section in sections:
        origin = Origin(section.task, pipe.stream)
        carried, pipe.carried = pipe.carried, None
        if carried is not None and carried[1] != origin:
            parts.append(carried)
            carried = None
        text = section.text.decode("utf-8", "replace")
        if carried is not None:
            text = carried[0] + text
        if text.endswith("\n"):
            parts.append((text, origin))
            continue
        log.write_parts(parts)
        parts.clear()
        if rest := log.write_part(text, origin):
            pipe.carried = rest, origin
    if parts:
        log.write_parts(parts)


class _Pipe:
    """One of the pipes: its text in sections, each of one task."""

    def __init__(self, descriptor: int, stream: Stream) -> None:
        self._descriptor = descriptor
        self.stream = stream
        self._task: int | None = None
        self._cut = b""  # what has come of a line whose end has not
        self._begun = b""  # the same, when a mark came within the line
        self.carried: Part | None = None  # what the log gave back of a long line
        self.number = 0

    def take(self) -> list[_Section]:
        """What stands in the pipe now."""
        found: list[_Section] = []
        for piece in pieces(self._descriptor):
            lines, end, self._cut = (self._cut + piece).rpartition(b"\n")
            if end:
                found += self._sections(lines + end)
            if len(self._cut) > _PIECE:  # a line without an end must not fill the memory
                # What may be the beginning of a mark waits for its end.
                mark = self._cut.rfind(PREFIX[:1], -_LONGEST_MARK)
                until = len(self._cut) if mark < 0 else mark
                found += self._sections(self._cut[:until])
                if self._begun:
                    found.append(self._section(self._begun))
                    self._begun = b""
                self._cut = self._cut[until:]
        return found

    def rest(self) -> Iterator[_Section]:
        """The last line, which has no newline, if there is any."""
        text = self._begun + self._cut
        self._begun = self._cut = b""
        if text:
            yield self._section(text + b"\n")
        elif self.carried is not None:
            yield _Section(self.number, self.carried[1].task, b"\n")

    def _sections(self, text: bytes) -> Iterator[_Section]:
        """A text with marks in it, section by section; of a last line without its end there is no section yet."""
        if PREFIX not in text:
            yield from self._whole(text)
            return
        before, *parts = text.split(PREFIX)
        yield from self._whole(before)
        for part in parts:
            header, _, behind = part.partition(b"\n")
            mark = _read(header)
            if mark is None:  # nobody writes such a thing but to see what happens
                yield from self._whole(PREFIX + part)
                continue
            if self._begun and mark[1] != self._task:
                yield self._section(self._begun + b"\n")  # no line is of two tasks
                self._begun = b""
            self.number, self._task = mark
            if behind:
                yield from self._whole(behind)

    def _whole(self, text: bytes) -> Iterator[_Section]:
        lines, end, rest = (self._begun + text).rpartition(b"\n")
        self._begun = rest
        if end:
            yield self._section(lines + end)

    def _section(self, text: bytes) -> _Section:
        return _Section(self.number, self._task, text)


def _read(header: bytes) -> tuple[int, int | None] | None:
    number, _, task = header.partition(b" ")
    if not (number.isdigit() and (task.isdigit() or task == b"-") and len(header) < _LONGEST_MARK):
        return None
    return int(number), None if task == b"-" else int(task)


def pieces(pipe: int) -> Iterator[bytes]:
    """What stands in a pipe now, and no more, so that one who never stops does not keep the others waiting."""
    for _ in range(_MOST_PIECES):
        try:
            piece = os.read(pipe, _PIECE)
        except BlockingIOError:
            return
        if not piece:
            return
        yield piece
