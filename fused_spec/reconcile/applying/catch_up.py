"""Archive runs that no apply saw end: those that started them were killed, or did not wait."""

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, Run
from fused_spec.reconcile.archive.gathering import Archived, keep_run
from fused_spec.reconcile.history.refresh import confirmed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fused_spec.reconcile.site import Site

_AT_ONCE = 8


def catch_up(missed: "Iterable[Run]", site: "Site") -> None:
    """Archive these runs; one that cannot be archived is left to the next apply."""

    def keep(run: Run) -> None:
        keep_unseen(Change(key=run.key, action=Action.NONE, reason=Reason.UP_TO_DATE, before=run), run, site)

    with site.world.pool(_AT_ONCE) as pool:
        deque(pool.map(keep, missed), maxlen=0)  # so that what a call raised is raised here


def keep_unseen(change: Change, run: Run, site: "Site") -> Archived:
    """Archive a run of which only the listing has told that it is over, if its own record says so."""
    return keep_run(change, run, site, certain=partial(confirmed, site.api))
