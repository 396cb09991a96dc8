"""Start a process that serves tasks: a fork of this one."""

import fcntl
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from fused_spec.engine.processes.forking import fork
from fused_spec.engine.processes.task_process import Answer, serve

_PIPE_SIZE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process that serves tasks (`task_process`), and our ends of its pipes; `end` ends it in mid-task.

    `output` are those of what it prints, to standard output and error. `stack` is where it leaves its stack (`stacks`),
    unless that stands in what it prints.
    """

    pid: int
    orders: int
    answers: int
    output: tuple[int, int]
    end: Callable[[], None]
    stack: int | None = None

    @property
    def read(self) -> tuple[int, int, int]:
        """Those that we read while it runs."""
        return self.answers, *self.output

    @property
    def pipes(self) -> tuple[int, ...]:
        own = self.orders, *self.read
        return own if self.stack is None else (*own, self.stack)


Start = Callable[[Sequence[int]], Process]
"""Start a process; given are the pipes of the others, which it must not keep open."""


def fork_process(call: Callable[[int], Answer], others: Sequence[int]) -> Process:
    """A process that has all that this one has, but the pipes of its siblings, whose end they would never see."""
    orders_read, orders_write = os.pipe()
    answers_read, answers_write = _wide_pipe()
    stdout_read, stdout_write = _wide_pipe()
    stderr_read, stderr_write = _wide_pipe()
    stack_read, stack_write = os.pipe()
    pid = fork()
    if pid == 0:
        for pipe in (orders_write, answers_read, stdout_read, stderr_read, stack_read, *others):
            os.close(pipe)
        os.set_blocking(stack_write, False)
        serve(call, orders_read, answers_write, (stdout_write, stderr_write), stack_write)
    for theirs in (orders_read, answers_write, stdout_write, stderr_write, stack_write):
        os.close(theirs)
    end = partial(os.kill, pid, signal.SIGKILL)
    os.set_blocking(stack_read, False)
    output = stdout_read, stderr_read
    return Process(pid=pid, orders=orders_write, answers=answers_read, output=output, end=end, stack=stack_read)


def _wide_pipe() -> tuple[int, int]:
    """A pipe that takes much before its writer has to wait for us."""
    read, write = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):  # Linux
        with suppress(PermissionError):  # the user's pipes are too large together
            fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
    return read, write
