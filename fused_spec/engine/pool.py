"""Map a function over numbered tasks in forked processes, and take in everything they print.

The processes are forked from the worker, so the function and all it refers to is simply there. Each has a pipe for
batches of tasks, one for answers and one for output (`task_process`). The worker's side is one loop without threads. A
process that dies fails the task it was at and nothing else: another is forked, and goes on with the rest.
"""

import json
import os
import selectors
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from fused_spec.engine.forking import fork
from fused_spec.engine.log import LogWriter
from fused_spec.engine.task_process import BATCH_SECONDS, Answer, serve


@dataclass(frozen=True, slots=True)
class Done:
    """The answer to one task, and what that took."""

    index: int
    seconds: float
    answer: Answer


_LARGEST_BATCH = 1024
_IDLE_SECONDS = 0.1
_GATHER_SECONDS = 0.002  # between two looks at answers that come faster than this
_PIECE = 64 * 1024
_MOST_PIECES = 16  # no pipe holds more than 1 MiB


@dataclass(slots=True, eq=False)
class _Member:
    """One process of the pool, as the worker sees it."""

    pid: int
    orders: BinaryIO
    answers: int
    output: int
    cut_message: bytes = b""
    cut_line: bytes = b""
    tasks: deque[int] = field(default_factory=deque)


def run_tasks(
    call: Callable[[int], Answer], tasks: Sequence[int], *, processes: int, log: LogWriter
) -> Generator[list[Done]]:
    """Yield the answers to the tasks as they come; closing the iterator ends the processes."""
    pool = _Pool(call, tasks, log)
    try:
        for _ in range(max(1, min(processes, len(tasks)))):
            pool.fork()
        yield from pool.answers()
    finally:
        pool.end()


class _Pool:
    def __init__(self, call: Callable[[int], Answer], tasks: Sequence[int], log: LogWriter) -> None:
        self._call = call
        self._left = deque(tasks)
        self._log = log
        self._selector = selectors.DefaultSelector()
        self._members: list[_Member] = []
        self._mean_seconds = BATCH_SECONDS

    def fork(self) -> None:
        """Add a process and give it its first tasks."""
        orders_read, orders_write = os.pipe()
        answers_read, answers_write = os.pipe()
        output_read, output_write = os.pipe()
        pid = fork()
        if pid == 0:
            for ours in (orders_write, answers_read, output_read):
                os.close(ours)
            self._forget_members()
            serve(self._call, orders_read, answers_write, output_write)
        for theirs in (orders_read, answers_write, output_write):
            os.close(theirs)
        for read in (answers_read, output_read):
            os.set_blocking(read, False)
        member = _Member(pid, os.fdopen(orders_write, "wb", buffering=0), answers_read, output_read)
        self._members.append(member)
        self._selector.register(answers_read, selectors.EVENT_READ, member)
        self._selector.register(output_read, selectors.EVENT_READ, member)
        self._hand_out(member)

    def answers(self) -> Iterator[list[Done]]:
        while self._left or any(member.tasks for member in self._members):
            if self._mean_seconds < _GATHER_SECONDS:
                time.sleep(_GATHER_SECONDS)  # to be woken by each answer would cost more than the task
            ready = self._selector.select(_IDLE_SECONDS)
            if not ready:
                self._log.flush()
                yield from self._bury_dead()
            for selected, _ in ready:
                member: _Member = selected.data
                if member not in self._members:
                    continue  # it was found dead earlier in this round
                if selected.fd == member.answers:
                    yield from self._receive(member)
                else:
                    self._read_output(member)

    def end(self) -> None:
        """End the processes, busy or not, after taking in what they have printed."""
        for member in self._members:
            if member.tasks:
                os.kill(member.pid, signal.SIGKILL)
            member.orders.close()  # an idle one leaves by itself
            os.waitpid(member.pid, 0)
            self._read_output(member, to_the_end=True)
            os.close(member.answers)
            os.close(member.output)
        self._members.clear()
        self._selector.close()
        self._log.flush()

    def _receive(self, member: _Member) -> Iterator[list[Done]]:
        """Take in what the process has answered, which may be nothing more, ever."""
        messages, ended = _read_messages(member)
        self._read_output(member)  # what a task printed stands in the log before it counts as done
        yield from self._count(member, messages)
        if ended:
            _, status = os.waitpid(member.pid, 0)
            yield from self._bury(member, status)
        self._feed()

    def _count(self, member: _Member, messages: list[Any]) -> Iterator[list[Done]]:
        """Note answers, and tasks that were returned; they come in the order in which the tasks were given out."""
        done, returned = [], []
        for message in messages:
            if len(message) == 1:
                returned += [member.tasks.popleft() for _ in message[0]]
            else:
                index, seconds, error, record = message
                assert member.tasks.popleft() == index
                done.append(Done(index, seconds, Answer(error, record)))
        self._left.extendleft(reversed(returned))
        if done:
            mean = sum(one.seconds for one in done) / len(done)
            self._mean_seconds = (self._mean_seconds + mean) / 2
            yield done

    def _feed(self) -> None:
        """Give tasks to whoever has nothing more to do, or soon will not."""
        for member in self._members:
            if self._left and len(member.tasks) * self._mean_seconds < BATCH_SECONDS / 2:
                self._hand_out(member)

    def _hand_out(self, member: _Member) -> None:
        """Give as many tasks at once as keep a process busy for a moment, and never more than its share."""
        share = -(-len(self._left) // (2 * len(self._members)))
        size = max(1, min(int(BATCH_SECONDS / max(self._mean_seconds, 1e-6)), _LARGEST_BATCH, share))
        if member.tasks and size == 1:
            return  # whoever is free first takes it
        batch = [self._left.popleft() for _ in range(min(size, len(self._left)))]
        if not batch:
            return
        try:
            member.orders.write(json.dumps(batch).encode() + b"\n")
        except ConnectionError:
            self._left.extendleft(reversed(batch))  # it died after its last answer, which the next round finds
        else:
            member.tasks.extend(batch)

    def _bury_dead(self) -> Iterator[list[Done]]:
        """Find processes that are gone while others, which they started, still hold their pipes."""
        for member in list(self._members):
            pid, status = os.waitpid(member.pid, os.WNOHANG)
            if pid:
                messages, _ = _read_messages(member)
                yield from self._count(member, messages)
                yield from self._bury(member, status)
        self._feed()

    def _bury(self, member: _Member, status: int) -> Iterator[list[Done]]:
        """A process is gone: its current task failed, the others of its batch are for a new process."""
        self._read_output(member, to_the_end=True)
        for read in (member.answers, member.output):
            self._selector.unregister(read)
            os.close(read)
        member.orders.close()
        self._members.remove(member)
        failed = member.tasks.popleft() if member.tasks else None
        self._left.extendleft(reversed(member.tasks))
        if self._left:
            self.fork()
        if failed is not None:
            yield [Done(failed, 0.0, Answer(_death(os.waitstatus_to_exitcode(status))))]

    def _forget_members(self) -> None:
        """In a new process: let go of the other ones' pipes, whose end they would otherwise never see."""
        self._selector.close()
        for member in self._members:
            member.orders.close()
            os.close(member.answers)
            os.close(member.output)

    def _read_output(self, member: _Member, *, to_the_end: bool = False) -> None:
        """Log the whole lines that have come; at the end also a last line without its newline."""
        for piece in _pieces(member.output):
            *lines, member.cut_line = (member.cut_line + piece).split(b"\n")
            if lines:
                self._log.write(b"\n".join([*lines, b""]).decode("utf-8", "replace"))
            if len(member.cut_line) > _PIECE:  # a line without an end must not fill the memory
                self._log.write(member.cut_line.decode("utf-8", "replace"))
                member.cut_line = b""
        if to_the_end and member.cut_line:
            self._log.write(member.cut_line.decode("utf-8", "replace"))
            member.cut_line = b""


def _read_messages(member: _Member) -> tuple[list[Any], bool]:
    """The messages that have come, and whether there will be no more."""
    content, ended = member.cut_message, True
    for piece in _pieces(member.answers):
        content += piece
        ended = False
    *lines, member.cut_message = content.split(b"\n")
    messages: list[Any] = json.loads(b"[" + b",".join(lines) + b"]")
    return messages, ended


def _pieces(pipe: int) -> Iterator[bytes]:
    """What stands in a pipe now, and no more, so that one who never stops does not keep the others waiting."""
    for _ in range(_MOST_PIECES):
        try:
            piece = os.read(pipe, _PIECE)
        except BlockingIOError:
            return
        if not piece:
            return
        yield piece


def _death(code: int) -> str:
    if code >= 0:
        return f"the process ended by itself with exit code {code}"
    name = signal.Signals(-code).name
    cause = "; it may have run out of memory" if -code == signal.SIGKILL else ""
    return f"the process was ended by {name}{cause}"
