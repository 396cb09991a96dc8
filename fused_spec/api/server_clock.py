"""The service's own clock, as its answers tell it; the client's may be wrong."""

import contextlib
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from fused_spec.polling import Clock


class ServerClock:
    """Remembers the `Date` of the newest answer, and goes on from there by `clock`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: tuple[datetime, float] | None = None

    def note(self, date: str) -> None:
        """Take in a `Date` header; one that is no date is passed over."""
        with contextlib.suppress(ValueError):
            self._told = (parsedate_to_datetime(date).astimezone(UTC), self._clock())

    @property
    def now(self) -> datetime | None:
        """The service's time now; None before an answer told it."""
        if self._told is None:
            return None
        told, at = self._told
        return told + timedelta(seconds=self._clock() - at)
