"""The user's secrets: a file of its own beside the database, which only its owner can read.

Jobs read it when they ask for `fused.secrets`; no answer, log or database holds a value but the one that asks for it.
"""

import json
import os
import secrets
from pathlib import Path


class SecretValues:
    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> dict[str, str]:
        try:
            known: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return known

    def set(self, key: str, value: str) -> None:
        self._write({**self.all(), key: value})

    def remove(self, key: str) -> None:
        self._write({name: value for name, value in self.all().items() if name != key})

    def _write(self, values: dict[str, str]) -> None:
        draft = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(values, stream)
        draft.replace(self._path)
