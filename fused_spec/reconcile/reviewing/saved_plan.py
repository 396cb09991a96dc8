"""A plan kept in a file, to be carried out later exactly as it was reviewed, or not at all.

The file is a promise, not an order: apply makes the plan again from the specs and the history, and goes on only when it
is the same one. So a file that was changed by hand, or a world that moved, cannot make anything happen. What counts is
what would be done, to what, and after which run; the commit is told for people, since a merge makes another one of the
same content.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import asdict

from fused_spec.configuration.settings import LOCAL_TARGET
from fused_spec.errors import StalePlan
from fused_spec.jobs.parts import part_to_json
from fused_spec.messages.phrases import listed
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Change, Plan, RemoteObject
from fused_spec.reconcile.store.store import Store
from fused_spec.udfs.gitrefs.checkout import Checkout

MARK = "fused-spec-plan"
VERSION = 3
_SHOWN = 5
_AGAIN = "make a new plan, and review it again"


class SavedPlan(Struct, frozen=True, kw_only=True):
    """What was planned: of which specs, for whom, and the newest run of each job by then; and at which commit."""

    id: str
    created: str
    scope: str
    target: str
    service: str
    checkout: Checkout
    paths: tuple[str, ...]
    requests: Mapping[str, Any]
    changes: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)

    def to_json(self) -> str:
        """The file's content; its last field guards the others against a slip of the hand."""
        content = {MARK: VERSION, **asdict(self), "checkout": asdict(self.checkout)}
        return json.dumps({**content, "check": _digest(content)}, indent=2) + "\n"


def save(
    plan: Plan,
    *,
    plan_id: str,
    now: datetime,
    service: str,
    checkout: Checkout,
    paths: Sequence[str],
    requests: Any,
) -> SavedPlan:
    """The plan as it goes into a file: digests and actions, no code and no secret."""
    return SavedPlan(
        id=plan_id,
        created=now.isoformat(),
        scope=plan.scope,
        target=plan.target,
        service=service,
        checkout=checkout,
        paths=tuple(paths),
        requests=requests,
        changes=tuple(_change(change, plan_id) for change in plan.changes),
    )


def load(text: str) -> SavedPlan:
    """Read a plan's file; raises `StalePlan` for one that is none, is of another version, or was changed."""
    try:
        content = json.loads(text)
        version, check = content.pop(MARK), content.pop("check")
        _check_version(version)
        saved = SavedPlan(
            **{
                **content,
                "paths": tuple(content["paths"]),
                "changes": tuple(content["changes"]),
                "checkout": Checkout(**content["checkout"]),
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StalePlan("the file is no plan, or was cut short", hint="make a new plan with --out") from None
    if check != _digest({MARK: version, **content}):
        raise StalePlan("the plan was changed after it was made", hint="make a new plan with --out")
    return saved


def _check_version(version: Any) -> None:
    if version == VERSION:
        return
    which = "an earlier" if isinstance(version, int) and version < VERSION else "a later"
    raise StalePlan(f"the plan was written by {which} version of fused-spec, with other promises", hint=_AGAIN)


def refuse_if_foreign(saved: SavedPlan, *, scope: str, target: str, service: str) -> None:
    """Raise `StalePlan` when the plan is of another project, target or service."""
    for what, planned, now in (
        ("project", saved.scope, scope),
        ("target", saved.target, target),
        ("service", saved.service, service),
    ):
        if planned != now:
            own = "each clone has a local service of its own; " if what == "service" and target == LOCAL_TARGET else ""
            raise StalePlan(
                f"the plan was made for the {what} {planned}, and this is {now}",
                hint=f"{own}apply it where it was made for, or make a new plan",
            )


def refuse_if_moved(saved: SavedPlan, plan: Plan, checkout: Checkout) -> None:
    """Raise `StalePlan` when planning again, from the specs and the history of now, gives anything else.

    A job is the same only while its newest run is. What others run in the account is no concern of the plan.
    """
    before = {_name(change): change for change in saved.changes}
    after = {_name(change): change for change in (_change(change, saved.id) for change in plan.changes)}
    reasons = {_name(_change(change, saved.id)): change.why for change in plan.changes}
    names = [*after, *(name for name in before if name not in after)]
    moved = [
        _difference(name, before.get(name), after.get(name), reasons.get(name, ""))
        for name in names
        if before.get(name) != after.get(name)
    ]
    if moved:
        at = f"it was made at {saved.checkout}, and this is {checkout}"
        if str(saved.checkout) == str(checkout):
            at = f"as when it was made, this is {checkout}"
        raise StalePlan(f"the plan is stale: {listed(moved, _SHOWN, '; ')} ({at})", hint=_AGAIN)


def refuse_if_spent(store: Store, saved: SavedPlan) -> None:
    """Raise `StalePlan` when the plan was carried out before: what it did is then no news."""
    if store.read(_place(saved)) is not None:
        raise _spent()


def spend(store: Store, saved: SavedPlan) -> None:
    """Mark the plan as carried out; raises `StalePlan` when it was before."""
    if not store.create(_place(saved), saved.to_json().encode()):
        raise _spent()


def _place(saved: SavedPlan) -> str:
    return f"{saved.scope}/plans/{saved.id}.json"


def _spent() -> StalePlan:
    return StalePlan("the plan was carried out before", hint=_AGAIN)


def _change(change: Change, plan_id: str) -> dict[str, Any]:
    return {
        "kind": str(change.key.kind),
        "name": change.key.name,
        "action": str(change.action),
        "digest": change.digest,
        "job_id": change.job_id,
        "object": _object(change, plan_id),
        **part_to_json(change.part),
    }


def _object(change: Change, plan_id: str) -> str | None:
    """Which saved UDF or token it is, and how it differed: a digest of its own for each plan, as both may be secret."""
    if not isinstance(change.before, RemoteObject):
        return None
    differs = [(one.path, repr(one.before), repr(one.after)) for one in change.before.differences]
    return _digest({"plan": plan_id, "reference": change.before.reference, "differs": differs})


def _name(change: Mapping[str, Any]) -> str:
    twice = f" ({change['job_id']})" if change["action"] == "cancel" else ""
    return f"{change['kind']}/{change['name']}{twice}"


_TO_DO = {
    Action.NONE: "be left as it is",
    Action.ATTACH: "be waited for",
    Action.HOLD: "be held",
    Action.CANCEL: "be cancelled",
    Action.CREATE: "be created",
    Action.UPDATE: "be updated",
    Action.DISABLE: "be disabled",
    Action.DELETE: "be deleted",
}


def _difference(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, why: str) -> str:
    """What is another than it was; `why` is the reason of what would be done now."""
    if before is None:
        assert after is not None
        return f"{name} came since it was made, and would {_words(after)} now ({why})"
    if after is None:
        return f"{name} went since it was made, and was to {_words(before)}"
    if before["digest"] != after["digest"]:
        return f"the spec of {name} is another one now"
    if before["action"] != after["action"]:
        return f"{name} was to {_words(before)}, and would {_words(after)} now ({why})"
    if before["job_id"] != after["job_id"]:
        return f"the newest run of {name} is another one now"
    if before.get("part") != after.get("part"):
        return f"other elements of {name} have no result now"
    return f"{name} was changed by somebody else since it was made"


def _words(change: Mapping[str, Any]) -> str:
    action = Action(change["action"])
    return _TO_DO.get(action, str(action))


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
