"""Read the logs of runs while they go on, one run at a time, so that little is lost with a crash."""

from collections.abc import Iterable
from concurrent.futures import Executor, Future
from math import inf

from msgspec import Struct, field

from fused_spec.configuration.secret_values import Unreadable
from fused_spec.errors import ServiceError
from fused_spec.jobs.status import RunStatus
from fused_spec.reconcile.archive.gathering import open_spool
from fused_spec.reconcile.archive.spool import Spool
from fused_spec.reconcile.following.flight import Flight
from fused_spec.reconcile.site import Site

_EVERY = 5.0  # seconds between two looks at the log of one run


class LogFollower(Struct):
    """Knows whose log is to be read next; spools stay open for as long as their runs are followed."""

    site: Site
    pool: Executor
    _spools: dict[str, Spool] = field(default_factory=dict)
    _due: dict[str, float] = field(default_factory=dict)
    _reading: Future[None] | None = None

    def read_on(self, flights: Iterable[Flight]) -> None:
        """Begin to read the log that was read longest ago, unless one is being read."""
        if self._reading is not None:
            if not self._reading.done():
                return
            self._reading.result()  # what went wrong and was not expected is to be seen
        now = self.site.world.clock()
        due: Flight | None = None
        earliest = inf
        for flight in flights:
            if flight.sight.status is RunStatus.RUNNING:
                at = self._due.setdefault(flight.job_id, now + _EVERY)
                if at <= now and at < earliest:
                    due, earliest = flight, at
        if due is not None:
            self._due[due.job_id] = now + _EVERY
            self._reading = self.pool.submit(self._read, due)

    def _read(self, flight: Flight) -> None:
        try:
            if flight.job_id not in self._spools:
                self._spools[flight.job_id] = open_spool(self.site, flight.job_id, flight.digest, flight.change)
            self._spools[flight.job_id].read_on(self.site.api, flight.job_id)
        except (ServiceError, Unreadable, OSError):
            # The next reading begins at the same place, and the last one, when the run is over, tells its failure.
            self._spools.pop(flight.job_id, None)
