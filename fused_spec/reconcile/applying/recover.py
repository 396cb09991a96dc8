"""Settle what earlier applies left open, before anything is planned.

An intent without an answer is a run, or a token, that may or may not exist. It is looked for in a complete history
until the service's own slowest start would have come; found, it is noted; not found then, it never was, and is
withdrawn. For a run that is older than the service's memory, absence proves nothing: a person decides (`--adopt`,
`--rerun`). A service forgets no token.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar

from fused_spec.reconcile.history.markers import Markers
from fused_spec.reconcile.history.search import Since, find_runs, service_time
from fused_spec.reconcile.journal.intents import Attempt, Journal
from fused_spec.reconcile.journal.tokens import TokenIntent, TokenJournal
from fused_spec.reconcile.saved.editions import edition_of
from fused_spec.reconcile.site import Timing, World
from fused_spec.spec.model import Key

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader

_PAUSE = 5.0
_STAMPED_BEFORE = timedelta(hours=1)  # its sending, at the most: by the service's clock both


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

    service_time(api)  # asked for before the journal is read: between that and a start another may begin unseen
    recover_tokens(api, journal.tokens, timing=timing, world=world, tell=tell)
    intents = journal.open_intents()
    _watch(api, intents, lambda: _by_nonce(api, markers, intents, journal.scope), settle, timing, world, tell)


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
        waited, evidence = world.clock() - began, service_time(api)  # of the look that follows
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


def _by_nonce(api: "FusedReader", markers: Markers, intents: Sequence[Attempt], scope: str) -> dict[str, str]:
    """The job id of each run of the project in the history that was created since the first of these, by its nonce."""
    sent = [intent.sent for intent in intents if intent.sent is not None]
    since = min(sent) - _STAMPED_BEFORE if len(sent) == len(intents) else None
    return {run.marker.nonce: run.line.id for run in find_runs(api, markers, lambda: Since(since), scope=scope).runs}


def _tokens_by_nonce(api: "FusedReader") -> dict[str, bool]:
    """Whether each token of the service is enabled, by its nonce."""
    editions = map(edition_of, api.get_udf_access_tokens(n=None))
    return {edition.nonce: edition.enabled for edition in editions if edition.nonce is not None}


def _is_dead(intent: Intent, evidence: datetime | None, timing: Timing, *, waited: float) -> bool:
    """Whether the look that began at `evidence` would have shown the attempt, had it ever been accepted.

    Its age counts on the service's clock, which also stamped it; where that is not known, what was waited here counts.
    """
    return waited >= timing.dead or _age(intent, evidence) >= timing.dead


def _age(intent: Intent, evidence: datetime | None) -> float:
    """Seconds since the attempt was sent, by the service's clock; 0 where that is not known."""
    return 0.0 if intent.sent is None or evidence is None else (evidence - intent.sent).total_seconds()
