"""What a job may load and use besides its own request: saved UDFs, secrets and git, as its service hands them over."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fused_spec.gitrefs import Repositories
from fused_spec.redaction import Redactor

_SHORTEST_LINE = 8
_SHORTEST_VALUE = 8  # a shorter one stands in nearly anything by chance


@dataclass(frozen=True, slots=True, kw_only=True)
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
        if not self.secrets:
            return None
        known = ((key, value.encode()) for key, value in self.secrets.items() if len(value) >= _SHORTEST_VALUE)
        return next((key for key, value in known if value in content), None)

    def mask(self) -> Redactor | None:
        """What takes the values of the secrets out of text; None without secrets.

        A value of several lines is masked line by line as well, as a log has it.
        """
        values = {value for value in self.secrets.values() if value}
        lines = {line for value in values for line in value.splitlines() if len(line) >= _SHORTEST_LINE}
        return Redactor(values | lines) if values else None


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
