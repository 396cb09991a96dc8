"""A store as one listing showed it: whatever one command asks about names is answered from that.

What the command writes and removes itself is known; what others write is not, until it is listed anew.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from fused_spec.reconcile.store.store import Store


class Snapshot:
    """The store below one folder, listed at the first question; see `Store`."""

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = folder
        self._files: dict[str, str | None] | None = None
        self._sorted: list[str] = []
        self._guard = Lock()

    def renew(self) -> None:
        """Have it listed again at the next question."""
        with self._guard:
            self._files = None

    def names(self, folder: str) -> list[str]:
        return list(self.listing(folder))

    def listing(self, folder: str) -> dict[str, str | None]:
        if folder != self._folder and not folder.startswith(f"{self._folder}/"):
            return self._store.listing(folder)
        with self._guard:
            files = self._known()
            if len(self._sorted) != len(files):
                self._sorted = sorted(files)
            begin, end = (bisect_left(self._sorted, f"{folder}{mark}") for mark in ("/", "0"))  # "0" follows "/"
            return {path: files[path] for path in self._sorted[begin:end]}

    def read(self, path: str) -> bytes | None:
        return self._store.read(path)

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        return self._store.read_all(paths)

    def open(self, path: str) -> BinaryIO:
        return self._store.open(path)

    def write(self, path: str, content: bytes) -> None:
        self._store.write(path, content)
        self._note(path)

    def create(self, path: str, content: bytes) -> bool:
        is_new = self._store.create(path, content)
        self._note(path)
        return is_new

    def remove(self, path: str) -> None:
        self._store.remove(path)
        with self._guard:
            if self._files is not None and self._files.pop(path, self) is not self:
                self._sorted = []

    @contextmanager
    def staging(self) -> Iterator[Path]:
        with self._store.staging() as folder:
            yield folder

    def publish(self, staged: Path, folder: str, last: str) -> None:
        names = [path.name for path in staged.iterdir()]
        self._store.publish(staged, folder, last)
        for name in names:
            self._note(f"{folder}/{name}")

    def shown(self, path: str) -> str:
        return self._store.shown(path)

    def _known(self) -> dict[str, str | None]:
        if self._files is None:
            self._files, self._sorted = self._store.listing(self._folder), []
        return self._files

    def _note(self, path: str) -> None:
        with self._guard:
            if self._files is not None:
                self._files[path] = None
                self._sorted = []
