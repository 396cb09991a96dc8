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
from functools import partial
from select import select

from fused_spec.engine.processes.meter import gib, peak_of
from fused_spec.engine.processes.output import Output, pieces
from fused_spec.engine.processes.packing import task_name
from fused_spec.engine.processes.stacks import read_stack
from fused_spec.engine.processes.starting import Process, Start, fork_process
from fused_spec.engine.processes.task_process import BATCH_SECONDS, Answer
from fused_spec.engine.processes.telling import Clear, Done, Log, Look, Running
from fused_spec.jobs.folder import now_ms
from fused_spec.jobs.log_origins import Origin, Stream

_LARGEST_BATCH = 1024
_IDLE_SECONDS = 0.1
_GATHER_SECONDS = 0.002  # between two looks at answers that come faster than this


@dataclass(slots=True, eq=False)
class _Member:
    """One process of the pool, as the worker sees it."""

    process: Process
    output: Output
    cut_message: bytes = b""
    tasks: deque[int] = field(default_factory=deque)
    since: int = 0  # ms, when it began with the first of them


def run_tasks(
    call: Callable[[int], Answer],
    tasks: Sequence[int],
    *,
    processes: int,
    log: Log,
    clear: Clear = lambda _pid, _task: None,
    look: Look = lambda _running: None,
) -> Generator[list[Done]]:
    """Yield the answers to the tasks as they come; closing the iterator ends the processes."""
    pool = Pool(partial(fork_process, call), clear)
    try:
        yield from pool.run(tasks, processes=processes, log=log, tick=lambda: look(pool.running()))
    finally:
        look(pool.end())


class Pool:
    """Processes that are kept from one lot of tasks to the next."""

    def __init__(self, start: Start, clear: Clear) -> None:
        self._start = start
        self._clear = clear
        self._left: deque[int] = deque()
        self._log: Log
        self._selector = selectors.DefaultSelector()
        self._members: list[_Member] = []
        self._mean_seconds = BATCH_SECONDS
        self._ticked = 0.0

    def run(
        self, tasks: Sequence[int], *, processes: int, log: Log, tick: Callable[[], None] = lambda: None
    ) -> Iterator[list[Done]]:
        """Yield the answers to the tasks as they come; `tick` is called several times a second, and may raise."""
        self._left, self._log, self._tick = deque(tasks), log, tick
        for _ in range(len(self._members), max(1, min(processes, len(tasks)))):
            self._add()
            self._feed()  # it loads what it needs while the next one is started
        self._feed()
        yield from self._answers()

    def running(self) -> list[Running]:
        """The task that each process is at."""
        return [_running(member) for member in self._members if member.tasks]

    def _add(self) -> None:
        process = self._start([pipe for one in self._members for pipe in one.process.pipes])
        member = _Member(process, Output(*process.output))
        self._members.append(member)
        for read in process.read:
            os.set_blocking(read, False)
            self._selector.register(read, selectors.EVENT_READ, member)

    def _answers(self) -> Iterator[list[Done]]:
        while self._left or any(member.tasks for member in self._members):
            if self._mean_seconds < _GATHER_SECONDS:
                time.sleep(_GATHER_SECONDS)  # to be woken by each answer would cost more than the task
            ready = self._selector.select(_IDLE_SECONDS)
            if not ready or time.monotonic() - self._ticked > _IDLE_SECONDS:
                self._ticked = time.monotonic()
                for one in self._members:
                    if one.output.waits:
                        one.output.log_to(self._log, partial(_only_task, one))
                self._log.flush()
                self._tick()
                yield from self._bury_dead()
            for selected, _ in ready:
                member: _Member = selected.data
                if member not in self._members:
                    continue  # it was found dead earlier in this round
                if selected.fd == member.process.answers:
                    yield from self._receive(member)
                else:
                    member.output.log_to(self._log, partial(_only_task, member))

    def end(self) -> list[Running]:
        """End the processes, busy or not, after taking in what they have printed; returns what they were at."""
        ended = []
        for member in self._members:
            if member.tasks:
                member.process.end()
            os.close(member.process.orders)  # an idle one leaves by itself
        for member in self._members:
            os.waitpid(member.process.pid, 0)
            member.output.log_to(self._log, to_the_end=True)
            where = self._read_stack(member)
            ended += [_running(member, where)] if member.tasks else []
            for read in member.process.pipes[1:]:
                os.close(read)
            self._clear_up(member)
            self._log.flush()
        self._members.clear()
        self._selector.close()
        return ended

    def _receive(self, member: _Member) -> Iterator[list[Done]]:
        """Take in what the process has answered, which may be nothing more, ever."""
        messages, ended = _read_messages(member)
        member.output.log_to(self._log)  # what a task printed stands in the log before it counts as done
        done = self._count(member, messages)
        if ended:
            _, status, used = os.wait4(member.process.pid, 0)
            done += self._bury(member, status, peak_of(used))
        self._feed()
        if done:
            yield done

    def _count(self, member: _Member, messages: list[str]) -> list[Done]:
        """Note answers, and tasks that were returned; they come in the order in which the tasks were given out."""
        done, returned = [], []
        for message in messages:
            number, tab, answer = message.partition("\t")
            if tab:
                index = member.tasks.popleft()
                assert index == int(number)
                nanoseconds, error, record, facts = answer.split("\t")
                known = Answer(json.loads(error) if error else None, record)
                done.append(Done(index, int(nanoseconds) / 1e9, known, f'{facts}, "worker": "{member.process.pid}"'))
            else:
                returned += [member.tasks.popleft() for _ in range(int(number))]
        self._left.extendleft(reversed(returned))
        if done:
            member.since = now_ms()
            self._mean_seconds = sum(one.seconds for one in done) / len(done)
        return done

    def _feed(self) -> None:
        """Give tasks to whoever has nothing more to do, or soon will not."""
        for member in self._members:
            if self._left and len(member.tasks) * self._mean_seconds < BATCH_SECONDS / 2:
                self._hand_out(member)

    def _hand_out(self, member: _Member) -> None:
        """Give as many tasks as keep a process busy for a moment, and of the last ones no more than its share."""
        mean = max(self._mean_seconds, 1e-6)
        # Less than what is done between two looks would have it wait for the next one.
        share = max(len(self._left) // (2 * len(self._members)), int(_GATHER_SECONDS / mean))
        size = max(1, min(int(BATCH_SECONDS / mean), _LARGEST_BATCH, share))
        if member.tasks and size == 1:
            return  # whoever is free first takes it
        batch = [self._left.popleft() for _ in range(min(size, len(self._left)))]
        if not batch:
            return
        try:
            os.write(member.process.orders, json.dumps(batch).encode() + b"\n")  # little, so it is written whole
        except ConnectionError:
            self._left.extendleft(reversed(batch))  # it died after its last answer, which the next round finds
        else:
            if not member.tasks:
                member.since = now_ms()
            member.tasks.extend(batch)

    def _bury_dead(self) -> Iterator[list[Done]]:
        """Find processes that are gone while others, which they started, still hold their pipes."""
        for member in list(self._members):
            pid, status, used = os.wait4(member.process.pid, os.WNOHANG)
            if pid:
                messages, _ = _read_messages(member)
                yield self._count(member, messages) + self._bury(member, status, peak_of(used))
        self._feed()

    def _bury(self, member: _Member, status: int, peak: int) -> list[Done]:
        """A process is gone: its current task failed, the others of its batch are for a new process."""
        member.output.log_to(self._log, to_the_end=True)
        where = self._read_stack(member)
        self._clear_up(member)
        for read in member.process.read:
            self._selector.unregister(read)
        for pipe in member.process.pipes:
            os.close(pipe)
        self._members.remove(member)
        failed = member.tasks.popleft() if member.tasks else None
        self._left.extendleft(reversed(member.tasks))
        if self._left:
            self._add()
        self._feed()
        if failed is None:
            return []
        seconds = (now_ms() - member.since) / 1000
        error = _death(os.waitstatus_to_exitcode(status), peak, where)
        told = {"started": member.since, "seconds": seconds, "peak_memory": peak, "where": where, "signature": error[1]}
        known = {name: value for name, value in told.items() if value is not None}
        facts = f'{json.dumps(known)[1:-1]}, "worker": "{member.process.pid}"'
        return [Done(failed, 0.0, Answer(error[0]), facts)]

    def _read_stack(self, member: _Member) -> str | None:
        """Log the stack that a process left, if it was at a task; the last frame in the user's own code."""
        if member.process.stack is None or not member.tasks:
            return None
        stack = read_stack(member.process.stack)
        if stack is None:
            return None
        told = [f"{task_name(member.tasks[0])} was here when it was ended:", *stack.lines]
        self._log.write("\n".join(told), Origin(member.tasks[0], Stream.SERVICE))
        return stack.where

    def _clear_up(self, member: _Member) -> None:
        task = member.tasks[0] if member.tasks else None
        if (line := self._clear(member.process.pid, task)) is not None:
            self._log.write(line, Origin(task, Stream.SERVICE))


def _only_task(member: _Member) -> int | None:
    """The task that the process has been at since its last answers, after which its output was read."""
    is_answering, _, _ = select([member.process.answers], [], [], 0)
    return member.tasks[0] if member.tasks and not is_answering else None


def _read_messages(member: _Member) -> tuple[list[str], bool]:
    """The messages that have come, and whether there will be no more."""
    content, ended = member.cut_message, True
    for piece in pieces(member.process.answers):
        content += piece
        ended = False
    whole, end, member.cut_message = content.rpartition(b"\n")
    return whole.decode().split("\n") if end else [], ended


def _running(member: _Member, where: str | None = None) -> Running:
    return Running(member.tasks[0], member.since, str(member.process.pid), where)


def _death(code: int, peak: int, where: str | None) -> tuple[str, str]:
    """How a process ended, and the same without what differs between ends that are alike."""
    if code >= 0:
        ended = f"the process ended by itself with exit code {code}"
        return ended, ended
    ended = f"the process was ended by {signal.Signals(-code).name}"
    if -code == signal.SIGKILL:
        ended += "; it may have run out of memory"
        return f"{ended}: it held {gib(peak)} at its peak", ended
    return f"{ended} at {where}" if where else ended, ended
