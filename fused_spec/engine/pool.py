"""Map a function over numbered tasks in forked processes, and take in everything they print.

The processes are forked from the worker, so the function and all it refers to is simply there. Each has a pipe for
commands and answers and one for output. The worker's side is one loop without threads. A process that dies fails the
task it was at and nothing else: another is forked, and goes on with the rest.
"""

import json
import os
import selectors
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from fused_spec.engine.forking import fork
from fused_spec.engine.log import LogWriter

Answer = dict[str, Any]
"""What a task answers, as plain JSON; `error` is a text when it failed."""

_BATCH_SECONDS = 0.05
_LARGEST_BATCH = 64
_IDLE_SECONDS = 0.1
_PIECE = 64 * 1024


@dataclass(slots=True, eq=False)
class _Member:
    """One process of the pool, as the worker sees it."""

    pid: int
    channel: Connection
    output: int
    rest: bytes = b""
    tasks: deque[int] = field(default_factory=deque)


def run_tasks(
    call: Callable[[int], Answer], tasks: Sequence[int], *, processes: int, log: LogWriter
) -> Generator[Answer]:
    """Yield the answer of each task as it comes, with its `index`; closing the iterator ends the processes."""
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
        self._mean_seconds = _BATCH_SECONDS

    def fork(self) -> None:
        """Add a process and give it its first tasks."""
        ours, theirs = Pipe()
        output_read, output_write = os.pipe()
        pid = fork()
        if pid == 0:
            ours.close()
            os.close(output_read)
            self._forget_members()
            _serve(self._call, theirs, output_write)
        theirs.close()
        os.close(output_write)
        os.set_blocking(output_read, False)
        member = _Member(pid, ours, output_read)
        self._members.append(member)
        self._selector.register(ours, selectors.EVENT_READ, member)
        self._selector.register(output_read, selectors.EVENT_READ, member)
        self._hand_out(member)

    def answers(self) -> Iterator[Answer]:
        while self._left or any(member.tasks for member in self._members):
            ready = self._selector.select(_IDLE_SECONDS)
            if not ready:
                self._log.flush()
            for selected, _ in ready:
                member: _Member = selected.data
                if member not in self._members:
                    continue  # it was found dead earlier in this round
                if selected.fileobj is member.channel:
                    yield from self._receive(member)
                else:
                    self._read_output(member)

    def end(self) -> None:
        """End the processes, busy or not, after taking in what they have printed."""
        for member in self._members:
            if member.tasks:
                os.kill(member.pid, signal.SIGKILL)
            member.channel.close()  # an idle one leaves by itself
            os.waitpid(member.pid, 0)
            self._read_output(member, to_the_end=True)
            os.close(member.output)
        self._members.clear()
        self._selector.close()
        self._log.flush()

    def _receive(self, member: _Member) -> Iterator[Answer]:
        try:
            answer: Answer = json.loads(member.channel.recv_bytes())
        except (EOFError, OSError):  # it ended between two answers, or within one
            yield from self._bury(member)
            return
        self._read_output(member)  # what a task printed stands in the log before it counts as done
        member.tasks.remove(answer["index"])
        self._mean_seconds = 0.8 * self._mean_seconds + 0.2 * answer["seconds"]
        if not member.tasks:
            self._hand_out(member)
        yield answer

    def _hand_out(self, member: _Member) -> None:
        """Give as many tasks at once as keep a process busy for a moment, and never more than its share."""
        share = -(-len(self._left) // (2 * len(self._members)))
        size = max(1, min(int(_BATCH_SECONDS / max(self._mean_seconds, 1e-6)), _LARGEST_BATCH, share))
        batch = [self._left.popleft() for _ in range(min(size, len(self._left)))]
        if not batch:
            return
        try:
            member.channel.send_bytes(json.dumps(batch).encode())
        except ConnectionError:
            self._left.extendleft(reversed(batch))  # it died after its last answer, which the next round finds
        else:
            member.tasks.extend(batch)

    def _bury(self, member: _Member) -> Iterator[Answer]:
        """A process is gone: its current task failed, the others of its batch are for a new process."""
        self._read_output(member, to_the_end=True)
        self._selector.unregister(member.channel)
        self._selector.unregister(member.output)
        member.channel.close()
        os.close(member.output)
        _, status = os.waitpid(member.pid, 0)
        self._members.remove(member)
        failed = member.tasks.popleft() if member.tasks else None
        self._left.extendleft(reversed(member.tasks))
        if self._left:
            self.fork()
        if failed is not None:
            yield {"index": failed, "error": _death(os.waitstatus_to_exitcode(status)), "seconds": 0.0}

    def _forget_members(self) -> None:
        """In a new process: let go of the other ones' pipes, whose end they would otherwise never see."""
        self._selector.close()
        for member in self._members:
            member.channel.close()
            os.close(member.output)

    def _read_output(self, member: _Member, *, to_the_end: bool = False) -> None:
        """Log the whole lines that have come; at the end also a last line without its newline."""
        while True:
            try:
                piece = os.read(member.output, _PIECE)
            except BlockingIOError:
                piece = b""
            if not piece:
                break
            *lines, member.rest = (member.rest + piece).split(b"\n")
            for line in lines:
                self._log.write(line.decode("utf-8", "replace"))
            if len(member.rest) > _PIECE:  # a line without an end must not fill the memory
                self._log.write(member.rest.decode("utf-8", "replace"))
                member.rest = b""
        if to_the_end and member.rest:
            self._log.write(member.rest.decode("utf-8", "replace"))
            member.rest = b""


def _serve(call: Callable[[int], Answer], channel: Connection, output: int) -> NoReturn:
    """The life of a task process: tasks in, answers out, until the worker closes the channel."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.close(output)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    code = 70  # a fault of the engine, which the worker reports
    try:
        while True:
            for index in json.loads(channel.recv_bytes()):
                channel.send_bytes(json.dumps(_answer(call, index)).encode())
    except (EOFError, ConnectionError):
        code = 0
    finally:
        os._exit(code)  # in any case: what stands above this in the stack is the worker's


def _answer(call: Callable[[int], Answer], index: int) -> Answer:
    started = time.perf_counter()
    try:
        answer = call(index)
    # What a task cannot do is an answer of its own making; this is a fault of ours, and must not go unexplained.
    except Exception as error:  # noqa: BLE001
        traceback.print_exc()
        answer = {"error": f"the engine failed: {type(error).__name__}: {error}"}
    sys.stdout.flush()
    sys.stderr.flush()
    return {**answer, "index": index, "seconds": time.perf_counter() - started}


def _death(code: int) -> str:
    if code >= 0:
        return f"the process ended by itself with exit code {code}"
    name = signal.Signals(-code).name
    cause = "; it may have run out of memory" if -code == signal.SIGKILL else ""
    return f"the process was ended by {name}{cause}"
