"""Virtual time, and processes that run in it one step at a time: the same seed gives the same schedule.

A process is a group of greenlets. It gives way only in `pause`, so every point where anything else may happen, a crash
included, is a call of it. A crashed process is never resumed, as after `kill -9`; a suspended one resumes late.
"""

import random
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from heapq import heappop, heappush, heappushpop
from math import inf
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


@dataclass(eq=False, slots=True)
class Waiting:
    """One who looks again and again whether one of some answers is there, until the time is over."""

    who: greenlet
    answers: Collection[Future[Any]]
    every: float
    end: float

    def next_look(self, now: float) -> float | None:
        """When to look again; None when there is no more to wait for."""
        for answer in self.answers:
            if answer.done():
                return None
        return now + min(self.every, self.end - now) if now < self.end else None


Work = Callable[[], object]
Turn = tuple[float, int, greenlet | Waiting | Work, Process]
"""When something is due, which of those due at once was first, and who: one who gave way or waits, or work that begins.
"""


@dataclass
class Kernel:
    """The clock, and who goes on when.

    Whoever gives way hands over to whoever is due next, without a switch where that is itself: in the same order as one
    after another from a queue, at a fraction of the price. A greenlet that is done takes up the next work that begins.
    """

    rng: random.Random
    time: float = 0.0
    _queue: list[Turn] = field(default_factory=list)
    _count: int = 0
    _current: Process | None = None
    _loop: greenlet = field(default_factory=getcurrent)
    _dead: list[greenlet] = field(default_factory=list)

    def spawn(self, process: Process, work: Work, *, after: float = 0.0) -> None:
        """Let a process do some work, beside what it does already."""
        self._count += 1
        heappush(self._queue, (self.time + after if after > 0.0 else self.time, self._count, work, process))

    def run(self) -> None:
        """Until nothing is left to do."""
        while self._queue:
            who = self._next(heappop(self._queue))
            if type(who) is greenlet:
                who.switch()
            elif who is not None:
                self._begin(who)

    @property
    def current(self) -> Process:
        assert self._current is not None
        return self._current

    def pause(self, seconds: float) -> None:
        """Give way for a while; raises `Killed` in a process that died meanwhile."""
        process = self._current
        assert process is not None
        if process.dead:
            raise Killed
        due = self.time + seconds if seconds > 0.0 else self.time
        queue = self._queue
        if process.resumes_at <= due and (not queue or due < queue[0][0]):
            self.time = due  # nobody else is due before, so nobody would be switched to
            return
        me = getcurrent()
        self._count += 1
        self._give_way(me, (due, self._count, me, process))

    def wait(self, answers: Collection[Future[Any]], seconds: float, *, every: float = 1.0) -> None:
        """Give way until one of the answers is there, or the time is over, with a look every so many seconds.

        Whoever gives way meanwhile takes the looks, so that nobody is switched to who would only go on waiting.
        """
        process = self._current
        assert process is not None
        if process.dead:
            raise Killed
        me = getcurrent()
        waiting = Waiting(me, answers, every, self.time + seconds)
        due = waiting.next_look(self.time)
        if due is not None:
            self._count += 1
            self._give_way(me, (due, self._count, waiting, process))

    def _give_way(self, me: greenlet, turn: Turn) -> None:
        process = turn[3]
        who = self._next(heappushpop(self._queue, turn))
        if who is me:
            pass
        elif type(who) is greenlet:
            who.switch()
        else:
            assert who is not None  # at the latest it is this one's turn again
            self._begin(who)
        if process.dead:
            raise Killed

    def close(self) -> None:
        """Unwind what died in the middle of something, which would keep all its memory for ever.

        Nothing that it does on the way out has an effect any more, since whatever gives way in it ends there.
        """
        self._current = Process(name="nobody", dead=True)
        while self._dead:
            self._dead.pop().throw(Killed)

    def _begin(self, work: Work) -> None:
        """Let one that is idle do the work, or a new one.

        A new one takes over the depth of calls of whoever switches to it first, which would add up from one to the next
        to more than Python allows: so the loop begins them, which is never deep.
        """
        if _IDLE:
            _IDLE.pop().switch(self, work)
        elif getcurrent() is self._loop:
            greenlet(_serve, self._loop).switch(self, work)
        else:
            heappush(self._queue, (self.time, 0, work, self.current))  # 0: it is still its turn
            self._loop.switch()

    def _next(self, turn: Turn) -> greenlet | Work | None:
        """Whose turn it is, beginning with one that was taken from the queue; None when nobody is left."""
        queue = self._queue
        while True:
            due, _, who, process = turn
            if due > self.time:
                self.time = due
            if process.dead:
                if type(who) is greenlet:
                    self._dead.append(who)
                elif type(who) is Waiting:
                    self._dead.append(who.who)
                if not queue:
                    return None
                turn = heappop(queue)
            elif process.resumes_at > self.time:
                self._count += 1
                wakes = self.time + (process.resumes_at - self.time)
                turn = heappushpop(queue, (wakes, self._count, who, process))
            elif type(who) is Waiting:
                again = who.next_look(self.time)
                if again is None:
                    self._current = process
                    return who.who
                self._count += 1
                turn = heappushpop(queue, (again, self._count, who, process))
            else:
                self._current = process
                return who


_IDLE: list[greenlet] = []
"""Those that wait for work, of whatever kernel: to make one takes ten times as long as a switch."""


def _serve(kernel: Kernel, work: Work) -> None:
    """Do the work, and then what begins next."""
    me = getcurrent()
    while True:
        try:  # noqa: SIM105  # a manager of contexts for each piece of work is dear
            work()
        except Killed:
            pass
        who = kernel._next(heappop(kernel._queue)) if kernel._queue else None
        if who is None or type(who) is greenlet:
            _IDLE.append(me)
            kernel, work = kernel._loop.switch() if who is None else who.switch()
        else:
            work = who


class Answer(Future[Any]):
    """A future without locks: in virtual time nobody is at work at the same moment."""

    def __init__(self) -> None:
        self._is_done = False
        self._value: Any = None
        self._error: BaseException | None = None

    def done(self) -> bool:
        return self._is_done

    def result(self, timeout: float | None = None) -> Any:
        assert self._is_done, "nobody waits for what is not done"
        if self._error is not None:
            raise self._error
        return self._value

    def set_result(self, result: Any) -> None:
        self._value, self._is_done = result, True

    def set_exception(self, exception: BaseException | None) -> None:
        self._error, self._is_done = exception, True


class Pool(Executor):
    """A pool whose calls are greenlets of the process that made it."""

    def __init__(self, kernel: Kernel, _workers: int = 0) -> None:
        self._kernel = kernel
        self._futures: list[Answer] = []

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Answer:
        future = Answer()
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
        self._until_done(futures)
        return [future.result() for future in futures]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if wait:
            self._until_done(self._futures)

    def __enter__(self) -> "Pool":
        return self

    def _until_done(self, futures: Sequence[Answer]) -> None:
        for future in futures:
            self._kernel.wait((future,), inf, every=0.5)
