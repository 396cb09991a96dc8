"""What the service's answers tell of itself: its own clock, as the client's may be wrong, and which service it is."""

import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from fused_spec.configuration.service_identity import HEADER, is_service_id
from fused_spec.system.polling import Clock


class ServerClock:
    """Remembers the `Date` of the newest answer, and goes on from there by `clock`.

    `service_id` is what an embedded service told, None where none was.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._told: tuple[datetime, float] | None = None
        self.service_id: str | None = None

    def note(self, headers: Mapping[str, str], *, own: bool) -> None:
        """Take in an answer's `Date`, and an id where its `own` URL was asked; what is neither is passed over."""
        with contextlib.suppress(ValueError):
            self._told = (parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC), self._clock())
        if own and is_service_id(told := headers.get(HEADER, "")):
            self.service_id = told

    @property
    def now(self) -> datetime | None:
        """The service's time now; None before an answer told it."""
        if self._told is None:
            return None
        told, at = self._told
        return told + timedelta(seconds=self._clock() - at)
