"""What a start says of its machine and environment, as a spec has it; a secret never goes into a spec."""

from collections.abc import Iterable, Mapping
from typing import Any

from fused_spec.messages.redaction import MASK, is_sensitive_name, looks_like_secret
from fused_spec.reconcile.adopting.origin import SETTINGS, Origin

_DEFAULT_ENV = {"FUSED_CREDENTIAL_PROVIDER": "ec2"}
_OF_THE_START = ("send_status_email", "cache_max_age")


def start_document(origin: Origin) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields beside `config`, and the names of the variables whose values are secrets, which are not among them."""
    known = ((name, origin.settings.get(name)) for name in (*SETTINGS, *_OF_THE_START))
    said: dict[str, Any] = {name: value for name, value in known if value is not None}
    if origin.env is None:
        return said, ()
    hidden = tuple(name for name, value in origin.env.items() if _is_secret(name, value))
    env: dict[str, str | None] = {name: value for name, value in origin.env.items() if name not in hidden}
    env = {name: value for name, value in env.items() if _DEFAULT_ENV.get(name) != value}
    env |= {name: None for name in _DEFAULT_ENV if name not in origin.env}
    return said | ({"env": env} if env else {}), hidden


def with_secrets(spec: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The spec with these variables, each by the name of its secret."""
    holes = {name: f"${{secret.{name}}}" for name in names}
    return {**spec, "env": {**spec.get("env", {}), **holes}} if holes else dict(spec)


def secret_notes(names: Iterable[str]) -> list[str]:
    """What a person has to do about variables whose secrets the project does not declare."""
    return [
        f"{name} held a secret, which no spec does: write secrets: {{{name}: {{from: {{env: {name}}}}}}} in "
        f"fused-spec.yaml, and {name}: ${{secret.{name}}} under env here"
        for name in names
    ]


def _is_secret(name: str, value: str) -> bool:
    return value == MASK or is_sensitive_name(name) or looks_like_secret(value)
