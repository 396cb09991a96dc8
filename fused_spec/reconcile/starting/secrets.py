"""The secrets of what is about to start: had before anything is sent, and put where their names are."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fused_spec.configuration.secret_values import Unreadable
from fused_spec.configuration.token_sinks import Command
from fused_spec.messages.named_secrets import filled, names_of
from fused_spec.plan.actions import Action
from fused_spec.plan.model import Change
from fused_spec.spec.model import DesiredJob, DesiredToken

if TYPE_CHECKING:
    from fused_spec.reconcile.site import Site

_STARTING = (Action.START, Action.QUEUE, Action.REPLACE)
_DELIVERING = (Action.CREATE, Action.REPLACE, Action.UPDATE)


def check_secrets(changes: Iterable[Change], site: "Site") -> None:
    """Raise `Unreadable` where something that is to be done needs a secret that cannot be had; it tells all of them."""
    jobs: list[str] = []
    sinks: list[str] = []
    for change in changes:
        match change.after:
            case DesiredJob() as job if change.action in _STARTING:
                jobs += names_of(job.payload.get("additional_env", {}))
            case DesiredToken(sink=Command(env=env)) if change.action in _DELIVERING:
                sinks += names_of(env)
    values = _values((*jobs, *sinks), site)
    _check_lines({name: values[name] for name in jobs})


def environment_to_send(job: DesiredJob, site: "Site") -> list[str] | None:
    """The variables of a job with the values of its secrets, which no error of the service will tell."""
    env = job.payload.get("additional_env")
    if env is None:
        return None
    values = _values(names_of(env), site)
    _check_lines(values)
    return [f"{name}={filled(value, values)}" for name, value in env.items()]


def _values(names: Iterable[str], site: "Site") -> dict[str, str]:
    values = site.secrets.values(names)
    if values:
        site.api.hide(values.values())
    return values


def _check_lines(values: dict[str, str]) -> None:
    if several := [name for name, value in values.items() if len(value.splitlines()) > 1]:
        raise Unreadable(
            f"{', '.join(f'secret.{name}' for name in several)}: a value of several lines fits no variable of a job",
            hint="keep it in one line, such as in base64, and decode it in the UDF",
        )
