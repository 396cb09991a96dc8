"""What the service hands over to its jobs besides their requests: saved UDFs and tokens, secrets, and git.

All of it is named by path. The registry is written anew when it changed, and not for each job.
"""

import json
from pathlib import Path
from typing import Any

from fused_spec.service.state.private_file import write_private
from fused_spec.service.udfs.git_udfs import GitUdfs
from fused_spec.service.udfs.registry import Tokens, Udfs


class Handover:
    """Files below the state folder that jobs read."""

    def __init__(self, state: Path, udfs: Udfs, tokens: Tokens, git: GitUdfs) -> None:
        self._state = state
        self._git = git
        self._udfs = udfs
        self._tokens = tokens
        self._written: tuple[int, int] | None = None

    def as_provided(self) -> dict[str, Any]:
        """`provided` of a job's request (see `fused_spec.jobs.folder`)."""
        registry = self._state / "registry.json"
        changes = (self._udfs.changes, self._tokens.changes)
        if changes != self._written:
            known = {"saved": self._udfs.bodies(), "tokens": self._tokens.names()}
            write_private(registry, json.dumps(known))
            self._written = changes
        return {"registry": str(registry), "secrets": str(self._state / "secrets.json"), "git": self._git.settings()}
