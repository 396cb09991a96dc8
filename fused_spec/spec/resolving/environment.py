"""The environment of a job: what is declared over Fused's own default, with secrets by their names."""

from collections.abc import Mapping
from typing import Any

from fused_spec.messages.named_secrets import Veiled

_DEFAULT = {"FUSED_CREDENTIAL_PROVIDER": "ec2"}


def environment_of(declared: Mapping[str, str | None]) -> dict[str, Any]:
    """The variables as they stand in a payload; null takes one away."""
    said = _DEFAULT | dict(declared)
    return {
        name: value.payload if isinstance(value, Veiled) else value for name, value in said.items() if value is not None
    }
