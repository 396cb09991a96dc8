"""The secrets of what is about to start: had before anything is sent, and put where their names are."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from fused_spec.configuration.secret_values import Unreadable
from fused_spec.messages.named_secrets import filled, names_of
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Change
from fused_spec.spec.model import DesiredJob

if TYPE_CHECKING:
    from fused_spec.reconcile.site import Site

_STARTING = (Action.START, Action.QUEUE, Action.REPLACE)


def check_secrets(changes: Iterable[Change], site: "Site") -> None:
    """Raise `Unreadable` where a job that is to start names a secret that cannot be had; it tells all of them."""
    jobs = [one.after for one in changes if one.action in _STARTING and isinstance(one.after, DesiredJob)]
    _values({name: value for job in jobs for name, value in _named(job).items()}, site)


def environment_to_send(job: DesiredJob, site: "Site") -> list[str] | None:
    """The variables of a job with the values of its secrets, which no error of the service will tell."""
    env = job.payload.get("additional_env")
    if env is None:
        return None
    values = _values(_named(job), site)
    return [f"{name}={filled(value, values)}" for name, value in env.items()]


def _named(job: DesiredJob) -> dict[str, Any]:
    """The variables that name secrets, by the job and their own name."""
    env = job.payload.get("additional_env", {})
    return {f"{job.key} {name}": value for name, value in env.items() if names_of({name: value})}


def _values(named: Mapping[str, Any], site: "Site") -> dict[str, str]:
    names = names_of(named)
    if not names:
        return {}
    values = site.secrets.values(names)
    if long := [name for name, value in values.items() if len(value.splitlines()) > 1]:
        raise Unreadable(
            f"{', '.join(f'secret.{name}' for name in long)}: a value of several lines fits no variable of a job",
            hint="keep it in one line, such as in base64, and decode it in the UDF",
        )
    site.api.hide(values.values())
    return values
