"""A plan's file: written by `plan --out`, and carried out by `apply --plan` only where nothing has changed."""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from fused_spec.cli.applying.planning import Workplace
from fused_spec.cli.terminal.context import Context, Values
from fused_spec.errors import FileTrouble, Misconfigured, StalePlan
from fused_spec.plan.model import Plan, Requests
from fused_spec.reconcile.reviewing import saved_plan
from fused_spec.reconcile.reviewing.saved_plan import SavedPlan
from fused_spec.spec.files.discovery import STDIN
from fused_spec.udfs.gitrefs.checkout import Checkout, checkout_of

_LARGEST = 64 << 20  # bytes; the plan of ten thousand jobs has a few million
_MAKE = "make one with `plan --out`"


class PlanToApply(Struct, frozen=True, kw_only=True):
    """A plan that was read, what it asked for, and the values that it was made with."""

    plan: SavedPlan
    requests: Requests
    values: Values

    def refuse_if_foreign(self, place: Workplace) -> None:
        """Raise `StalePlan` when it is of another project, target or service."""
        saved_plan.refuse_if_foreign(
            self.plan, scope=place.resolution.project.scope, target=place.target.name, service=place.kept.service.name
        )

    def refuse_if_moved(self, context: Context, made: Plan, place: Workplace) -> None:
        """Raise `StalePlan` when the world moved or it was carried out before; mark it as carried out."""
        saved_plan.refuse_if_spent(place.kept.store, self.plan)
        saved_plan.refuse_if_moved(self.plan, made, _checkout(context, self.plan.paths))
        saved_plan.spend(place.kept.store, self.plan)


def check_place(context: Context, file: Path) -> None:
    """Raise `FileTrouble` or `Misconfigured`, before anything is asked of a service, where no plan can be kept."""
    path = context.cwd / file
    if not path.parent.is_dir():
        raise FileTrouble(f"the plan cannot be kept in {file}: there is no folder {file.parent}", hint="make it first")
    if not os.access(path.parent, os.W_OK):
        raise FileTrouble(
            f"the plan cannot be kept in {file}: the folder {file.parent} cannot be written", hint="name another one"
        )
    if path.exists() and not _may_be_replaced(path):
        raise Misconfigured(f"{file} is there, and is no plan", hint="name a file that may be written over")


def write_plan(
    context: Context, file: Path, plan: Plan, place: Workplace, paths: tuple[str, ...], requests: Requests
) -> None:
    """Keep the plan; only its owner can read it. Raises OSError, with the name that was given, when it cannot be."""
    saved = saved_plan.save(
        plan,
        plan_id=secrets.token_hex(16),
        now=datetime.now(UTC),
        service=place.kept.service.name,
        checkout=_checkout(context, paths),
        paths=paths,
        requests={**_as_json(requests), **_values_as_json(context.values)},
    )
    path = context.cwd / file
    draft = path.with_name(f".{secrets.token_hex(8)}.draft")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(saved.to_json())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(file)) from None
    context.console.say(f"Kept in {file}; `fused-spec apply --plan {file}` carries out exactly this.")


def read_plan(context: Context, file: Path) -> PlanToApply:
    """Read a plan; raises `StalePlan` for a file that is none, or was changed, and where its specs are not here."""
    try:
        with (context.cwd / file).open("rb") as stream:
            content = stream.read(_LARGEST + 1)
        if len(content) > _LARGEST:  # a device has no end
            raise StalePlan(f"{file} is no plan: it has more than {_LARGEST >> 20} MiB", hint=_MAKE)
        plan = saved_plan.load(content.decode("utf-8"))
    except OSError as error:
        raise StalePlan(f"{file} cannot be read as a plan: {error.strerror or error}", hint=_MAKE) from None
    except UnicodeDecodeError:
        raise StalePlan(f"{file} cannot be read as a plan: it is not UTF-8", hint=_MAKE) from None
    missing = next((path for path in plan.paths if path != STDIN and not (context.cwd / path).exists()), None)
    if missing is not None:
        raise StalePlan(
            f"the plan is of the specs in {missing}, and there is no {missing} here",
            hint="apply it in the folder in which it was made, or make a new plan",
        )
    asked = dict(plan.requests)
    values = _values_from_json(asked.pop("values", {}))
    return PlanToApply(plan=plan, requests=_from_json(asked), values=values)


def _as_json(requests: Requests) -> dict[str, Any]:
    return {
        "rerun": sorted(requests.rerun),
        "retry": sorted(requests.retry),
        "retry_all": requests.retry_all,
        **({"whole": True} if requests.whole else {}),
        "select": sorted(requests.select),
        "prune": requests.prune,
        "prune_limit": requests.prune_limit,
    }


def _from_json(asked: Any) -> Requests:
    given: dict[str, Any] = {
        name: frozenset(value) if isinstance(value, list) else value for name, value in asked.items()
    }
    try:
        return Requests(**given)
    except TypeError:
        raise StalePlan("the plan asks for what this version does not know", hint="make a new plan") from None


def _values_as_json(values: Values) -> dict[str, Any]:
    """The values that were given; a plan without any says nothing of them."""
    if values == Values():
        return {}
    as_of = values.as_of.date().isoformat() if values.as_of is not None else None
    return {"values": {"variables": list(values.variables), "files": list(values.files), "as_of": as_of}}


def _values_from_json(said: Any) -> Values:
    as_of = said.get("as_of")
    return Values(
        variables=tuple(said.get("variables", ())),
        files=tuple(said.get("files", ())),
        as_of=datetime.fromisoformat(as_of) if as_of is not None else None,
    )


def _checkout(context: Context, paths: tuple[str, ...]) -> Checkout:
    """What is checked out around the first folder of specs."""
    if paths[:1] in ((), ("-",)):
        return Checkout(missing="the specs came from standard input")
    path = context.cwd / paths[0]
    return checkout_of(path if path.is_dir() else path.parent)


def _may_be_replaced(path: Path) -> bool:
    """Whether it is an earlier plan, or holds nothing."""
    try:
        return path.is_file() and (path.stat().st_size == 0 or f'"{saved_plan.MARK}"' in path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        return False
