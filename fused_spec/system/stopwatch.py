"""Keeps what is told of the work of a command, on a clock that it is given."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock, get_ident

from msgspec import Struct, field

from fused_spec.system.polling import Clock
from fused_spec.system.timings import Cache, Lookups, Phase, Timings, Traffic


class Route(Struct, frozen=True, kw_only=True):
    """All requests of one route: how many, how many of them failed, and what they took, added up."""

    requests: int = 0
    failed: int = 0
    seconds: float = 0.0
    sent: int = 0
    received: int = 0

    def __add__(self, other: "Route") -> "Route":
        return Route(
            requests=self.requests + other.requests,
            failed=self.failed + other.failed,
            seconds=self.seconds + other.seconds,
            sent=self.sent + other.sent,
            received=self.received + other.received,
        )


class Took(Struct, frozen=True, kw_only=True):
    """What a command took: `seconds` in all, and in each of its phases.

    A phase within another counts for itself alone. `beside` are phases of other threads than the command's own; those
    of several threads add up, as do the seconds of requests, so either may be more than `seconds`.
    """

    seconds: float
    phases: Mapping[Phase, float] = field(default_factory=dict)
    beside: Mapping[Phase, float] = field(default_factory=dict)
    routes: Mapping[str, Route] = field(default_factory=dict)
    caches: Mapping[Cache, Lookups] = field(default_factory=dict)

    @property
    def rest(self) -> float:
        """The seconds of no phase."""
        return max(0.0, self.seconds - sum(self.phases.values()))

    @property
    def all_routes(self) -> Route:
        """The requests of all routes as those of one."""
        return sum(self.routes.values(), Route())


class Stopwatch(Timings):
    """Keeps what it is told; threads may share it. `start` is how many seconds the process took until it was made."""

    def __init__(self, clock: Clock, *, start: float = 0.0) -> None:
        self._clock = clock
        self._start = start
        self._begun = clock()
        self._own = get_ident()
        self._lock = Lock()
        self._open: dict[int, list[float]] = {}  # by thread, for each open phase: how long those within it took
        self._phases: defaultdict[Phase, float] = defaultdict(float)
        self._beside: defaultdict[Phase, float] = defaultdict(float)
        self._routes: dict[str, Route] = {}
        self._hits: Counter[Cache] = Counter()
        self._misses: Counter[Cache] = Counter()

    @contextmanager
    def phase(self, phase: Phase) -> Iterator[None]:
        thread = get_ident()
        with self._lock:
            around = self._open.setdefault(thread, [])
        around.append(0.0)
        begun = self._clock()
        try:
            yield
        finally:
            seconds = self._clock() - begun
            within = around.pop()
            with self._lock:
                if around:
                    around[-1] += seconds
                else:
                    del self._open[thread]
                kept = self._phases if thread == self._own else self._beside
                kept[phase] += seconds - within

    @contextmanager
    def request(self, route: str) -> Iterator[Traffic]:
        traffic, begun, failed = Traffic(), self._clock(), 1
        try:
            yield traffic
            failed = 0
        finally:
            seconds = self._clock() - begun
            with self._lock:
                self._routes[route] = self._routes.get(route, Route()) + Route(
                    requests=1, failed=failed, seconds=seconds, sent=traffic.sent, received=traffic.received
                )

    def looked_up(self, cache: Cache, *, hits: int = 0, misses: int = 0) -> None:
        with self._lock:
            self._hits[cache] += hits
            self._misses[cache] += misses

    def took(self) -> Took:
        """All that was told until now; phases that are open count once they have ended."""
        with self._lock:
            phases = {Phase.START: self._start, **self._phases}
            return Took(
                seconds=self._start + self._clock() - self._begun,
                phases={phase: phases[phase] for phase in Phase if phases.get(phase)},
                beside={phase: self._beside[phase] for phase in Phase if phase in self._beside},
                routes={name: self._routes[name] for name in sorted(self._routes)},
                caches={
                    cache: Lookups(hits=self._hits[cache], misses=self._misses[cache])
                    for cache in Cache
                    if cache in self._hits
                },
            )
