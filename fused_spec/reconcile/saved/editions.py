"""The values that one declared token had: each is an edition, and the newest one that is enabled counts.

A token's value never changes, so another value is another token of the service with the same name in its marker. The
marker also has the edition's number, and until when the editions before it may be used; so the service alone tells
every machine which value counts, and which ones are to be disabled.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from fused_spec.reconcile.marking.marker import is_marked, object_field, object_marker
from fused_spec.spec.model import Key

if TYPE_CHECKING:
    from fused_spec.wire import UdfAccessToken

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Edition(Struct, frozen=True, kw_only=True):
    """One value; a token that was made without a number is older than every other.

    `made` is by the service's clock. Of a token whose marker does not tell it, it is when the token last changed.
    """

    token: "UdfAccessToken"
    number: int = 0
    nonce: str | None = None
    made: datetime | None = None
    former_until: datetime | None = None

    @property
    def value(self) -> str:
        return self.token.token

    @property
    def enabled(self) -> bool:
        return self.token.enabled

    def marker(self, scope: str, key: Key, *, protect: bool) -> dict[str, Any]:
        """The marker that its token should have."""
        return edition_marker(
            scope,
            key,
            protect=protect,
            number=self.number,
            nonce=self.nonce,
            made=self.made,
            former_until=self.former_until,
        )


class Editions(Struct, frozen=True, kw_only=True):
    """The editions of one token, newest first.

    `unfinished` are enabled ones whose making did not come to its end: they count for nothing, and are to be disabled.
    """

    known: tuple[Edition, ...] = field(default=())
    unfinished: tuple[Edition, ...] = field(default=())

    @property
    def newest(self) -> Edition | None:
        return next(iter(self.known), None)

    @property
    def enabled(self) -> tuple[Edition, ...]:
        return tuple(edition for edition in self.known if edition.enabled)

    @property
    def current(self) -> Edition | None:
        """The one that counts."""
        return next(iter(self.enabled), None)

    @property
    def next_number(self) -> int:
        return 1 + max((edition.number for edition in (*self.known, *self.unfinished)), default=0)

    def former(self) -> tuple[tuple[Edition, datetime], ...]:
        """The enabled ones before the current, and until when each may be used."""
        found, until = [], datetime.max.replace(tzinfo=UTC)
        for newer, older in zip(self.enabled, self.enabled[1:], strict=False):
            until = min(until, newer.former_until or _LONG_AGO)
            found.append((older, until))
        return tuple(found)

    def due(self, now: datetime) -> tuple[Edition, ...]:
        """The former ones whose time is over."""
        return tuple(edition for edition, until in self.former() if until <= now)

    def to_disable(self, now: datetime) -> tuple[Edition, ...]:
        """Everything that is enabled and should not be."""
        return (*self.due(now), *self.unfinished)


def editions_of(
    tokens: Iterable["UdfAccessToken"],
    scope: str,
    keys: Sequence[Key],
    open_nonces: Collection[str],
    *,
    adopted: str | None = None,
) -> Editions:
    """The editions of the declared token among all tokens; `open_nonces` are those of open intents.

    `keys` are its own and its former ones. `adopted` is the value of one from before its spec, which counts while none
    is marked.
    """
    tokens = list(tokens)
    marked = [token for token in tokens if is_marked(token.metadata_json, scope, *keys)]
    return editions_in(marked or [token for token in tokens if token.token == adopted], open_nonces)


def editions_in(tokens: Iterable["UdfAccessToken"], open_nonces: Collection[str]) -> Editions:
    """The editions that these tokens of one name are."""
    found = sorted(map(edition_of, tokens), key=_age)
    unfinished = tuple(one for one in found if one.enabled and one.nonce in open_nonces)
    return Editions(known=tuple(one for one in found if one not in unfinished), unfinished=unfinished)


def edition_of(token: "UdfAccessToken") -> Edition:
    """The edition that a token is; what is not exactly right about its marker is left out."""
    number, nonce = object_field(token.metadata_json, "number"), object_field(token.metadata_json, "nonce")
    return Edition(
        token=token,
        number=number if isinstance(number, int) and not isinstance(number, bool) else 0,
        nonce=nonce if isinstance(nonce, str) else None,
        made=_moment(object_field(token.metadata_json, "made")) or _aware(token.last_updated),
        former_until=_moment(object_field(token.metadata_json, "former_until")),
    )


def edition_marker(
    scope: str,
    key: Key,
    *,
    protect: bool,
    number: int,
    nonce: str | None,
    made: datetime | None,
    former_until: datetime | None,
) -> dict[str, Any]:
    """The marker of one edition."""
    told: Mapping[str, Any] = {
        "number": number or None,
        "nonce": nonce,
        "made": made and made.isoformat(timespec="seconds"),
        "former_until": former_until and former_until.isoformat(timespec="seconds"),
    }
    return {
        **object_marker(scope, key, protect=protect),
        **{name: value for name, value in told.items() if value is not None},
    }


def _age(edition: Edition) -> tuple[int, float, str]:
    """Sorts the newest first."""
    return -edition.number, -(edition.made.timestamp() if edition.made else 0.0), edition.value


def _moment(text: Any) -> datetime | None:
    try:
        return _aware(datetime.fromisoformat(text)) if isinstance(text, str) else None
    except ValueError:
        return None


def _aware(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
