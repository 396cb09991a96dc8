"""What a start says of its machine and environment, as a spec has it; a secret never goes into a spec."""

from collections.abc import Iterable, Mapping
from typing import Any

from fused_spec.messages.redaction import MASK, is_sensitive_name, looks_like_secret
from fused_spec.reconcile.adopting.origin import SETTINGS, Origin

_DEFAULT_ENV = {"FUSED_CREDENTIAL_PROVIDER": "ec2"}
_OF_THE_START = ("send_status_email", "cache_max_age")


def start_document(origin: Origin) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields beside `config`, and the names of the variables whose values are secrets."""
    said = {
        name: origin.settings[name] for name in (*SETTINGS, *_OF_THE_START) if origin.settings.get(name) is not None
    }
    if origin.env is None:
        return said, ()
    hidden = tuple(name for name, value in origin.env.items() if _is_secret(name, value))
    env: dict[str, str | None] = {name: value for name, value in origin.env.items() if name not in hidden}
    env = {name: value for name, value in env.items() if _DEFAULT_ENV.get(name) != value}
    env |= {name: None for name in _DEFAULT_ENV if name not in origin.env}
    env |= secret_variables(hidden)
    return said | ({"env": env} if env else {}), hidden


def secret_variables(names: Iterable[str]) -> Mapping[str, str]:
    """What stands in a spec for the variables whose values are secrets."""
    return {}


def secret_notes(names: Iterable[str]) -> list[str]:
    """What a person has to do about them."""
    return [f"{name} held a secret, which no spec does: give it to the job where it runs" for name in names]


def _is_secret(name: str, value: str) -> bool:
    return value == MASK or is_sensitive_name(name) or looks_like_secret(value)
