"""What this project meant to start, written down before it was sent, and what became of it.

Files whose names tell the state of an attempt, so that a listing tells all of them:

    <scope>/attempts/<target>/<kind>/<name>/<sent>-<nonce>.intent     about to be sent, or sent and not answered
    <scope>/attempts/<target>/<kind>/<name>/<sent>-<nonce>.started    answered: the service's job id is known
    <scope>/attempts/<target>/<kind>/<name>/<sent>-<nonce>.replaced   about to be cancelled, for another run to follow

`<sent>`, on the service's clock, is in milliseconds, so that names sort by time. An intent that was certainly never
sent, or certainly refused, is withdrawn: its file goes.
"""

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from fused_spec.plan.model import Run
from fused_spec.reconcile.store import Store
from fused_spec.reconcile.token_journal import TokenJournal
from fused_spec.spec.model import Key, Kind

INTENT, STARTED, REPLACED = "intent", "started", "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One effort to start a run; `sent` is the service's time, just before it was sent, as far as that is known."""

    key: Key
    digest: str
    number: int
    nonce: str
    sent: datetime | None
    tries: int = 1
    job_id: str | None = None

    def to_json(self) -> bytes:
        return json.dumps(
            {
                "v": 1,
                "kind": str(self.key.kind),
                "name": self.key.name,
                "digest": self.digest,
                "attempt": self.number,
                "tries": self.tries,
                "nonce": self.nonce,
                "sent": self.sent.isoformat() if self.sent else None,
                "job_id": self.job_id,
            }
        ).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "Attempt":
        """Read one back; ValueError for anything else."""
        try:
            known = json.loads(content)
            return cls(
                key=Key(kind=Kind(known["kind"]), name=known["name"]),
                digest=str(known["digest"]),
                number=int(known["attempt"]),
                tries=int(known["tries"]),
                nonce=str(known["nonce"]),
                sent=datetime.fromisoformat(known["sent"]) if known["sent"] else None,
                job_id=known["job_id"],
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not an attempt: {error!r}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What the journal tells of attempts, by nonce; of the replaced ones when that was noted."""

    started: frozenset[str]
    replaced: Mapping[str, datetime]


class Journal:
    """The attempts of one project at one target."""

    def __init__(self, store: Store, scope: str, target: str) -> None:
        self._store = store
        self._folder = f"{scope}/attempts/{target}"
        self.tokens = TokenJournal(store, f"{scope}/tokens/{target}")

    def intend(self, attempt: Attempt) -> None:
        """Write the intent down; it is durable when this returns, and an OSError means that nothing may be sent."""
        self._store.write(self._path(attempt, INTENT), attempt.to_json())

    def started(self, attempt: Attempt, job_id: str) -> None:
        """Note the answer."""
        self._store.write(self._path(attempt, STARTED), replace(attempt, job_id=job_id).to_json())
        self._store.remove(self._path(attempt, INTENT))

    def withdraw(self, attempt: Attempt) -> None:
        """Forget an attempt that certainly started nothing."""
        self._store.remove(self._path(attempt, INTENT))

    def replacing(self, run: Run, now: datetime) -> None:
        """Note that a run is about to be cancelled for another to follow, which may never come to be."""
        attempt = Attempt(
            key=run.key,
            digest=run.digest,
            number=run.attempt,
            tries=run.tries,
            nonce=run.nonce,
            sent=now,
            job_id=run.job_id,
        )
        self._store.write(self._path(attempt, REPLACED), attempt.to_json())

    def open_intents(self) -> list[Attempt]:
        """The attempts of which nobody knows what became of them."""
        names = self._names()
        answered = {_nonce(name) for name in names if name.endswith(f".{STARTED}")}
        return self._read([name for name in names if name.endswith(f".{INTENT}") and _nonce(name) not in answered])

    def notes(self) -> Notes:
        """Which attempts were started, and which were about to be cancelled for another, as the file names tell."""
        started, replaced = set(), {}
        for name in self._names():
            if name.endswith(f".{STARTED}"):
                started.add(_nonce(name))
            elif name.endswith(f".{REPLACED}"):
                replaced[_nonce(name)] = _sent(name)  # names come sorted, so the last note counts
        return Notes(started=frozenset(started), replaced=replaced)

    def newest_started(self, keys: Iterable[Key], known: Container[str]) -> dict[Key, Attempt]:
        """The newest attempt of each of these keys that was started, unless its nonce is among those known anyway."""
        newest: dict[str, str] = {}
        for name in self._names():
            if name.endswith(f".{STARTED}"):
                newest[name.rpartition("/")[0]] = name  # names come sorted
        places = [f"{self._folder}/{key.kind}/{key.name}" for key in keys]
        wanted = [newest[place] for place in places if place in newest and _nonce(newest[place]) not in known]
        return {attempt.key: attempt for attempt in self._read(wanted)}

    def _names(self) -> list[str]:
        return self._store.names(self._folder)

    def _read(self, names: Sequence[str]) -> list[Attempt]:
        """Those that were not settled just now."""
        return [Attempt.from_json(content) for content in self._store.read_all(names).values()]

    def _path(self, attempt: Attempt, state: str) -> str:
        sent = int(attempt.sent.timestamp() * 1000) if attempt.sent else 0
        return f"{self._folder}/{attempt.key.kind}/{attempt.key.name}/{sent:015d}-{attempt.nonce}.{state}"


def _nonce(name: str) -> str:
    return name.rpartition("/")[2].partition("-")[2].partition(".")[0]


def _sent(name: str) -> datetime:
    return datetime.fromtimestamp(int(name.rpartition("/")[2].partition("-")[0]) / 1000, UTC)
