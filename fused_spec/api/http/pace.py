"""How many calls may be under way at once, as far as the service lets them through."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

from msgspec import Struct

from fused_spec.system.polling import Clock, Sleep


class Turn(Struct):
    """One call's time; `refused_for` is set where the service asks for a pause of so many seconds."""

    pace: int
    refused_for: float | None = None


class Pace:
    """Lets at most `most` calls go on beside each other: half as many after each refusal, and slowly more again.

    Calls that were begun before the pace was last changed do not change it again, as they are of one rush. Nothing
    begins before the time that the service asked for.
    """

    def __init__(self, most: int, clock: Clock, sleep: Sleep) -> None:
        self._most = most
        self._clock = clock
        self._sleep = sleep
        self._changed = Condition()
        self._allowed = float(most)
        self._under_way = 0
        self._pace = 0
        self._not_before = clock()

    @property
    def allowed(self) -> int:
        """How many may go on beside each other now."""
        return max(1, int(self._allowed))

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """Wait for one's turn, and give it back."""
        turn = self._begin()
        try:
            yield turn
        finally:
            self._end(turn)

    def _begin(self) -> Turn:
        with self._changed:
            self._changed.wait_for(lambda: self._under_way < self.allowed)
            self._under_way += 1
            turn, pause = Turn(self._pace), self._not_before - self._clock()
        if pause > 0.0:
            self._sleep(pause)
        return turn

    def _end(self, turn: Turn) -> None:
        with self._changed:
            if turn.refused_for is None:
                self._allowed = min(self._most, self._allowed + 1.0 / self._allowed)
            else:
                self._not_before = max(self._not_before, self._clock() + turn.refused_for)
                if turn.pace == self._pace:
                    self._allowed = max(1.0, min(self._allowed, self._under_way) / 2.0)
                    self._pace += 1
            self._under_way -= 1
            self._changed.notify(2)  # one for this turn, and one where more are allowed now
