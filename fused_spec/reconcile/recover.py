"""Settle what earlier applies left open, before anything is planned.

An intent without an answer is a run that may or may not exist. It is looked for in a complete history until the
service's own slowest start would have come; found, it is noted; not found then, it never was, and is withdrawn. For
one that is older than the service's memory, absence proves nothing: a person decides (`--adopt`, `--rerun`).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from fused_spec.reconcile.journal import Attempt, Journal
from fused_spec.reconcile.listing import list_jobs
from fused_spec.reconcile.markers import Markers
from fused_spec.reconcile.site import Timing, World

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader

_PAUSE = 5.0


def recover(
    api: "FusedReader",
    journal: Journal,
    markers: Markers,
    *,
    timing: Timing,
    world: World,
    tell: Callable[[Sequence[Attempt], float], None] = lambda attempts, seconds: None,
) -> None:
    """Settle every open intent; raises the client's error when the history cannot be read.

    `tell(attempts, seconds)` is called when the history has to be watched for so long.
    """
    intents = journal.open_intents()
    if not intents:
        return
    began = world.clock()
    told = False
    while intents:
        waited, evidence = world.clock() - began, _service_time(api)  # of the look that follows
        found = _by_nonce(api, markers)
        still_open = []
        for intent in intents:
            if intent.nonce in found:
                journal.started(intent, found[intent.nonce])
            elif _age(intent, evidence) > timing.remembers:
                journal.started(intent, f"unknown-{intent.nonce}")
            elif _is_dead(intent, evidence, timing, waited=waited):
                journal.withdraw(intent)
            else:
                still_open.append(intent)
        intents = still_open
        if intents:
            if not told:
                tell(intents, timing.dead)
                told = True
            world.sleep(_PAUSE)


def _by_nonce(api: "FusedReader", markers: Markers) -> dict[str, str]:
    """The job id of each marked run in the history, by its nonce."""
    listing = list_jobs(api, markers.workers)
    marked = zip(listing, markers.read(listing), strict=True)
    return {marker.nonce: job.id for job, marker in marked if marker is not None}


def _service_time(api: "FusedReader") -> datetime | None:
    """The time on the service's clock; asked for with the smallest question when nothing was asked yet."""
    if api.server_time is None:
        api.get_jobs(1, per_request=1)
    return api.server_time


def _is_dead(intent: Attempt, evidence: datetime | None, timing: Timing, *, waited: float) -> bool:
    """Whether the look that began at `evidence` would have shown the attempt, had it ever been accepted.

    Its age counts on the service's clock, which also stamped it; where that is not known, what was waited here counts.
    """
    return waited >= timing.dead or _age(intent, evidence) >= timing.dead


def _age(intent: Attempt, evidence: datetime | None) -> float:
    """Seconds since the attempt was sent, by the service's clock; 0 where that is not known."""
    return 0.0 if intent.sent is None or evidence is None else (evidence - intent.sent).total_seconds()
