"""A folder of this machine as a store: files are drafted beside their place, and on the disk before they appear."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


class LocalStore:
    """A folder on this machine; it need not exist yet."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, path: str) -> bytes | None:
        try:
            return (self.root / path).read_bytes()
        except FileNotFoundError:
            return None

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        contents = ((path, self.read(path)) for path in paths)
        return {path: content for path, content in contents if content is not None}

    def open(self, path: str) -> BinaryIO:
        return (self.root / path).open("rb")

    def write(self, path: str, content: bytes) -> None:
        with self._draft(path, content) as draft:
            draft.replace(self.root / path)

    def create(self, path: str, content: bytes) -> bool:
        with self._draft(path, content) as draft:
            try:
                os.link(draft, self.root / path)  # unlike a rename, it never replaces
            except FileExistsError:
                return False
        return True

    def remove(self, path: str) -> None:
        (self.root / path).unlink(missing_ok=True)

    def names(self, folder: str) -> list[str]:
        return sorted(_files(str(self.root / folder), folder))

    def listing(self, folder: str) -> dict[str, str | None]:
        return dict.fromkeys(self.names(folder))  # to read a file costs less than to know of one what is in it

    @contextmanager
    def staging(self) -> Iterator[Path]:
        self.root.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".", suffix=".draft", dir=self.root))
        try:
            yield draft
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def publish(self, staged: Path, folder: str, last: str) -> None:
        final = self.root / folder
        final.parent.mkdir(parents=True, exist_ok=True)
        for path in staged.iterdir():
            _sync(path)
        if not (final / last).exists():
            shutil.rmtree(final, ignore_errors=True)  # what stands there without its last file is nothing
            staged.replace(final)
            _sync(final.parent)

    def shown(self, path: str) -> str:
        return str(self.root / path)

    @contextmanager
    def _draft(self, path: str, content: bytes) -> Iterator[Path]:
        """The content in a file beside its place, readable by its owner alone and on the disk."""
        final = self.root / path
        final.parent.mkdir(parents=True, exist_ok=True)
        draft = final.with_name(f".{final.name}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            yield draft
            _sync(final.parent)
        finally:
            draft.unlink(missing_ok=True)


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


def _sync(path: Path) -> None:
    """Have the file, or a folder's entries, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
