"""Where receipts, logs, attempts and leases are kept: a local folder, or a bucket that fsspec opens.

A file appears whole or not at all. A folder that is published exists for readers once the file that stands for it
does, so that one comes last where folders cannot be moved.
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import fsspec

from fused_spec.errors import ArchiveError
from fused_spec.reconcile.store.trouble import TellingStore, Told, keep_quiet
from fused_spec.redaction import redact
from fused_spec.storage_url import BUCKET, is_meant_as_url

# Kinds of store that can make a file only where none is, and whose listing is all there is or an error. Others, such
# as http, ftp, webhdfs or az, list nothing where nobody answers, and look for a file before they write it.
_BUCKETS = ("s3", "s3a", "gs", "gcs")
_FOLDERS = ("file", "local")

_TRIES_TWICE = ("s3", "s3a")
_PATIENCE: dict[str, dict[str, Any]] = {"gs": {"requests_timeout": 100}, "gcs": {"requests_timeout": 100}}
"""Seconds for one request, of the libraries that would wait much longer for one that hangs."""


class Store(Protocol):
    """Paths are relative, with `/` between their parts."""

    def read(self, path: str) -> bytes | None:
        """The content, or None when there is no such file."""

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        """The contents of those files that are there, in the order asked for."""

    def open(self, path: str) -> BinaryIO:
        """The file for reading; raises FileNotFoundError."""

    def write(self, path: str, content: bytes) -> None:
        """Put the content there, whole and durably, whatever was there before."""

    def create(self, path: str, content: bytes) -> bool:
        """The same, but only where nothing is; False when something is."""

    def remove(self, path: str) -> None:
        """Remove the file, if it is there."""

    def names(self, folder: str) -> list[str]:
        """The paths of all files below a folder, sorted."""

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A local folder for what is to be published; what is left in it is removed."""

    def publish(self, staged: Path, folder: str, last: str) -> None:
        """Put the staged files into a folder, unless it is there; `last` is the one that stands for it."""

    def shown(self, path: str) -> str:
        """Where the path is, for people."""


def open_store(place: str | Path) -> Store:
    """The store at a local path or a URL; raises `ArchiveError` for a URL that cannot be an archive.

    The store raises `ArchiveError`, too, whatever goes wrong with it.
    """
    text = str(place)
    if not is_meant_as_url(text):
        return TellingStore(LocalStore(Path(text)), text)
    kind, _, rest = text.partition("://")
    if kind in _FOLDERS and rest.startswith("/"):
        return TellingStore(LocalStore(Path(rest)), rest)
    if why := _why_not(kind, rest):
        known = ", ".join(f"{one}://bucket/prefix" for one in ("s3", "gs"))
        raise ArchiveError(f"{redact(text)} cannot be an archive: {why}", hint=f"name a folder, or a bucket: {known}")
    keep_quiet()
    with Told(text, "opened"):
        filesystem, root = fsspec.core.url_to_fs(text, **_PATIENCE.get(kind, {}))
        if kind in _TRIES_TWICE:
            filesystem.retries = 1  # what is below it tries again as well: minutes for each call that hangs
        return TellingStore(RemoteStore(filesystem, root, redact(text.rstrip("/"))), text)


def _why_not(kind: str, rest: str) -> str | None:
    """Why a URL is refused; what a library would say of it may quote a login that stands in it."""
    bucket, *folders = rest.split("/")
    scheme = kind.partition(":")[0].lower()
    if scheme in _FOLDERS:
        return "the path of a folder begins with a slash, and needs nothing before it"
    if scheme in _BUCKETS and scheme != kind:
        return f"its beginning is written {scheme}://"
    if kind not in _BUCKETS:
        return "a store of this kind cannot list its files for certain, or make one only where none is"
    if not BUCKET.fullmatch(bucket):
        return "it names no bucket, and nothing else may stand in its place"
    return "a folder of a bucket has no other above it" if ".." in folders else None


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
        found = (path for path in _files(self.root / folder) if path.is_file())
        relative = (path.relative_to(self.root) for path in found)
        return sorted(path.as_posix() for path in relative if not any(part.startswith(".") for part in path.parts))

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


class RemoteStore:
    """A place that fsspec opens, such as a bucket; an object there appears whole."""

    def __init__(self, filesystem: Any, root: str, url: str) -> None:
        self._filesystem = filesystem
        self._root = root.rstrip("/")
        self._url = url

    def read(self, path: str) -> bytes | None:
        try:
            return bytes(self._filesystem.cat_file(self._at(path)))
        except FileNotFoundError:
            return None

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        places = [self._at(path) for path in paths]
        # Side by side, as far as its library can; "omit" would take one that cannot be read for one that is not there.
        found = self._filesystem.cat(places, on_error="return") if places else {}
        contents: dict[str, bytes] = {}
        for path, place in zip(paths, places, strict=True):
            content = found[place]
            if isinstance(content, FileNotFoundError):
                continue
            if isinstance(content, BaseException):
                raise content
            contents[path] = bytes(content)
        return contents

    def open(self, path: str) -> BinaryIO:
        return cast(BinaryIO, self._filesystem.open(self._at(path), "rb"))

    def write(self, path: str, content: bytes) -> None:
        self._filesystem.pipe_file(self._at(path), content)

    def create(self, path: str, content: bytes) -> bool:
        try:
            self._filesystem.pipe_file(self._at(path), content, mode="create")
        except FileExistsError:
            return False
        return True

    def remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._filesystem.rm_file(self._at(path))

    def names(self, folder: str) -> list[str]:
        self._filesystem.invalidate_cache()
        found = self._filesystem.find(self._at(folder))
        start = len(self._root.lstrip("/")) + 1
        return sorted(path.lstrip("/")[start:] for path in found)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="fused-spec-") as folder:
            yield Path(folder)

    def publish(self, staged: Path, folder: str, last: str) -> None:
        if self.read(f"{folder}/{last}") is not None:
            return
        names = sorted((path.name for path in staged.iterdir()), key=lambda name: name == last)
        for name in names:
            self._filesystem.put_file(str(staged / name), self._at(f"{folder}/{name}"))

    def shown(self, path: str) -> str:
        return f"{self._url}/{path}"

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"


def _files(folder: Path) -> Iterator[Path]:
    """Every file below a folder that need not be there; raises OSError for what cannot be looked into."""

    def failed(error: OSError) -> None:
        # What went away meanwhile is not there.
        if not isinstance(error, FileNotFoundError):
            raise error

    for place, _, names in os.walk(folder, onerror=failed):
        yield from (Path(place, name) for name in names)


def _sync(path: Path) -> None:
    """Have the file, or a folder's entries, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
