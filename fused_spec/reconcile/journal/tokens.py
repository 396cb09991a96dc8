"""What this project writes down of its tokens: the making of one before it is sent, and their names; never a value.

    <scope>/services/<service>/tokens/made/<name>/<sent>-<nonce>.intent   its making has begun
    <scope>/services/<service>/tokens/names/<id>.json                     the name behind the opaque id of a marker
    <scope>/services/<service>/tokens/delivered/<name>                    which value a command was given, by a digest

An intent goes when the value was delivered and proven, or taken back. So a token of the service whose intent is still
there was not finished, and counts for nothing.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from fused_spec.reconcile.journal.files import file_name, nonce_in, read_files
from fused_spec.reconcile.store.formats import check_version
from fused_spec.reconcile.store.store import Store
from fused_spec.spec.model import Key, Kind

VERSION = 1

_INTENT = "intent"


class TokenIntent(Struct, frozen=True, kw_only=True):
    """One effort to make a token; `sent` is the service's time just before, as far as that is known."""

    key: Key
    nonce: str
    sent: datetime | None

    def to_json(self) -> bytes:
        sent = self.sent.isoformat() if self.sent else None
        return json.dumps({"v": VERSION, "name": self.key.name, "nonce": self.nonce, "sent": sent}).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "TokenIntent":
        """Read one back; ValueError for anything else, `LaterFormat` for one of a later version."""
        try:
            known = json.loads(content)
            check_version("the making of a token", known["v"], VERSION)
            return cls(
                key=Key(kind=Kind.TOKEN, name=str(known["name"])),
                nonce=str(known["nonce"]),
                sent=datetime.fromisoformat(known["sent"]) if known["sent"] else None,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not the making of a token: {error!r}") from None


class TokenJournal:
    """What is written down of the tokens of one project at one service, in this folder of the store."""

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = folder

    def intend(self, intent: TokenIntent) -> None:
        """Write the intent down; it is durable when this returns."""
        self._store.write(self._path(intent), intent.to_json())

    def settle(self, intent: TokenIntent) -> None:
        """Forget an intent: its value counts from now on, or never will."""
        self._store.remove(self._path(intent))

    def settle_nonces(self, nonces: Iterable[str | None]) -> None:
        """The same for the intents with these nonces."""
        wanted = set(nonces)
        for name in self._intents():
            if nonce_in(name) in wanted:
                self._store.remove(name)

    def settle_key(self, key: Key) -> None:
        """The same for every intent of one token."""
        for name in self._store.names(f"{self._folder}/made/{key.name}"):
            self._store.remove(name)

    def open_nonces(self) -> frozenset[str]:
        """The nonces of the open intents."""
        return frozenset(map(nonce_in, self._intents()))

    def open_intents(self) -> list[TokenIntent]:
        """The makings that did not come to their end; raises `Misconfigured` for one that nobody here understands."""
        doubt, where = "whether it made a token", "no such token is enabled"
        return read_files(self._store, self._intents(), TokenIntent.from_json, doubt=doubt, where=where)

    def delivery(self, key: Key) -> str | None:
        """What is noted of the last delivery to a sink that cannot be read."""
        content = self._store.read(self._delivery_path(key))
        return None if content is None else content.decode("ascii", "replace")

    def note_delivery(self, key: Key, told: str) -> None:
        self._store.write(self._delivery_path(key), told.encode("ascii"))

    def forget_delivery(self, key: Key) -> None:
        self._store.remove(self._delivery_path(key))

    def remember(self, token_id: str, name: str) -> None:
        """Keep the name of a declared token, for when no spec declares it any more."""
        path = self._name_path(token_id)
        if self._store.read(path) is None:
            self._store.write(path, json.dumps({"v": VERSION, "name": name}).encode())

    def knows_names(self) -> bool:
        """Whether a token was ever declared here."""
        return bool(self._store.names(f"{self._folder}/names"))

    def names(self, token_ids: Iterable[str]) -> dict[str, str]:
        """The names behind these ids, as far as they are known; one that cannot be read is not."""
        paths = {self._name_path(token_id): token_id for token_id in token_ids}
        found = {paths[path]: _name_in(content) for path, content in self._store.read_all(list(paths)).items()}
        return {token_id: name for token_id, name in found.items() if name is not None}

    def _intents(self) -> list[str]:
        return [name for name in self._store.names(f"{self._folder}/made") if name.endswith(f".{_INTENT}")]

    def _path(self, intent: TokenIntent) -> str:
        return f"{self._folder}/made/{intent.key.name}/{file_name(intent.sent, intent.nonce, _INTENT)}"

    def _delivery_path(self, key: Key) -> str:
        return f"{self._folder}/delivered/{key.name}"

    def _name_path(self, token_id: str) -> str:
        return f"{self._folder}/names/{token_id}.json"


def _name_in(content: bytes) -> str | None:
    try:
        return str(json.loads(content)["name"])
    except (ValueError, KeyError, TypeError):
        return None
