"""The user's secrets: a file of its own beside the database, which only its owner can read.

Jobs read it when they ask for `fused.secrets`; no answer, log or database holds a value but the one that asks for it.
"""

import json
from pathlib import Path

from fused_spec.errors import FusedSpecError
from fused_spec.service.state.private_file import write_private


class SecretValues:
    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> dict[str, str]:
        """Every secret by its name; raises `FusedSpecError` for a file that is damaged, and leaves it as it is."""
        try:
            known: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError:
            raise FusedSpecError(f"{self._path} is damaged", hint="mend it, or move it away") from None
        return known

    def set(self, key: str, value: str) -> None:
        write_private(self._path, json.dumps({**self.all(), key: value}))

    def remove(self, key: str) -> None:
        kept = {name: value for name, value in self.all().items() if name != key}
        write_private(self._path, json.dumps(kept))
