"""Archive the runs that earlier applies started and did not see end: they were killed, or did not wait."""

from collections import deque
from typing import TYPE_CHECKING

from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, Run
from fused_spec.reconcile.archive.gathering import keep_run
from fused_spec.reconcile.history.refresh import confirmed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fused_spec.reconcile.site import Site

_AT_ONCE = 8


def catch_up(missed: "Iterable[Run]", site: "Site") -> None:
    """Archive these runs; one that cannot be archived is left to the next apply."""

    def keep(run: Run) -> None:
        certain = confirmed(site.api, run)
        if not certain.status.in_flight:
            change = Change(key=run.key, action=Action.NONE, reason=Reason.UP_TO_DATE, before=certain)
            keep_run(change, certain, site)

    with site.world.pool(_AT_ONCE) as pool:
        deque(pool.map(keep, missed), maxlen=0)  # so that what a call raised is raised here
