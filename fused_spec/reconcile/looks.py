"""Looks at the newest part of the history, before each start: what others have started since the plan was made."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fused_spec.polling import Clock

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.objects import JobResponse
    from fused_spec.reconcile.history.markers import Markers
    from fused_spec.reconcile.marking.marker import Marker

_NEWEST = 100
_MORE = 1000
_SHARED = 1.0  # seconds for which a look serves other starts too
_CLOCKS_DIFFER = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The marked runs that the plan had not seen, newest first, as of when the clock read `began`."""

    began: float
    runs: tuple[tuple["JobResponse", "Marker"], ...]


@dataclass(slots=True)
class Looks:
    """Remembers what was met, so that each look need only go down to where the one before began."""

    _met: dict[str, tuple["JobResponse", "Marker | None"]] = field(default_factory=dict)
    _last: Look | None = None
    _told: datetime | None = None  # the service's time before the last look

    def shared(self, clock: Clock) -> Look | None:
        """The last look, while it is fresh enough for several starts."""
        last = self._last
        return last if last is not None and clock() - last.began < _SHARED else None

    def look(
        self, api: "FusedReader", markers: "Markers", seen: Collection[str], *, clock: Clock, visible: float
    ) -> Look:
        """Look now; a run may come to be listed `visible` seconds after it was created.

        Raises the client's errors.
        """
        began, told, page = clock(), api.server_time, self._page(api, markers, seen, 0, _NEWEST)
        skip = len(page)
        while page and not self._is_known(page, seen, visible):
            page = self._page(api, markers, seen, skip, _MORE)
            skip += len(page)
        # Whoever calls beside this one may have met more; what is remembered is never older than what was told.
        met = sorted(self._met.values(), key=lambda one: (one[0].creation_date, one[0].id), reverse=True)
        self._told = told
        self._last = Look(began=began, runs=tuple((job, marker) for job, marker in met if marker is not None))
        return self._last

    def _page(
        self, api: "FusedReader", markers: "Markers", seen: Collection[str], skip: int, many: int
    ) -> list["JobResponse"]:
        page = list(api.get_jobs(many, skip=skip, per_request=many))
        new = [job for job in page if job.id not in seen and job.id not in self._met]
        self._met.update((job.id, (job, marker)) for job, marker in zip(new, markers.read(new), strict=True))
        return page

    def _is_known(self, page: list["JobResponse"], seen: Collection[str], visible: float) -> bool:
        """Whether all below this page was met before: by the plan, or by the look before this one."""
        if any(job.id in seen for job in page):
            return True
        if self._told is None:
            return False
        return page[-1].creation_date < self._told - timedelta(seconds=visible + _CLOCKS_DIFFER)
