"""A plan's file: written by `plan --out`, and carried out by `apply --plan` only where nothing has changed."""

import os
import secrets
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fused_spec.cli.applying import Workplace
from fused_spec.cli.options import Context
from fused_spec.errors import StalePlan
from fused_spec.plan.model import Plan, Requests
from fused_spec.reconcile import saved_plan
from fused_spec.reconcile.saved_plan import SavedPlan

_GIT_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanToApply:
    """A plan that was read, and what it asked for."""

    plan: SavedPlan
    requests: Requests

    def refuse_if_foreign(self, context: Context, place: Workplace) -> None:
        """Raise `StalePlan` when it is of another project, target or commit."""
        saved_plan.refuse_if_foreign(
            self.plan,
            scope=place.resolution.project.scope,
            target=place.target.name,
            base_url=_server(place),
            commit=_commit(context),
        )

    def refuse_if_moved(self, made: Plan, place: Workplace) -> None:
        """Raise `StalePlan` when the world moved or it was carried out before; mark it as carried out."""
        saved_plan.refuse_if_moved(self.plan, made)
        saved_plan.spend(place.kept.store, self.plan)


def write_plan(
    context: Context, file: Path, plan: Plan, place: Workplace, paths: tuple[str, ...], requests: Requests
) -> None:
    """Keep the plan; only its owner can read it."""
    saved = saved_plan.save(
        plan,
        plan_id=secrets.token_hex(16),
        now=datetime.now(UTC),
        base_url=_server(place),
        commit=_commit(context),
        paths=paths,
        requests=_as_json(requests),
    )
    path = context.cwd / file
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(saved.to_json())
    draft.replace(path)
    context.console.say(f"Kept in {file}; `fused-spec apply --plan {file}` carries out exactly this.")


def read_plan(context: Context, file: Path) -> PlanToApply:
    """Read a plan; raises `StalePlan` for a file that is none, or was changed."""
    try:
        plan = saved_plan.load((context.cwd / file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise StalePlan(f"{file} cannot be read as a plan: {error}", hint="make one with `plan --out`") from None
    return PlanToApply(plan=plan, requests=_from_json(plan.requests))


def _as_json(requests: Requests) -> dict[str, Any]:
    return {
        "rerun": sorted(requests.rerun),
        "retry": sorted(requests.retry),
        "retry_all": requests.retry_all,
        "select": sorted(requests.select),
        "prune": requests.prune,
        "prune_limit": requests.prune_limit,
    }


def _from_json(asked: Any) -> Requests:
    given: dict[str, Any] = {
        name: frozenset(value) if isinstance(value, list) else value for name, value in asked.items()
    }
    return Requests(**given)


def _server(place: Workplace) -> str:
    return place.target.base_url or "local"


def _commit(context: Context) -> str | None:
    """The commit that is checked out; None outside git."""
    try:
        done = subprocess.run(
            ["git", "rev-parse", "--verify", "HEAD"],  # noqa: S607  # the git that the user has
            cwd=context.cwd,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
