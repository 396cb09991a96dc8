"""Which names became which, written down by the first apply that knew it, for every machine that shares the archive.

    <scope>/moves/<sha256 of what moved>.json   {"v", "at", "moves": [{"kind", "before", "after"}]}

Nothing here is ever deleted or written a second time, so a spec need not say it for ever.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from fused_spec.reconcile.journal.files import read_files
from fused_spec.reconcile.store.formats import check_version
from fused_spec.reconcile.store.store import Store
from fused_spec.spec.model import Key, Kind
from fused_spec.spec.relations.moves import Move

VERSION = 1


class RecordedMoves:
    """The moves of one project in one environment."""

    def __init__(self, store: Store, scope: str) -> None:
        self._store = store
        self._folder = f"{scope}/moves"

    @property
    def place(self) -> str:
        """Where they are, for people."""
        return self._store.shown(self._folder)

    def all(self) -> tuple[Move, ...]:
        """What was written down; raises `Misconfigured` for what nobody here understands."""
        names = [name for name in self._store.names(self._folder) if name.endswith(".json")]
        doubt, where = "what was called otherwise before", "every spec says by moved_from what it was called"
        found = read_files(self._store, names, _parsed, doubt=doubt, where=where)
        return tuple(sorted((move for moves in found for move in moves), key=lambda move: (move.at, str(move))))

    def record(self, new: Iterable[tuple[Key, Key]], now: datetime) -> None:
        """Write moves down that are not yet; durable when this returns, and no matter how often it is done."""
        moves = [
            {"kind": str(before.kind), "before": before.name, "after": after.name} for before, after in sorted(new)
        ]
        if moves:
            name = hashlib.sha256(json.dumps(moves).encode()).hexdigest()[:32]
            content = {"v": VERSION, "at": now.isoformat(), "moves": moves}
            self._store.create(f"{self._folder}/{name}.json", json.dumps(content).encode())


def _parsed(content: bytes) -> list[Move]:
    """The moves in a file; ValueError for anything else, `LaterFormat` for one of a later version."""
    try:
        known = json.loads(content)
        check_version("a move", known["v"], VERSION)
        at = datetime.fromisoformat(known["at"])
        return [Move(_key(one["kind"], one["before"]), _key(one["kind"], one["after"]), at) for one in known["moves"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no moves of names: {error!r}") from None


def _key(kind: str, name: str) -> Key:
    return Key(kind=Kind(kind), name=str(name))
