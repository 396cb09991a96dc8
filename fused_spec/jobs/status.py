"""The status of a run in our words, and how Fused's two state machines translate into it.

Fused reports the state of the machine (`status`, `terminal_status`) and the state of the work
(`job_status`, `finished_job_status`); 1.x answers know only the first. The work decides, when it is known.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct


class RunStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"

    def __init__(self, word: str) -> None:
        self.in_flight = word in ("queued", "running")


# The three certain words of the protocol, and the two that are shown before them.
_WORK = {
    "pending": RunStatus.QUEUED,
    "in progress": RunStatus.RUNNING,
    "running": RunStatus.RUNNING,
    "done": RunStatus.SUCCEEDED,
    "failed": RunStatus.FAILED,
    "canceled": RunStatus.CANCELLED,
    "cancelled": RunStatus.CANCELLED,
}


def run_status(
    *,
    job_status: str | None,
    machine_status: str | None = None,
    terminal: bool | None = None,
    finished: bool | None = None,
) -> RunStatus:
    """Translate what the service says about a run; an unknown word is never taken for an end.

    `lost` means that the machine is gone and nobody said how the work ended.
    """
    known = _WORK.get((job_status or "").strip().lower())
    if known is not None and not known.in_flight:
        return known
    if finished or (finished is None and terminal):
        return RunStatus.LOST
    if known is not None:
        return known
    return RunStatus.QUEUED if (machine_status or "").lower() == "pending" else RunStatus.RUNNING


LOST_AFTER = 300.0
"""Seconds after which a run is lost whose machine is gone while its work is said to go on."""


def heartbeat_is_old(heartbeat: datetime | None, now: datetime | None) -> bool:
    """Whether a machine that is gone was last heard of so long ago that nothing more will come."""
    return heartbeat is not None and now is not None and now - heartbeat > timedelta(seconds=LOST_AFTER)


class Vigil(Struct):
    """Counts for how long, by one clock, a run was seen without a machine; a service may yet close its record."""

    _gone_since: float | None = None

    def is_lost(self, machine_is_gone: bool, clock: float) -> bool:
        """Take in one more look; whether the run is lost by now."""
        if not machine_is_gone:
            self._gone_since = None
            return False
        if self._gone_since is None:
            self._gone_since = clock
        return clock - self._gone_since >= LOST_AFTER
