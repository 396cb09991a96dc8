"""What a job may load and use besides its own request: saved UDFs, secrets and git, as its service hands them over."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from fused_spec.jobs.carried import carried_in
from fused_spec.messages.redaction import Redactor
from fused_spec.messages.secret_forms import encoded_forms, forms
from fused_spec.udfs.code_places import CodePlaces, places_in
from fused_spec.udfs.gitrefs import Repositories

_UNCHANGED = re.compile(r"[A-Za-z0-9_.-]+")
_SHORTEST_LINE = 8
_SHORTEST_VALUE = 8  # a shorter one stands in nearly anything by chance


@dataclass(frozen=True, kw_only=True)
class Provided:
    """Saved UDFs, tokens, secrets by key, and the repositories that may be read.

    `saved` is UDFs as JSON by collection and name, `tokens` collection and name by token; `code_places` say where code
    stands in the project of whoever started the job.
    """

    saved: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tokens: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    repositories: Repositories | None = None
    code_places: CodePlaces = field(default_factory=dict)

    def within(self, scratch: str | None) -> "Provided":
        """The same for a process of a job: what it fetches from git stays there, and is for the job alone."""
        if self.repositories is None or scratch is None:
            return self
        return replace(self, repositories=self.repositories.copied_into(Path(scratch, "git")))

    def secret_in(self, content: bytes) -> str | None:
        """The key of a secret whose value stands in the content; what is compressed is not looked into."""
        found = (known.key for known in self._known if known.stands_in(content))
        return next(found, None)

    def mask(self) -> Redactor | None:
        """What takes the values of the secrets out of text; None without secrets."""
        values = {value for value in self.secrets.values() if value}
        return Redactor(values, shortest_line=_SHORTEST_LINE) if values else None

    @cached_property
    def _known(self) -> list["_Known"]:
        bare = {key: value.strip() for key, value in self.secrets.items()}
        return [_Known.of(key, value) for key, value in bare.items() if len(value) >= _SHORTEST_VALUE]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A secret as bytes: its longest part that no way of writing changes, and the whole in each of its forms.

    `encoded` are those in which that part is not to be seen.
    """

    key: str
    part: bytes = field(repr=False)
    forms: list[bytes] = field(repr=False)
    encoded: list[bytes] = field(repr=False)

    @classmethod
    def of(cls, key: str, value: str) -> "_Known":
        part = max(_UNCHANGED.findall(value), key=len, default="")
        encoded = [form.encode() for form in encoded_forms(value)]
        return cls(
            key=key,
            part=part.encode(),
            forms=[form.encode("utf-8", "replace") for form in forms(value)],
            encoded=encoded,
        )

    def stands_in(self, content: bytes) -> bool:
        # Nearly every content is told from one look, however many the forms are.
        if self.part in content and any(form in content for form in self.forms):
            return True
        return any(form in content for form in self.encoded)


def read_provided(request: Mapping[str, Any]) -> Provided:
    """What the service wrote into the job's request (see `jobdir`)."""
    given = request.get("provided") or {}
    registry, git = _read(given.get("registry")), given.get("git")
    metadata = (request.get("config") or {}).get("metadata")
    return Provided(
        code_places=places_in(carried_in(metadata).get("code")),
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
