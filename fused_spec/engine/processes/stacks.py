"""Where a process was when it ended in the middle of a task: it writes its stack itself, with its last breath.

Faults of the machine code and SIGTERM do that; SIGKILL leaves no time. The stack goes into a pipe that whoever waits
for the process reads. A user's code runs in it, so what stands there is taken for what it looks like, and no more.
"""

import faulthandler
import os
import re
import signal
from pathlib import Path
from typing import NamedTuple

SIZE = 64 * 1024  # bytes, the least that a pipe holds: whoever writes must never wait
_ENGINE = str(Path(__file__).parents[1])
_THREAD = re.compile(r"(?:Current thread|Thread) \S+.* \(most recent call first\):")
_FRAME = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.+)')
_ESCAPED = re.compile(r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}")
_MOST_THREADS = 20
_MOST_FRAMES = 40


class Stack(NamedTuple):
    """For a log, the innermost frame last; `where` is the last frame in the user's own code."""

    lines: tuple[str, ...]
    where: str | None


class _Frame(NamedTuple):
    file: str
    line: str
    function: str

    @property
    def is_users(self) -> bool:
        """Code of a user has the name that its project gives it; whatever is installed has its path."""
        return not self.file.startswith(("/", "<frozen ", "???"))

    @property
    def is_engines(self) -> bool:
        return self.file.startswith(_ENGINE)


def leave_stack(descriptor: int) -> None:
    """Have this process write its stack there when it is ended by a fault or by SIGTERM; it ends all the same."""
    faulthandler.enable(file=descriptor, all_threads=True)
    faulthandler.register(signal.SIGTERM, file=descriptor, all_threads=True, chain=True)
    os.register_at_fork(after_in_child=_by_itself)


def read_stack(descriptor: int) -> Stack | None:
    """The stack that a process left before it ended; None where it left none."""
    try:
        content = os.read(descriptor, SIZE)
    except BlockingIOError:
        return None
    return stack_in(content.decode("ascii", "replace"))


def stack_in(text: str) -> Stack | None:
    """The stack in what `faulthandler` writes: without the engine's frames, and the threads that are in no other."""
    threads = [thread for thread in _threads(text) if thread]
    if not threads:
        return None
    users = next((frame for thread in threads for frame in thread if frame.is_users), None)
    lines = []
    for number, thread in enumerate(threads[:_MOST_THREADS], start=1):
        if len(threads) > 1:
            lines.append(f"thread {number} of {len(threads)}:")
        lines += [f'  File "{one.file}", line {one.line}, in {one.function}' for one in reversed(thread[:_MOST_FRAMES])]
    return Stack(tuple(lines), f"{users.file}:{users.line}" if users else None)


def _threads(text: str) -> list[list[_Frame]]:
    """The frames of each thread, the innermost first, the one that was at work first."""
    threads: list[list[_Frame]] = []
    current = 0
    for line in text.splitlines():
        if _THREAD.fullmatch(line):
            current = len(threads) if line.startswith("Current") else current
            threads.append([])
        elif threads and (found := _FRAME.fullmatch(line)):
            threads[-1].append(_Frame(_plain(found["file"]), found["line"], _plain(found["function"])))
    if threads:
        threads.insert(0, threads.pop(current))
    return list(map(_of_the_task, threads))


def _of_the_task(thread: list[_Frame]) -> list[_Frame]:
    """Without the frames of the engine, and those from which it called the task."""
    engines = [number for number, frame in enumerate(thread) if frame.is_engines]
    task = thread[: engines[-1]] if engines else thread
    users = [number for number, frame in enumerate(task) if frame.is_users]
    # Between the engine's outermost frame and the task's first one there is nothing of the task.
    inner = task[: users[-1] + 1] if users and engines else task
    return [frame for frame in inner if not frame.is_engines]


def _plain(text: str) -> str:
    """What the fault handler, which writes ASCII alone, was told."""
    return _ESCAPED.sub(lambda found: _character(int(found[0][2:], 16)), text)


def _character(number: int) -> str:
    return chr(number) if number <= 0x10FFFF and chr(number).isprintable() else "?"


def _by_itself() -> None:
    """What a task forks is not the task: its end is its own, and a fault of it stands in the log."""
    faulthandler.unregister(signal.SIGTERM)
    faulthandler.enable(file=2)
