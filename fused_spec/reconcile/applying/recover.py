"""Settle what earlier applies left open, before anything is planned.

An intent without an answer is a run, or a token, that may or may not exist. It is looked for in a complete history
until the service's own slowest start would have come; found, it is noted; not found then, it never was, and is
withdrawn. For a run that is older than the service's memory, absence proves nothing: a person decides (`--adopt`,
`--rerun`). A service forgets no token.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from fused_spec.reconcile.history.listing import list_jobs
from fused_spec.reconcile.history.markers import Markers
from fused_spec.reconcile.journal.intents import Attempt, Journal
from fused_spec.reconcile.journal.tokens import TokenIntent, TokenJournal
from fused_spec.reconcile.saved.editions import edition_of
from fused_spec.reconcile.site import Timing, World
from fused_spec.spec.model import Key

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader

_PAUSE = 5.0


class Intent(Protocol):
    """Something that may or may not have come to be; `sent` is the service's time just before."""

    @property
    def key(self) -> Key: ...
    @property
    def nonce(self) -> str: ...
    @property
    def sent(self) -> datetime | None: ...


Made = TypeVar("Made", bound=Intent)
Found = TypeVar("Found")
Tell = Callable[[Sequence[Intent], float], None]


def recover(
    api: "FusedReader",
    journal: Journal,
    markers: Markers,
    *,
    timing: Timing,
    world: World,
    tell: Tell = lambda intents, seconds: None,
) -> None:
    """Settle every open intent; raises the client's error when the history cannot be read.

    `tell(intents, seconds)` is called when the history has to be watched for so long.
    """

    def settle(intent: Attempt, found: Mapping[str, str], evidence: datetime | None, dead: bool) -> bool:
        if intent.nonce in found:
            journal.started(intent, found[intent.nonce])
        elif _age(intent, evidence) > timing.remembers:
            journal.started(intent, f"unknown-{intent.nonce}")
        elif dead:
            journal.withdraw(intent)
        else:
            return False
        return True

    recover_tokens(api, journal.tokens, timing=timing, world=world, tell=tell)
    _watch(api, journal.open_intents(), lambda: _by_nonce(api, markers), settle, timing, world, tell)


def recover_tokens(
    api: "FusedReader",
    journal: TokenJournal,
    *,
    timing: Timing,
    world: World,
    tell: Tell = lambda intents, seconds: None,
) -> None:
    """The same for the making of tokens alone: afterwards each is known to exist, or never to come."""

    def settle(intent: TokenIntent, found: Mapping[str, bool], _: datetime | None, dead: bool) -> bool:
        if found.get(intent.nonce):
            return True  # it works, and is no use: the plan has it disabled, and the intent goes then
        if intent.nonce not in found and not dead:
            return False
        journal.settle(intent)
        return True

    _watch(api, journal.open_intents(), lambda: _tokens_by_nonce(api), settle, timing, world, tell)


def _watch(
    api: "FusedReader",
    intents: Sequence[Made],
    look: Callable[[], Found],
    settle: Callable[[Made, Found, datetime | None, bool], bool],
    timing: Timing,
    world: World,
    tell: Tell,
) -> None:
    """Look, and look again, until each intent is settled by what was found, or by its time being over."""
    began = world.clock()
    told = False
    while intents:
        waited, evidence = world.clock() - began, _service_time(api)  # of the look that follows
        found = look()
        intents = [
            intent
            for intent in intents
            if not settle(intent, found, evidence, _is_dead(intent, evidence, timing, waited=waited))
        ]
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


def _tokens_by_nonce(api: "FusedReader") -> dict[str, bool]:
    """Whether each token of the service is enabled, by its nonce."""
    editions = map(edition_of, api.get_udf_access_tokens(n=None))
    return {edition.nonce: edition.enabled for edition in editions if edition.nonce is not None}


def _service_time(api: "FusedReader") -> datetime | None:
    """The time on the service's clock; asked for with the smallest question when nothing was asked yet."""
    if api.server_time is None:
        api.get_jobs(1, per_request=1)
    return api.server_time


def _is_dead(intent: Intent, evidence: datetime | None, timing: Timing, *, waited: float) -> bool:
    """Whether the look that began at `evidence` would have shown the attempt, had it ever been accepted.

    Its age counts on the service's clock, which also stamped it; where that is not known, what was waited here counts.
    """
    return waited >= timing.dead or _age(intent, evidence) >= timing.dead


def _age(intent: Intent, evidence: datetime | None) -> float:
    """Seconds since the attempt was sent, by the service's clock; 0 where that is not known."""
    return 0.0 if intent.sent is None or evidence is None else (evidence - intent.sent).total_seconds()
