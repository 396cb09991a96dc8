"""How long a service that cannot be read is ridden out."""

from msgspec import Struct

_ASLEEP = 300.0  # longer between two looks, and the machine was asleep: no look takes that long


class Silence(Struct):
    """Counts the seconds for which every look has failed; those that a laptop slept through do not count."""

    longest: float
    _since: float | None = None
    _last: float = 0.0

    def begins(self, now: float, error: Exception) -> bool:
        """Take in a look that failed; whether it is the first. Raises its error when there were too many seconds."""
        first = self._since is None
        if self._since is None or now - self._last > _ASLEEP:
            self._since = now
        self._last = now
        if now - self._since > self.longest:
            raise error
        return first

    def ends(self) -> None:
        """Take in a look that did not fail."""
        self._since = None
