"""When to look at the runs again: soon after something happened, and ever more seldom while nothing does."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fused_spec.system.polling import intervals

if TYPE_CHECKING:
    from fused_spec.reconcile.site import World

_FEW = 10  # runs, of which each change is to be seen at once
_REST = 4.0  # so many times as long as a look took, there is none: most of the time goes to other things


@dataclass(slots=True)
class Pace:
    """The first and the longest pause between two looks; not everybody looks at the same moment."""

    world: "World"
    first: float
    longest: float
    _pauses: Iterator[float] = field(init=False)
    _due: float = 0.0
    _rests: float = 0.0

    def __post_init__(self) -> None:
        self._pauses = intervals(self.first, self.longest)

    @property
    def is_due(self) -> bool:
        return self.world.clock() >= self._due

    @property
    def remaining(self) -> float:
        """Seconds until the next look."""
        return max(0.0, self._due - self.world.clock())

    def hurry(self, runs: int) -> None:
        """Something happened, and more may have come soon; of very many runs something is new all the time."""
        first = min(self.longest, self.first * max(1.0, runs / _FEW))
        self._pauses = intervals(first, self.longest)
        self._due = min(self._due, max(self._rests, self.world.clock() + first))

    def pause(self) -> float:
        """Seconds to wait now where nothing is to be looked at."""
        return next(self._pauses) * (0.8 + 0.4 * self.world.random())

    def looked(self, since: float) -> None:
        """A look that began then is over."""
        now = self.world.clock()
        self._rests = now + min(_REST * (now - since), self.longest)
        self._due = max(self._rests, now + self.pause())

    def failed(self, retry_after: float | None) -> None:
        """A look showed nothing, and the next one is to be no sooner than this."""
        self._due = self.world.clock() + max(self.pause(), retry_after or 0.0)
