"""Make a new value of a token, so that at any moment one works, and nothing is left over that nobody declared.

The intent is written down; the token is made, under a number and a nonce of its own; its value goes to the sink; a call
proves that it works. Then the intent goes, and only after that are the former values disabled. So whatever happens,
wherever a process dies and however late a request arrives, there are two cases. While the intent is there the new value
counts for nothing: the former one is put back into the sink, and the new one is disabled. Without it the newest value
counts, and the former ones are disabled. Either way the next plan shows what is left to do, and the next apply does it.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from fused_spec.configuration.token_sinks import Sink
from fused_spec.errors import FusedSpecError, Locked, OutcomeUnknown, ServiceError
from fused_spec.reconcile.journal.tokens import TokenIntent, TokenJournal
from fused_spec.reconcile.marking.marker import FIELD, is_protected, object_id
from fused_spec.reconcile.saved.delivery import deliver
from fused_spec.reconcile.saved.editions import Edition, Editions, edition_marker, edition_of, editions_of
from fused_spec.reconcile.saved.sinks import adopted_value, check_sink, read_sink
from fused_spec.reconcile.site import Site, Timing, World
from fused_spec.spec.model import DesiredToken, Key
from fused_spec.spec.relations.moves import UNMOVED, Moves
from fused_spec.system.polling import Deadline, intervals

if TYPE_CHECKING:
    from fused_spec.api.client import FusedAPI


class Issuer(Struct, frozen=True, kw_only=True):
    """What the making of tokens needs; the parts are those of a `Site`."""

    api: "FusedAPI"
    journal: TokenJournal
    scope: str
    timing: Timing
    world: World
    may_act: Callable[[float], bool]
    moves: Moves = UNMOVED

    @classmethod
    def at(cls, site: Site) -> "Issuer":
        return cls(
            api=site.api,
            journal=site.journal.tokens,
            scope=site.scope,
            timing=site.timing,
            world=site.world,
            may_act=site.may_act,
            moves=site.moves,
        )

    @property
    def now(self) -> datetime:
        """The service's time."""
        return self.api.server_time or self.world.now()

    def check_lock(self, key: Key) -> None:
        """Raise when the lock was lost, or is about to be."""
        if not self.may_act(self.timing.fresh):
            raise Locked(f"{key} was left alone: the lock was lost meanwhile", hint="run the command again")

    def editions(self, key: Key) -> Editions:
        """The values that the token has by now."""
        keys = self.moves.names_of(key)
        return editions_of(self.api.get_udf_access_tokens(n=None), self.scope, keys, self.journal.open_nonces())


class Order(Struct, frozen=True, kw_only=True):
    """A new value to be made: what `create_udf_access_token` takes, and where the value goes.

    `overlap` is how many seconds the former values go on working.
    """

    key: Key
    sink: Sink
    arguments: Mapping[str, Any]
    metadata: Mapping[str, Any]
    protect: bool = False
    overlap: float = 0.0


def renewal(declared: DesiredToken, issuer: Issuer, *, overlap: float) -> Order:
    """The order of another value for an existing token: everything else stays as the service has it.

    Raises when there is no value to be replaced.
    """
    take_over(declared, issuer)
    current = issuer.editions(declared.key).current
    if current is None:
        raise FusedSpecError(
            f"{declared.key} has no value that works at this target", hint="`fused-spec apply` makes one"
        )
    token = current.token
    by_name = {"udf_email": token.udf_email, "udf_name": token.udf_slug}
    return Order(
        key=declared.key,
        sink=declared.sink,
        arguments={
            **({"udf_id": token.udf_id} if token.udf_id is not None else by_name),
            "client_id": token.client_id,
            "cache": token.cache is not False,
        },
        metadata={name: value for name, value in (token.metadata_json or {}).items() if name != FIELD},
        protect=is_protected(token.metadata_json),
        overlap=overlap,
    )


def take_over(declared: DesiredToken, issuer: Issuer) -> None:
    """Mark the token from before its spec, so that whatever follows finds it as one of this project."""
    value = adopted_value(declared)
    if value is None or issuer.editions(declared.key).known:
        return
    tokens = issuer.api.get_udf_access_tokens(n=None)
    current = editions_of(tokens, issuer.scope, (declared.key,), (), adopted=value).current
    if current is not None:
        issuer.check_lock(declared.key)
        marker = current.marker(issuer.scope, declared.key, protect=declared.protect)
        metadata = {**(current.token.metadata_json or {}), FIELD: marker}
        issuer.api.update_udf_access_token(current.value, metadata_json=metadata)


def issue(order: Order, issuer: Issuer) -> None:
    """Make a new value, deliver and prove it, and disable the former ones.

    Raises with the former value at work, and `OutcomeUnknown` when nobody can know whether the service made a new one.
    """
    check_sink(order.sink)
    before = issuer.editions(order.key)
    intent = _intend(order, issuer)
    new = _make(order, intent, before, issuer)
    try:
        deliver(order.key, order.sink, new, issuer, proven=bool(before.enabled))
    except FusedSpecError as error:
        _take_back(new, order.sink, before, issuer, error)
        raise
    issuer.journal.settle(intent)
    after = Editions(known=(new, *before.known), unfinished=before.unfinished)
    try:
        disable(after.to_disable(issuer.now), issuer)
    except FusedSpecError as error:
        _explain(
            error, "the new value works and is in the sink; the former one still works, and the next apply ends it"
        )
        raise


def disable(editions: Iterable[Edition], issuer: Issuer) -> None:
    """Have these values work no more; they are never enabled again."""
    ended = []
    for edition in editions:
        issuer.api.update_udf_access_token(edition.value, enabled=False)
        ended.append(edition.nonce)
    if ended:
        issuer.journal.settle_nonces(ended)


def _intend(order: Order, issuer: Issuer) -> TokenIntent:
    """Write down what is about to be made; nothing is sent without the lock."""
    intent = TokenIntent(key=order.key, nonce=issuer.world.nonce(), sent=issuer.api.server_time)
    issuer.journal.remember(object_id(issuer.scope, order.key), order.key.name)
    issuer.journal.intend(intent)
    try:
        issuer.check_lock(order.key)
    except Locked:
        issuer.journal.settle(intent)
        raise
    return intent


def _make(order: Order, intent: TokenIntent, before: Editions, issuer: Issuer) -> Edition:
    """Have the service make the token, once."""
    now = issuer.now.astimezone(UTC)
    marker = edition_marker(
        issuer.scope,
        order.key,
        protect=order.protect,
        number=before.next_number,
        nonce=intent.nonce,
        made=now,
        former_until=now + timedelta(seconds=order.overlap) if before.enabled and order.overlap else None,
    )
    try:
        token = issuer.api.create_udf_access_token(
            **order.arguments, metadata_json={**order.metadata, FIELD: marker}, enabled=True
        )
    except ServiceError as error:
        if error.sent is False:
            issuer.journal.settle(intent)
            raise
        return _found_again(order, intent, error, issuer)
    return edition_of(token)


def _found_again(order: Order, intent: TokenIntent, error: ServiceError, issuer: Issuer) -> Edition:
    """The answer got lost: the token is listed, or comes into the list within the time that the service may take."""
    deadline = Deadline(issuer.timing.dead, issuer.world.clock)
    for pause in intervals(0.5, 10.0):
        late = deadline.passed  # the last look begins after everything would have come
        try:
            found = [one for one in issuer.editions(order.key).unfinished if one.nonce == intent.nonce]
        except ServiceError:
            found = []  # an unreadable list says nothing; the deadline ends the asking
        if found:
            return found[0]
        if late:
            break
        issuer.world.sleep(pause)
    raise OutcomeUnknown(
        f"a new value of {order.key} may or may not have been made: {error}; the former one goes on working, and the "
        "next apply looks for the new one first",
        hint="run the same command again",
    ) from error


def _take_back(new: Edition, sink: Sink, before: Editions, issuer: Issuer, error: FusedSpecError) -> None:
    """Disable the new value, unless it still stands in the sink; the hint of the error then tells how it stands."""
    stands = "the former value goes on working" if before.enabled else "no value works yet"
    try:
        if (read_sink(sink) or b"").strip() == new.value.encode():
            stands += "; the new one stands in the sink, and the next apply puts the former one back"
        else:
            disable([new], issuer)
    except FusedSpecError as trouble:
        stands += f"; the new one could not be disabled ({trouble}), which the next apply does"
    _explain(error, stands)


def _explain(error: FusedSpecError, stands: str) -> None:
    """Tell how it stands before the next step."""
    error.hint = f"{stands}; {error.hint}" if error.hint else stands
