"""What this project meant to start, written down before it was sent, and what became of it.

Files whose names tell the state of an attempt, so that a listing tells all of them:

    <scope>/services/<service>/attempts/<kind>/<name>/
        <sent>-<nonce>.intent     about to be sent, or sent and not answered
        <sent>-<nonce>.started    answered: the service's job id is known
        <sent>-<nonce>.replaced   about to be cancelled, for another run to follow
        <sent>-<nonce>.unkept     ended, and could not be archived

An intent that was certainly never sent, or certainly refused, is withdrawn: its file goes. Earlier versions wrote the
same files below `<scope>/attempts/<target>/`, by the target's name; they go on counting.
"""

import json
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.json import encode
from msgspec.structs import replace

from fused_spec.jobs.parts import Part, part_in, part_to_json
from fused_spec.plan.model import ReadRun, Run
from fused_spec.reconcile.journal.files import file_name, nonce_in, read_files, sent_in
from fused_spec.reconcile.journal.tokens import TokenJournal
from fused_spec.reconcile.marking.reads import reads_in, reads_to_json
from fused_spec.reconcile.store.formats import check_version
from fused_spec.reconcile.store.store import Store
from fused_spec.spec.model import Key, Kind
from fused_spec.spec.relations.moves import UNMOVED, Moves

VERSION = 1
INTENT, STARTED, REPLACED, UNKEPT = "intent", "started", "replaced", "unkept"


class Attempt(Struct, frozen=True, kw_only=True):
    """One effort to start a run; `sent` is the service's time, just before it was sent, as far as that is known."""

    key: Key
    digest: str
    number: int
    nonce: str
    sent: datetime | None
    tries: int = 1
    job_id: str | None = None
    reads: Mapping[str, ReadRun] = field(default_factory=dict)
    part: Part | None = None

    def to_json(self) -> bytes:
        return encode(
            {
                "v": VERSION,
                "kind": str(self.key.kind),
                "name": self.key.name,
                "digest": self.digest,
                "attempt": self.number,
                "tries": self.tries,
                "nonce": self.nonce,
                "sent": self.sent.isoformat() if self.sent else None,
                "job_id": self.job_id,
                **reads_to_json(self.reads),
                **part_to_json(self.part),
            }
        )

    @classmethod
    def from_json(cls, content: bytes) -> "Attempt":
        """Read one back; ValueError for anything else, `LaterFormat` for one of a later version."""
        try:
            known = json.loads(content)
            check_version("an attempt", known["v"], VERSION)
            return cls(
                key=Key(kind=Kind(known["kind"]), name=known["name"]),
                digest=str(known["digest"]),
                number=int(known["attempt"]),
                tries=int(known["tries"]),
                nonce=str(known["nonce"]),
                sent=datetime.fromisoformat(known["sent"]) if known["sent"] else None,
                job_id=known["job_id"],
                reads=reads_in(known),
                part=part_in(known),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not an attempt: {error!r}") from None


def attempt_of(run: Run) -> Attempt:
    """The attempt that a run came of, as the run tells it; it counts as sent when the run was created."""
    own = run.own
    return Attempt(
        key=own.key,
        digest=own.digest,
        number=run.attempt,
        tries=run.tries,
        nonce=run.nonce,
        sent=run.created,
        job_id=run.job_id,
        reads=own.reads,
        part=run.part,
    )


class Notes(Struct, frozen=True, kw_only=True):
    """What the journal tells of attempts, by nonce; of the replaced ones when that was noted."""

    started: frozenset[str]
    replaced: Mapping[str, datetime]


class Earlier(Struct, frozen=True, kw_only=True):
    """Attempts that earlier versions wrote down by a target's name, and how far they are of the service at hand.

    `settles`: what is open there can only be of this service. `is_remembered`: and what was started there, this service
    ran, though it may have forgotten it.
    """

    target: str
    settles: bool = True
    is_remembered: bool = True


class Journal:
    """The attempts of one project at one service."""

    def __init__(self, store: Store, scope: str, service: str, *, earlier: Earlier | None = None) -> None:
        self.scope = scope
        self._store = store
        self._folder = f"{scope}/services/{service}/attempts"
        self._earlier = earlier
        self._earlier_folder = f"{scope}/attempts/{earlier.target}" if earlier else None
        self.tokens = TokenJournal(store, f"{scope}/services/{service}/tokens")

    def intend(self, attempt: Attempt) -> None:
        """Write the intent down; it is durable when this returns, and an error means that nothing may be sent."""
        self._store.write(self._path(attempt, INTENT), attempt.to_json())

    def started(self, attempt: Attempt, job_id: str) -> None:
        """Note the answer."""
        self._store.write(self._path(attempt, STARTED), replace(attempt, job_id=job_id).to_json())
        self.withdraw(attempt)

    def withdraw(self, attempt: Attempt) -> None:
        """Forget an attempt that certainly started nothing, or the intent of one that is noted as started."""
        self._store.remove(self._path(attempt, INTENT))
        if self._earlier_folder is not None and self._settles:
            self._store.remove(self._path(attempt, INTENT, self._earlier_folder))

    def replacing(self, run: Run, now: datetime) -> None:
        """Note that a run is about to be cancelled for another to follow, which may never come to be."""
        attempt = replace(attempt_of(run), key=run.key, digest=run.digest, sent=now, reads={})
        self._store.write(self._path(attempt, REPLACED), attempt.to_json())

    def not_archived(self, run: Run) -> None:
        """Note that a run has ended and is not archived: newer runs may hide it before it can be."""
        attempt = attempt_of(run)
        self._store.write(self._path(attempt, UNKEPT), attempt.to_json())

    def to_archive(self) -> list[Attempt]:
        """The attempts whose runs could not be archived when they ended."""
        return self._read([name for name in self._store.names(self._folder) if name.endswith(f".{UNKEPT}")])

    def archived(self, attempt: Attempt) -> None:
        """Forget that the run of an attempt could not be archived."""
        self._store.remove(self._path(attempt, UNKEPT))

    def open_intents(self) -> list[Attempt]:
        """The attempts of which nobody knows what became of them."""
        names = self._names(earlier=self._settles)
        answered = {nonce_in(name) for name in names if name.endswith(f".{STARTED}")}
        return self._read([name for name in names if name.endswith(f".{INTENT}") and nonce_in(name) not in answered])

    def notes(self) -> Notes:
        """Which attempts were started, and which were about to be cancelled for another, as the file names tell."""
        started, replaced = set(), {}
        for name in self._names(earlier=True):
            if name.endswith(f".{STARTED}"):
                started.add(nonce_in(name))
            elif name.endswith(f".{REPLACED}"):
                replaced[nonce_in(name)] = sent_in(name)  # names come sorted, so the last note counts
        return Notes(started=frozenset(started), replaced=replaced)

    def newest_started(self, keys: Iterable[Key], known: Container[str], moves: Moves = UNMOVED) -> dict[Key, Attempt]:
        """The newest attempt of each of these keys that was started, unless its nonce is among those known anyway.

        One that was started under a former name is as it was written down.
        """
        newest: dict[str, str] = {}
        for name in self._names(earlier=self._earlier is not None and self._earlier.is_remembered):
            if name.endswith(f".{STARTED}"):
                place = _place_of(name, moves)
                newest[place] = max(newest.get(place, name), name, key=_by_time)
        places = [str(key) for key in keys]
        wanted = [newest[place] for place in places if place in newest and nonce_in(newest[place]) not in known]
        return {moves.key_of(attempt.key, attempt.sent): attempt for attempt in self._read(wanted)}

    def is_empty(self) -> bool:
        """Whether nothing was ever noted here."""
        return not self._names(earlier=True)

    @property
    def _settles(self) -> bool:
        return self._earlier is not None and self._earlier.settles

    def _names(self, *, earlier: bool) -> list[str]:
        """All names, those of each job by time."""
        names = self._store.names(self._folder)
        if earlier and self._earlier_folder is not None:
            names = sorted([*self._store.names(self._earlier_folder), *names], key=lambda name: name.split("/")[-3:])
        return names

    def _read(self, names: Sequence[str]) -> list[Attempt]:
        """Those that were not settled just now; raises `Misconfigured` for one that nobody here understands."""
        doubt, where = "whether it started a run", "that run is known"
        return read_files(self._store, names, Attempt.from_json, doubt=doubt, where=where)

    def _path(self, attempt: Attempt, state: str, folder: str | None = None) -> str:
        name = file_name(attempt.sent, attempt.nonce, state)
        return f"{folder or self._folder}/{attempt.key.kind}/{attempt.key.name}/{name}"


def _place_of(name: str, moves: Moves) -> str:
    """`kind/name` of the job whose attempt a file is, by the names of now."""
    kind, job = name.split("/")[-3:-1]
    return str(moves.key_of(Key(kind=Kind(kind), name=job), sent_in(name))) if moves else f"{kind}/{job}"


def _by_time(name: str) -> str:
    return name.rpartition("/")[2]
