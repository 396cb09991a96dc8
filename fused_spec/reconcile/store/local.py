"""A folder of this machine as a store: files are drafted beside their place, and on the disk before they appear.

Paths are texts here: an apply has several of them for each run, and to make a `Path` of one costs as much as to use it.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


class LocalStore:
    """A folder on this machine; it need not exist yet."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._root = str(root)

    def read(self, path: str) -> bytes | None:
        try:
            with open(self._at(path), "rb") as stream:
                return stream.read()
        except FileNotFoundError:
            return None

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        contents = ((path, self.read(path)) for path in paths)
        return {path: content for path, content in contents if content is not None}

    def open(self, path: str) -> BinaryIO:
        return open(self._at(path), "rb")

    def write(self, path: str, content: bytes) -> None:
        with self._draft(path, content) as draft:
            os.replace(draft, self._at(path))

    def create(self, path: str, content: bytes) -> bool:
        with self._draft(path, content) as draft:
            try:
                os.link(draft, self._at(path))  # unlike a rename, it never replaces
            except FileExistsError:
                return False
        return True

    def remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(self._at(path))

    def names(self, folder: str) -> list[str]:
        return sorted(_files(self._at(folder), folder))

    def listing(self, folder: str) -> dict[str, str | None]:
        return dict.fromkeys(self.names(folder))  # to read a file costs less than to know of one what is in it

    @contextmanager
    def staging(self) -> Iterator[Path]:
        os.makedirs(self._root, exist_ok=True)
        draft = tempfile.mkdtemp(prefix=".", suffix=".draft", dir=self._root)
        try:
            yield Path(draft)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def publish(self, staged: Path, folder: str, last: str) -> None:
        final = self._at(folder)
        above = _made_above(final)
        for name in os.listdir(staged):
            _sync(f"{staged}/{name}")
        if not Path(final, last).exists():  # an error here is no answer
            shutil.rmtree(final, ignore_errors=True)  # what stands there without its last file is nothing
            os.replace(staged, final)
            _sync(above)

    def shown(self, path: str) -> str:
        return str(self.root / path)

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"

    @contextmanager
    def _draft(self, path: str, content: bytes) -> Iterator[str]:
        """The content in a file beside its place, readable by its owner alone and on the disk."""
        final = self._at(path)
        above = _made_above(final)
        draft = f"{above}/.{os.path.basename(final)}.{secrets.token_hex(4)}"
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            yield draft
            _sync(above)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(draft)


def _made_above(path: str) -> str:
    """The folder that a path is in, which is there now."""
    above = os.path.dirname(path)
    if not os.path.isdir(above):
        os.makedirs(above, exist_ok=True)
    return above


def _files(folder: str, name: str) -> Iterator[str]:
    """The name of every file below a folder that need not be there; raises OSError for what cannot be looked into.

    What is hidden is a draft. The kind of an entry comes with its name, so nothing but folders is touched.
    """
    try:
        entries = os.scandir(folder)
    except FileNotFoundError:
        return  # or went away meanwhile
    with entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path, f"{name}/{entry.name}")
            elif entry.is_file():
                yield f"{name}/{entry.name}"


def _sync(path: str) -> None:
    """Have the file, or a folder's entries, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
