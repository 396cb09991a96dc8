"""Room on the disk that is kept for the moment when there is no other, so that ends of runs can still be recorded."""

import shutil
from pathlib import Path

from fused_spec.service.state.private_file import create_private

_BYTES = 1024 * 1024
_PLENTY = 16 * _BYTES


class Reserve:
    """A file that only takes room."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self) -> None:
        """Have it there; a disk that is nearly full keeps what it has."""
        if not self._path.exists() and shutil.disk_usage(self._path.parent).free > _PLENTY:
            create_private(self._path)
            self._path.write_bytes(bytes(_BYTES))

    def release(self) -> bool:
        """Give the room back; whether there was any."""
        there = self._path.exists()
        self._path.unlink(missing_ok=True)
        return there

    @property
    def is_needed(self) -> bool:
        """Whether the disk is full, but for what is kept here."""
        return shutil.disk_usage(self._path.parent).free < _BYTES
