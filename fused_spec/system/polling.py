"""How long to wait and how often to ask; the clock and the sleep are arguments, so tests never sleep."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Clock = Callable[[], float]
Sleep = Callable[[float], None]


def steady_clock() -> float:
    """Seconds that also pass while the machine sleeps, where the system can tell."""
    boot = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot is None else time.clock_gettime(boot)


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point on `clock` after which waiting stops; `seconds=None` waits for ever."""

    seconds: float | None
    clock: Clock = time.monotonic
    started: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "started", self.clock())

    @property
    def remaining(self) -> float | None:
        """Seconds left, never below zero; None without a limit."""
        if self.seconds is None:
            return None
        return max(0.0, self.started + self.seconds - self.clock())

    @property
    def passed(self) -> bool:
        return self.seconds is not None and self.remaining == 0.0


def intervals(first: float, longest: float, *, factor: float = 1.5) -> Iterator[float]:
    """Seconds to sleep between two looks: from `first`, growing by `factor`, up to `longest`."""
    pause = first
    while True:
        yield pause
        pause = min(longest, pause * factor)
