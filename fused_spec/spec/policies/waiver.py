"""Waivers: exceptions from policies, each with a reason, until a day."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import Enum
from fnmatch import fnmatchcase
from typing import NamedTuple

from fused_spec.messages.diagnostics import Location

LONGEST = timedelta(days=366)
"""How far ahead a waiver may end."""


class Standing(Enum):
    COUNTS = "counts"
    ENDED = "ended"
    TOO_LONG = "too long"


class Waiver(NamedTuple):
    """`number` counts those of a project; `match` is a kind and a name, or a pattern of them, or `plan`."""

    number: int
    policy: str
    match: str
    reason: str
    until: date
    location: Location

    @property
    def mark(self) -> str:
        """What says, among all that was used, that this one was."""
        return f"waiver.{self.number}"

    def standing(self, today: date) -> Standing:
        """Whether it counts: until the end of its last day, and not at all where that is too far away.

        This is the one place that knows.
        """
        if self.until < today:
            return Standing.ENDED
        return Standing.COUNTS if self.until - today <= LONGEST else Standing.TOO_LONG

    def fits(self, policy: str, names: Iterable[str]) -> bool:
        """Whether it is for what goes by these names: a cell goes by its own and its group's."""
        return policy == self.policy and any(fnmatchcase(name, self.match) for name in names)

    def ended(self) -> str:
        place = f"{self.location.path}:{self.location.line}"
        return f"the waiver of {self.policy} for {self.match} ended on {self.until.isoformat()} ({place})"
