"""Save declared UDFs; none is ever deleted."""

from typing import TYPE_CHECKING

from fused_spec.plan.model import Change, RemoteObject
from fused_spec.reconcile.marking.payload import desired_udf
from fused_spec.spec.model import DesiredUdf

if TYPE_CHECKING:
    from fused_spec.api.client import FusedAPI


def apply_udf(api: "FusedAPI", change: Change, scope: str) -> None:
    """Save the UDF of one change, over the existing one when there is one."""
    if not isinstance(change.after, DesiredUdf):
        raise AssertionError(f"{change.key} is no declared UDF")  # the planner makes no such change
    payload = change.after.payload
    api.save_udf(
        desired_udf(change.after, scope),
        slug=payload["slug"],
        id=change.before.reference if isinstance(change.before, RemoteObject) else None,
        allow_public_read=payload.get("allow_public_read", False),
        allow_public_list=payload.get("allow_public_list", False),
    )
