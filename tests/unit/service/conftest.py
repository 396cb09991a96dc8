"""All services of these tests share a forkserver."""

from tests.forkservers import no_worker_goes_on, shared_forkserver

__all__ = ["no_worker_goes_on", "shared_forkserver"]
