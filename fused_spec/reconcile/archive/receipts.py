"""Read the receipts of an archive, and tell which of them are of the service at hand."""

import json
from collections.abc import Iterator, Mapping

from msgspec import Struct

from fused_spec.configuration.service_identity import ServiceIdentity
from fused_spec.errors import Misconfigured
from fused_spec.reconcile.archive.packs import Packs
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.reconcile.store.formats import LaterFormat
from fused_spec.reconcile.store.store import Store
from fused_spec.system.timings import UNTIMED, Timings


class Unreadable(Struct, frozen=True, kw_only=True):
    """What stands in a receipt's place and says nothing, and why; a run of `key` stands behind it all the same."""

    key: str
    job_id: str
    place: str
    why: str


class Receipts:
    """The receipts of one project; `earlier` is the folder of attempts of versions whose receipts tell no service."""

    def __init__(
        self,
        store: Store,
        scope: str,
        service: ServiceIdentity | None,
        earlier: str | None,
        timings: Timings = UNTIMED,
    ) -> None:
        self._store = store
        self._scope = scope
        self._service = service
        self._earlier = earlier
        self._known: dict[str, Receipt | Unreadable] = {}
        self._packs = Packs(store, scope, timings)
        self._alone: list[bytes] = []
        self._is_packed = False

    def at(self, places: Mapping[str, str | None]) -> Iterator[Receipt | Unreadable]:
        """What stands there, by the MD5 that the store tells; a receipt is never written again, so each is read once.

        Raises `Misconfigured` for one of a later format: to pass over it could mean to pay for its run again.
        """
        unknown = [one for one in places if one not in self._known]
        packed = self._packs.texts({one: places[one] for one in unknown})
        alone = self._store.read_all([one for one in unknown if one not in packed])
        for place, content in (packed | alone).items():
            self._known[place] = self._parsed(place, content)
        told = [one for one in alone if places[one] is not None and isinstance(self._known[one], Receipt)]
        self._alone += [alone[one] for one in told]
        self._is_packed = self._is_packed or bool(packed or told)
        return (self._known[place] for place in places if place in self._known)

    def pack(self) -> None:
        """Have what was read or written by itself in a pack from now on; raises `ArchiveError`.

        Where the store tells no MD5 of what it lists, no pack would ever be believed.
        """
        if self._is_packed:
            self._packs.add(self._alone)
        self._alone.clear()

    def wrote(self, text: str) -> None:
        """Take note of a receipt that was just written."""
        self._alone.append(text.encode())

    def is_here(self, receipt: Receipt) -> bool:
        """Whether its run was at the service at hand."""
        if self._service is None:
            return False
        return receipt.ran_at(self._service) or (receipt.is_adopted and receipt.job_id in self._started_earlier())

    def _parsed(self, place: str, content: bytes) -> Receipt | Unreadable:
        shown = self._store.shown(place)
        try:
            return Receipt.from_json(content.decode("utf-8"))
        except LaterFormat as error:
            raise Misconfigured(
                f"{shown} is {error}: what it says about its run is not known, and the run might be paid for again",
                hint="use the fused-spec that wrote it, or a later one",
            ) from None
        except ValueError as error:
            *_, kind, name, job_id, _ = place.split("/")
            return Unreadable(key=f"{kind}/{name}", job_id=job_id, place=shown, why=str(error))

    def _started_earlier(self) -> frozenset[str]:
        """The ids that the attempts of earlier versions tell; a run adopted by those has no other trace of where."""
        if self._earlier is None:
            return frozenset()
        names = self._store.names(f"{self._scope}/attempts/{self._earlier}")
        attempts = map(json.loads, self._store.read_all([one for one in names if one.endswith(".started")]).values())
        return frozenset(str(attempt["job_id"]) for attempt in attempts)
