"""A plan kept in a file, to be carried out later exactly as it was reviewed, or not at all.

The file is a promise, not an order: apply makes the plan again from the specs and the history, and goes on only when it
is the same one. So a file that was changed by hand, or a world that moved, cannot make anything happen.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from fused_spec.errors import StalePlan
from fused_spec.plan.model import Change, Plan
from fused_spec.reconcile.store import Store

VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """What was planned: of which specs, at which commit, for whom, and the newest run of each job by then."""

    id: str
    created: str
    scope: str
    target: str
    base_url: str
    commit: str | None
    paths: tuple[str, ...]
    requests: Mapping[str, Any]
    changes: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)

    def to_json(self) -> str:
        """The file's content; its last field guards the others against a slip of the hand."""
        content = {"fused-spec-plan": VERSION, **asdict(self)}
        return json.dumps({**content, "check": _digest(content)}, indent=2) + "\n"


def save(
    plan: Plan, *, plan_id: str, now: datetime, base_url: str, commit: str | None, paths: Sequence[str], requests: Any
) -> SavedPlan:
    """The plan as it goes into a file: digests and reasons, no code and no secret."""
    return SavedPlan(
        id=plan_id,
        created=now.isoformat(),
        scope=plan.scope,
        target=plan.target,
        base_url=base_url,
        commit=commit,
        paths=tuple(paths),
        requests=requests,
        changes=tuple(map(_change, plan.changes)),
    )


def load(text: str) -> SavedPlan:
    """Read a plan's file; raises `StalePlan` for one that is none, or was changed."""
    try:
        content = json.loads(text)
        check = content.pop("check")
        if content.pop("fused-spec-plan") != VERSION:
            raise StalePlan("the plan was written by another version of fused-spec", hint="make a new plan")
        saved = SavedPlan(
            **{**content, "paths": tuple(content["paths"]), "changes": tuple(content["changes"])},
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StalePlan("the file is no plan, or was cut short", hint="make a new plan with --out") from None
    if check != _digest({"fused-spec-plan": VERSION, **content}):
        raise StalePlan("the plan was changed after it was made", hint="make a new plan with --out")
    return saved


def refuse_if_foreign(saved: SavedPlan, *, scope: str, target: str, base_url: str, commit: str | None) -> None:
    """Raise `StalePlan` when the plan is of another project, target or commit."""
    for what, planned, now in (
        ("project", saved.scope, scope),
        ("target", saved.target, target),
        ("server", saved.base_url, base_url),
        ("commit", saved.commit, commit),
    ):
        if planned != now:
            raise StalePlan(
                f"the plan was made for the {what} {planned or '(none)'}, and this is {now or '(none)'}",
                hint="apply it where it was made for, or make a new plan",
            )


def refuse_if_moved(saved: SavedPlan, plan: Plan) -> None:
    """Raise `StalePlan` when planning again, from the specs and the history of now, gives anything else.

    A job is the same only while its newest run is. What others run in the account is no concern of the plan.
    """
    before = {_name(change): change for change in saved.changes}
    after = {_name(change): change for change in map(_change, plan.changes)}
    for name in [*after, *(name for name in before if name not in after)]:
        if before.get(name) != after.get(name):
            raise StalePlan(f"the plan is stale: {_difference(name, before.get(name), after.get(name))}", hint=_AGAIN)


def spend(store: Store, saved: SavedPlan) -> None:
    """Mark the plan as carried out; raises `StalePlan` when it was before."""
    if not store.create(f"{saved.scope}/plans/{saved.id}.json", saved.to_json().encode()):
        raise StalePlan("the plan was carried out before", hint=_AGAIN)


_AGAIN = "make a new plan, and review it again"


def _change(change: Change) -> dict[str, Any]:
    return {
        "kind": str(change.key.kind),
        "name": change.key.name,
        "action": str(change.action),
        "digest": change.digest,
        "job_id": change.job_id,
    }


def _name(change: Mapping[str, Any]) -> str:
    twice = f" ({change['job_id']})" if change["action"] == "cancel" else ""
    return f"{change['kind']}/{change['name']}{twice}"


def _difference(name: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    if before is None or after is None:
        return f"{name} {'came' if before is None else 'went'} since it was made"
    if before["action"] != after["action"]:
        return f"{name} was to {before['action']}, and would {after['action']} now"
    changed = "spec" if before["digest"] != after["digest"] else "newest run"
    return f"the {changed} of {name} is another one now"


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
