"""Archive the runs that earlier applies started and did not see end: they were killed, or did not wait."""

from typing import TYPE_CHECKING

from fused_spec.plan.model import Action, Change, Reason, Run
from fused_spec.reconcile.keep import keep_run
from fused_spec.reconcile.refresh import confirmed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fused_spec.reconcile.site import Site

_AT_ONCE = 8


def catch_up(missed: "Iterable[Run]", site: "Site") -> int:
    """Archive these runs, and say how many it were; one that cannot be is left to the next apply."""

    def keep(run: Run) -> bool:
        certain = confirmed(site.api, run)
        if certain.status.in_flight:
            return False
        change = Change(key=run.key, action=Action.NONE, reason=Reason.UP_TO_DATE, before=certain)
        folder, _ = keep_run(change, certain, site.api, site.archive, site.spools, now=site.world.now())
        return folder is not None

    with site.world.pool(_AT_ONCE) as pool:
        return sum(pool.map(keep, missed))
