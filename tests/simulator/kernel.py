"""Virtual time, and processes that run in it one step at a time: the same seed gives the same schedule.

A process is a group of greenlets. It gives way only in `pause`, so every point where anything else may happen, a crash
included, is a call of it. A crashed process is never resumed, as after `kill -9`; a suspended one resumes late.
"""

import contextlib
import heapq
import random
from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

from greenlet import getcurrent, greenlet


class Killed(BaseException):
    """Raised where a dead process would go on; nothing of it has an effect any more."""


@dataclass(eq=False)
class Process:
    """One running program; `skew` is how wrong its wall clock is, in seconds."""

    name: str
    skew: float = 0.0
    dead: bool = False
    resumes_at: float = 0.0


@dataclass
class Kernel:
    rng: random.Random
    time: float = 0.0
    _queue: list[tuple[float, int, greenlet, Process]] = field(default_factory=list)
    _count: int = 0
    _current: Process | None = None
    _loop: greenlet = field(default_factory=getcurrent)
    switches: int = 0

    def spawn(self, process: Process, work: Callable[[], object], *, after: float = 0.0) -> None:
        """Let a process do some work, beside what it does already."""

        def run() -> None:
            with contextlib.suppress(Killed):
                work()

        self._push(after, greenlet(run, self._loop), process)

    def run(self) -> None:
        """Until nothing is left to do."""
        while self._queue:
            due, _, thread, process = heapq.heappop(self._queue)
            self.time = max(self.time, due)
            if process.dead:
                continue
            if process.resumes_at > self.time:
                self._push(process.resumes_at - self.time, thread, process)
                continue
            self._current = process
            self.switches += 1
            thread.switch()

    @property
    def current(self) -> Process:
        assert self._current is not None
        return self._current

    def pause(self, seconds: float) -> None:
        """Give way for a while; raises `Killed` in a process that died meanwhile."""
        process = self.current
        if process.dead:
            raise Killed
        thread = getcurrent()
        self._push(seconds, thread, process)
        self._loop.switch()
        if process.dead:
            raise Killed

    def _push(self, seconds: float, thread: greenlet, process: Process) -> None:
        self._count += 1
        heapq.heappush(self._queue, (self.time + max(0.0, seconds), self._count, thread, process))


class Pool(Executor):
    """A pool whose calls are greenlets of the process that made it."""

    def __init__(self, kernel: Kernel, _workers: int = 0) -> None:
        self._kernel = kernel
        self._futures: list[Future[Any]] = []

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._futures.append(future)

        def work() -> None:
            try:
                future.set_result(call(*args, **kwargs))
            except Exception as error:  # noqa: BLE001  # the future carries it to whoever asks
                future.set_exception(error)

        self._kernel.spawn(self._kernel.current, work)
        return future

    def map(self, call: Callable[..., Any], *values: Any, **_: Any) -> Any:
        each = list(zip(*values, strict=True))
        if len(each) == 1:
            return [call(*each[0])]
        futures = [self.submit(call, *one) for one in each]
        while not all(future.done() for future in futures):
            self._kernel.pause(0.5)
        return [future.result() for future in futures]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        while wait and not all(future.done() for future in self._futures):
            self._kernel.pause(0.5)

    def __enter__(self) -> "Pool":
        return self


def wait_for(kernel: Kernel, futures: Collection[Future[Any]], seconds: float) -> None:
    """Until one of the futures is done, or the time is over."""
    end = kernel.time + seconds
    while kernel.time < end and not any(future.done() for future in futures):
        kernel.pause(min(1.0, end - kernel.time))
