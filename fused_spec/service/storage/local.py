"""The files behind `fd://`: a folder that no path leaves, links included.

A file appears whole: it is written beside its place and then moved there.
"""

import os
import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool

SCHEME = "fd://"
_DRAFT = ".draft-"
_PIECE = 1024 * 1024


class BadPath(Exception):
    """A path that is none, or that would leave the storage."""


class TooDeep(Exception):
    """A deletion that reaches further down than it was allowed to."""


class StorageTrouble(Exception):
    """The storage is not on this machine, and cannot be reached or refuses what is asked of it."""


class Files(Protocol):
    """What the routes need of a storage; a path is whatever the storage takes for one."""

    def path(self, url: str, /) -> Any: ...

    def url(self, path: Any, /) -> str: ...

    def location(self, url: str, /) -> str: ...

    def file(self, url: str, /) -> Any: ...

    def entries(self, url: str, /) -> Sequence[Any]: ...

    def files_below(self, url: str, /) -> Iterator[Any]: ...

    def describe(self, path: Any, /) -> dict[str, Any] | None: ...

    def pieces(self, path: Any, /) -> Iterator[bytes]: ...

    def part(self, path: Any, start: int, end: int, /) -> Iterator[bytes]: ...

    async def write(self, url: str, pieces: AsyncIterator[bytes], /) -> None: ...

    def delete(self, url: str, depth: int | None, /) -> bool: ...


def parts_of(url: str) -> list[str]:
    """The names on the way to what an `fd://` URL means; raises `BadPath`."""
    if not url.startswith(SCHEME):
        raise BadPath(f"{url} is no fd:// URL; this service keeps no other files")
    parts = [part for part in url.removeprefix(SCHEME).split("/") if part not in ("", ".")]
    if ".." in parts or any("\0" in part for part in parts):
        raise BadPath(f"{url} leaves the storage")
    return parts


@dataclass(frozen=True, slots=True)
class Storage:
    """Files under `root`; every URL is `fd://` and a path inside it."""

    root: Path

    def path(self, url: str) -> Path:
        """Where a URL leads; raises `BadPath`."""
        path = self.root.joinpath(*parts_of(url))
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise BadPath(f"{url} leaves the storage through a link")
        return path

    def url(self, path: Path) -> str:
        suffix = "/" if path.is_dir() and path != self.root else ""
        return f"{SCHEME}{path.relative_to(self.root).as_posix().removeprefix('.')}{suffix}"

    def location(self, url: str) -> str:
        """Where it is, for code on this machine."""
        return f"file://{self.path(url)}"

    def pieces(self, path: Path) -> Iterator[bytes]:
        """The content, piece by piece."""
        with path.open("rb") as stream:
            while piece := stream.read(_PIECE):
                yield piece

    def part(self, path: Path, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to `end`."""
        with path.open("rb") as stream:
            stream.seek(start)
            while start < end and (piece := stream.read(min(_PIECE, end - start))):
                start += len(piece)
                yield piece

    def file(self, url: str) -> Path | None:
        """The file of a URL, when there is one."""
        path = self.path(url)
        return path if path.is_file() else None

    def entries(self, url: str) -> list[Path]:
        """What a folder holds, by name; a file is its own only entry, and what is not there holds nothing."""
        path = self.path(url)
        if path.is_file():
            return [path]
        return sorted(_children(path)) if path.is_dir() else []

    def files_below(self, url: str) -> Iterator[Path]:
        for path in self.entries(url):
            if path.is_dir() and not path.is_symlink():
                yield from self.files_below(self.url(path))
            elif path.is_file() and path.resolve().is_relative_to(self.root.resolve()):
                yield path

    def describe(self, path: Path) -> dict[str, Any] | None:
        """One entry of a detailed listing; None for one that is gone, or a link to nothing or out of the storage."""
        if not path.resolve().is_relative_to(self.root.resolve()):
            return None
        try:
            known = path.stat()
        except FileNotFoundError:
            return None
        return {
            "url": self.url(path),
            "file_name": path.name,
            "is_directory": path.is_dir(),
            "size": None if path.is_dir() else known.st_size,
            "last_modified": datetime.fromtimestamp(known.st_mtime, UTC).isoformat(timespec="milliseconds"),
        }

    async def write(self, url: str, pieces: AsyncIterator[bytes]) -> None:
        """Put the content at its place, whole or not at all; raises `BadPath` where a folder is."""
        path = self.path(url)
        if path.is_dir() or url.endswith("/"):
            raise BadPath(f"{url} is a folder")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise BadPath(f"{url} lies below a file") from None
        draft = path.with_name(f"{_DRAFT}{secrets.token_hex(8)}")
        try:
            with draft.open("xb") as stream:
                async for piece in pieces:
                    stream.write(piece)
                stream.flush()
                await run_in_threadpool(os.fsync, stream.fileno())  # which may take seconds
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def delete(self, url: str, depth: int | None) -> bool:
        """Remove a file, or a folder that is at most `depth` levels deep (None: any); False when nothing is there.

        Raises `TooDeep`, before anything is removed, and `BadPath` for the storage itself.
        """
        path = self.path(url)
        if path == self.root:
            raise BadPath("the storage itself cannot be deleted")
        if not path.exists():
            return False
        if depth is not None and _depth(path) > depth:
            raise TooDeep(f"{url} goes deeper than {depth} levels; raise max_deletion_depth to delete it all")
        _remove(path)
        return True


def _children(path: Path) -> list[Path]:
    return [child for child in path.iterdir() if not child.name.startswith(_DRAFT)]


def _depth(path: Path) -> int:
    """How many levels there are: 1 for a file or an empty folder."""
    if not path.is_dir() or path.is_symlink():
        return 1
    return 1 + max(map(_depth, path.iterdir()), default=0)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for child in path.iterdir():
            _remove(child)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
