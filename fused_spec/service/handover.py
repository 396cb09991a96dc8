"""What the service hands over to its jobs besides their requests: saved UDFs and tokens, secrets, and git.

All of it is named by path. The registry is written anew when it changed, and not for each job.
"""

import json
import os
import secrets
from pathlib import Path
from typing import Any

from fused_spec.service.git_udfs import GitUdfs
from fused_spec.service.registry import Tokens, Udfs


class Handover:
    """Files below the state folder that jobs read."""

    def __init__(self, state: Path, udfs: Udfs, tokens: Tokens, git: GitUdfs) -> None:
        self._state = state
        self._git = git
        self._udfs = udfs
        self._tokens = tokens
        self._written: tuple[int, int] | None = None

    def as_provided(self) -> dict[str, Any]:
        """`provided` of a job's request (see `fused_spec.jobdir`)."""
        registry = self._state / "registry.json"
        changes = (self._udfs.changes, self._tokens.changes)
        if changes != self._written:
            _write_private(registry, {"saved": self._udfs.bodies(), "tokens": self._tokens.names()})
            self._written = changes
        return {"registry": str(registry), "secrets": str(self._state / "secrets.json"), "git": self._git.settings()}


def _write_private(path: Path, content: Any) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(content, stream)
    draft.replace(path)
