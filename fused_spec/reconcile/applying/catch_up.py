"""Archive runs that no apply saw end, since those that started them were killed or did not wait, or could not keep."""

from collections import deque
from functools import partial
from typing import TYPE_CHECKING

from fused_spec.errors import ServiceError
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, Run
from fused_spec.reconcile.archive.gathering import Archived, keep_run
from fused_spec.reconcile.history.refresh import confirmed, unlisted_run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fused_spec.reconcile.journal.intents import Attempt
    from fused_spec.reconcile.site import Site

_AT_ONCE = 8


def catch_up(missed: "Iterable[Run]", site: "Site") -> None:
    """Archive these runs, and those noted as not archived; one that cannot be archived is left to the next apply."""
    with site.world.pool(_AT_ONCE) as pool:
        # Emptied, so that what a call raised is raised here.
        deque(pool.map(partial(_keep_settled, site=site), missed), maxlen=0)
        deque(pool.map(partial(_keep_noted, site=site), site.journal.to_archive()), maxlen=0)


def _keep_settled(run: Run, site: "Site") -> Archived:
    """Archive a run that no change is about."""
    return keep_unseen(Change(key=run.key, action=Action.NONE, reason=Reason.UP_TO_DATE, before=run), run, site)


def _keep_noted(attempt: "Attempt", site: "Site") -> None:
    """Archive the run of an attempt, and forget the note; of a run that the service forgot there is nothing to keep."""
    try:
        run = unlisted_run(site.api, attempt, site.world.now())
    except ServiceError:
        return  # the note stays, and with it what the next apply tries
    if run is None or _keep_settled(run, site).folder is not None:
        site.journal.archived(attempt)


def keep_unseen(change: Change, run: Run, site: "Site") -> Archived:
    """Archive a run of which only the listing has told that it is over, if its own record says so."""
    return keep_run(change, run, site, certain=partial(confirmed, site.api))
