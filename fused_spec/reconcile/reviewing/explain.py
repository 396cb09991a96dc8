"""A plan with what a person should know besides: why jobs are held, whom a start concerns, and what left the specs."""

from typing import TYPE_CHECKING

from msgspec.structs import replace

from fused_spec.plan.model import History, Plan
from fused_spec.plan.serving import with_served
from fused_spec.reconcile.archive.cancels import Cancels
from fused_spec.reconcile.reviewing.held import with_errors
from fused_spec.reconcile.reviewing.left import Leavings, what_left
from fused_spec.spec.model import Resolution

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.reconcile.archive.folders import Archive


def explained(
    plan: Plan,
    resolution: Resolution,
    history: History,
    *,
    api: "FusedReader",
    archive: "Archive",
    cancels: Cancels,
    leavings: Leavings,
) -> Plan:
    """The same plan, told in full; nothing in it is decided by what is added. Raises the client's errors."""
    told = with_errors(with_served(plan, resolution.desired), api, archive, cancels)
    return replace(told, left=what_left(resolution, history, leavings, api=api, archive=archive))
