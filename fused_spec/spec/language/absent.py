"""Documents that only exist at other targets."""

from typing import NamedTuple

from fused_spec.messages.diagnostics import Location


class Absent(NamedTuple):
    """A document that does not exist at a target: the targets at which it does, and where it says so."""

    targets: str
    place: Location

    def words(self, what: str, name: str) -> tuple[str, str]:
        """What is told to who names it, and what to do."""
        message = f'the {what} "{name}" does not exist at this target: its targets are {self.targets} ({self.place})'
        return message, "add the target there, or leave this out where it does not exist"
