"""What the history shows beyond what the plan took into account: looked at once for all starts of one moment.

A look tells which runs of ours there are, as of when it began; a start needs one that is no older than it may be. So
starts that go on side by side share it: whoever comes while somebody looks waits for what that look shows.
"""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from itertools import chain
from threading import Lock
from typing import TYPE_CHECKING

from msgspec import Struct, field

from fused_spec.reconcile.marking.marker import Marker
from fused_spec.reconcile.marking.renamed import renamed
from fused_spec.spec.model import Key

if TYPE_CHECKING:
    from fused_spec.api.values.objects import JobResponse
    from fused_spec.reconcile.site import Site

    Marked = tuple[JobResponse, Marker]

_PAGE = 50
_PATIENCE = 60.0  # seconds between two looks at whether another one's look is over


class Look(Struct, frozen=True, kw_only=True):
    """The marked runs that the plan had not seen, by scope and key of now, the newest first.

    `began` is by the apply's clock.
    """

    began: float
    by_key: "Mapping[tuple[str, Key], Sequence[Marked]]"

    def runs(self, scope: str, key: Key) -> "Sequence[Marked]":
        """Those of one job."""
        return self.by_key.get((scope, key), ())

    def find(self, nonce: str) -> str | None:
        """The run that carries the nonce."""
        marked = chain.from_iterable(self.by_key.values())
        return next((job.id for job, marker in marked if marker.nonce == nonce), None)


class Looks(Struct):
    """The newest look of one apply, and whoever takes the next one."""

    _newest: Look | None = None
    _under_way: "Future[None] | None" = None
    _met: dict[str, float] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)

    def since(self, moment: float, site: "Site") -> Look:
        """A look that began at that moment or later; raises the client's errors when the history cannot be read."""
        while True:
            with self._guard:
                if self._newest is not None and self._newest.began >= moment:
                    return self._newest
                others = self._under_way
                ours: Future[None] | None = None
                if others is None:
                    ours = self._under_way = Future()
            if ours is not None:
                return self._taken(site, ours)
            assert others is not None
            site.world.wait([others], _PATIENCE)

    def _taken(self, site: "Site", ours: "Future[None]") -> Look:
        try:
            self._newest = self._look(site)
            return self._newest
        finally:
            with self._guard:
                self._under_way = None
            ours.set_result(None)  # whoever waited looks for itself where this look failed

    def _look(self, site: "Site") -> Look:
        began = site.world.clock()
        new = self._new(site, began)
        by_key: dict[tuple[str, Key], Sequence[Marked]] = dict(self._newest.by_key) if self._newest else {}
        found = list(zip(new, site.markers.read(new), strict=True))
        for job, marker in reversed(found):
            if marker is not None:
                seen = renamed(marker, site.moves, job.creation_date)
                name = (seen.scope, seen.key)
                by_key[name] = sorted([(job, seen), *by_key.get(name, ())], key=_created, reverse=True)
        self._met.update((job.id, began) for job in new)
        return Look(began=began, by_key=by_key)

    def _new(self, site: "Site", began: float) -> "list[JobResponse]":
        """The lines that no look had before, newest first.

        What was listed by the time of an earlier look ends the reading once whatever is older would be listed as well.
        """
        new: dict[str, JobResponse] = {}
        settled = began - site.timing.visible
        skip = 0
        while page := list(site.api.get_jobs(_PAGE, skip=skip, per_request=_PAGE)):
            new |= {job.id: job for job in page if job.id not in site.seen and job.id not in self._met}
            if self._reaches(page, site.seen, settled):
                break
            skip += len(page)
        return list(new.values())

    def _reaches(self, page: "Sequence[JobResponse]", seen: Collection[str], settled: float) -> bool:
        return any(job.id in seen or self._met.get(job.id, settled + 1.0) <= settled for job in page)


def _created(one: "Marked") -> float:
    return one[0].creation_date.timestamp()
