"""Carry out what a plan says of a token; the value of one goes to its sink and nowhere else."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fused_spec.configuration.token_sinks import Sink
from fused_spec.errors import StalePlan
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Change, RemoteObject
from fused_spec.reconcile.marking.marker import FIELD, object_id
from fused_spec.reconcile.saved.delivery import deliver
from fused_spec.reconcile.saved.editions import Edition
from fused_spec.reconcile.saved.objects import saved_udf_id
from fused_spec.reconcile.saved.rotation import Issuer, Order, disable, issue, take_over
from fused_spec.spec.model import DesiredToken, Key

if TYPE_CHECKING:
    pass

_IN_PLACE = ("cache", "client_id", "metadata_json", "protect")


def apply_token(change: Change, issuer: Issuer) -> Sink | None:
    """Carry out one change of a token; the sink, when it was written.

    Raises before anything is sent when the sink cannot be written, and `StalePlan` when a value was made meanwhile.
    """
    match change.action, change.after:
        case Action.DISABLE, None:
            _disable_planned(change, issuer)
            return None
        case Action.NONE, DesiredToken() as declared:
            issuer.journal.remember(object_id(issuer.scope, declared.key), declared.key.name)
            return None
        case Action.CREATE | Action.REPLACE, DesiredToken() as declared:
            take_over(declared, issuer)
            _refuse_if_made(change, issuer)
            issue(_order(declared, issuer), issuer)
            return declared.sink
        case Action.UPDATE, DesiredToken() as declared:
            take_over(declared, issuer)
            return _update(change, declared, issuer)
    raise AssertionError(f"{change.key} is no declared token")  # the planner makes no such change


def _refuse_if_made(change: Change, issuer: Issuer) -> None:
    planned = change.before.reference if isinstance(change.before, RemoteObject) and change.before.enabled else None
    current = issuer.editions(change.key).current
    if (current.value if current else None) != planned:
        raise _stale(change.key)


def _stale(key: Key) -> StalePlan:
    return StalePlan(
        f"a value of {key} was made or disabled after this plan was made",
        hint="somebody else is at work; run the command again to see what was done",
    )


def _update(change: Change, declared: DesiredToken, issuer: Issuer) -> Sink | None:
    """Change what can be changed in place, then deliver the value where it lacks, then end the former ones."""
    editions = issuer.editions(declared.key)
    current = editions.current
    if not declared.payload.get("enabled", True):
        disable((*editions.enabled, *editions.unfinished), issuer)
        return None
    if current is None:
        raise _stale(declared.key)
    if any(field.path.split(".")[0] in _IN_PLACE for field in change.fields):
        _change_in_place(current, declared, issuer)
    now = issuer.now
    written = deliver(declared.key, declared.sink, current, issuer, proven=bool(editions.due(now)))
    disable(editions.to_disable(now), issuer)
    issuer.journal.remember(object_id(issuer.scope, declared.key), declared.key.name)
    return declared.sink if written else None


def _change_in_place(current: Edition, declared: DesiredToken, issuer: Issuer) -> None:
    payload = declared.payload
    marker = current.marker(issuer.scope, declared.key, protect=declared.protect)
    issuer.api.update_udf_access_token(
        current.value,
        client_id=payload.get("client_id"),
        cache=payload.get("cache", True),
        metadata_json={**payload.get("metadata_json", {}), FIELD: marker},
    )


def _disable_planned(change: Change, issuer: Issuer) -> None:
    if isinstance(change.before, RemoteObject):
        for value in (change.before.reference, *change.before.former):
            issuer.api.update_udf_access_token(value, enabled=False)
    issuer.journal.settle_key(change.key)


def _order(declared: DesiredToken, issuer: Issuer) -> Order:
    payload = declared.payload
    client_id = payload["client_id"] if "client_id" in payload else issuer.api._automatic_realtime_client_id()
    return Order(
        key=declared.key,
        sink=declared.sink,
        arguments={
            **_udf_arguments(declared, issuer),
            "client_id": client_id,
            "cache": payload.get("cache", True),
        },
        metadata=payload.get("metadata_json", {}),
        protect=declared.protect,
    )


def _udf_arguments(declared: DesiredToken, issuer: Issuer) -> Mapping[str, Any]:
    match declared.payload["udf"]:
        case {"ref": _}:
            return {"udf_id": saved_udf_id(issuer.api, issuer.scope, *issuer.moves.names_of(declared.needs[0]))}
        case {"id": str(udf_id)}:
            return {"udf_id": udf_id}
        case {"name": str(name), **rest}:
            return {"udf_email": rest.get("email") or issuer.api._whoami()["email"], "udf_name": name}
    raise AssertionError("the schema lets no other reference pass")
