"""What a job may load and use besides its own request: saved UDFs, secrets and git, as its service hands them over."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fused_spec.gitrefs import Repositories
from fused_spec.redaction import Redactor, forms

_SHORTEST_LINE = 8
_SHORTEST_VALUE = 8  # a shorter one stands in nearly anything by chance


@dataclass(frozen=True, kw_only=True)
class Provided:
    """Saved UDFs, tokens, secrets by key, and the repositories that may be read.

    `saved` is UDFs as JSON by collection and name, `tokens` collection and name by token.
    """

    saved: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tokens: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    repositories: Repositories | None = None

    def secret_in(self, content: bytes) -> str | None:
        """The key of a secret whose value stands in the content; what is compressed is not looked into."""
        return next((key for key, written in self._written if written in content), None)

    def mask(self) -> Redactor | None:
        """What takes the values of the secrets out of text; None without secrets."""
        values = {value for value in self.secrets.values() if value}
        return Redactor(values, shortest_line=_SHORTEST_LINE) if values else None

    @cached_property
    def _written(self) -> list[tuple[str, bytes]]:
        """Each secret's key with each form of its value."""
        bare = {key: value.strip() for key, value in self.secrets.items()}
        return [
            (key, form.encode("utf-8", "replace"))
            for key, value in bare.items()
            if len(value) >= _SHORTEST_VALUE
            for form in forms(value)
        ]


def read_provided(request: Mapping[str, Any]) -> Provided:
    """What the service wrote into the job's request (see `jobdir`)."""
    given = request.get("provided") or {}
    registry, git = _read(given.get("registry")), given.get("git")
    return Provided(
        saved=registry.get("saved", {}),
        tokens=registry.get("tokens", {}),
        secrets=_read(given.get("secrets")),
        repositories=None
        if git is None
        else Repositories(cache=Path(git["cache"]), clones={url: Path(path) for url, path in git["clones"].items()}),
    )


def _read(path: str | None) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(Path(path).read_bytes()) if path is not None else {}
    except FileNotFoundError:  # the service has none yet
        return {}
    return content
