"""The client that was made last: runs that came from nowhere, such as `RunResponse.from_job_id`, ask it."""

from typing import TYPE_CHECKING

from fused_spec.api.errors import NoCredentials

if TYPE_CHECKING:
    from fused_spec.api.client import FusedAPI

_current: "FusedAPI | None" = None


def set_current(api: "FusedAPI") -> None:
    """Make this client the one that `current` returns."""
    global _current
    _current = api


def current() -> "FusedAPI":
    """The client made last; `NoCredentials` when there is none yet."""
    if _current is None:
        raise NoCredentials("this object belongs to no client", hint="make one first: api = FusedAPI()")
    return _current
