"""Prove with a call that a token's value is let in, as those who will use it call."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from fused_spec.api.errors import ApiError, TimedOut
from fused_spec.api.http.limits import Limits
from fused_spec.api.shared_runs import run_shared
from fused_spec.errors import FusedSpecError
from fused_spec.reconcile.site import Timing, World
from fused_spec.spec.model import Key
from fused_spec.system.polling import Deadline, intervals

if TYPE_CHECKING:
    from fused_spec.api.client import FusedAPI

_LIMITS = Limits(attempt=150.0, total=200.0)  # a UDF may take two minutes to answer
_NOT_LET_IN = (401, 403, 404, 410)


def prove(api: "FusedAPI", key: Key, value: str, *, timing: Timing, world: World) -> None:
    """Call the UDF once with the value; raises unless the service lets it in.

    A UDF that fails, for want of parameters or for a reason of its own, was let in: only then does it run. Of one that
    takes longer than anybody waits the service says whether its token is enabled. A token may take as long to be known
    everywhere as a run takes to be listed.
    """
    deadline = Deadline(timing.visible, world.clock)
    for pause in intervals(0.5, 5.0):
        late = deadline.passed
        try:
            run_shared(api, value, limits=_LIMITS, sink=_unread)
        except TimedOut:
            if not api.get_udf_access_token(value).enabled:
                raise
            return
        except ApiError as error:
            if _ran(error):
                return
            if error.status_code not in _NOT_LET_IN:
                raise
            if late:
                raise FusedSpecError(
                    f"the service does not let the new value of {key} in ({error.status_code})",
                    hint="look at the UDF that the token names, then run the command again",
                ) from None
        else:
            return
        world.sleep(pause)


def _ran(error: ApiError) -> bool:
    """Whether the answer is the UDF's own: its failure, or a status that it chose."""
    return error.status_code == 422 or "x-fused-metadata" in error.response.headers


def _unread(_: Iterator[bytes]) -> bytes:
    return b""
