"""A Dask scheduler and worker that answer nothing by HTTP; distributed has no option for that, only for which pages.

The worker's processes import this module, so it is none that is run by its name.
"""

from typing import Any

from distributed import Scheduler, Worker


class QuietScheduler(Scheduler):  # type: ignore[misc]  # distributed is not looked into
    """A scheduler without an HTTP server."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Start none."""


class QuietWorker(Worker):  # type: ignore[misc]
    """A worker without an HTTP server."""

    def start_http_server(self, *_: Any, **__: Any) -> None:
        """Start none."""
