"""The files behind `fd://` in a storage that fsspec opens, such as a prefix of an S3 bucket.

A file appears whole: what comes is first gathered on this machine, and an object store shows an object when all of it
is there.
"""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

import fsspec
from starlette.concurrency import run_in_threadpool

from fused_spec.configuration.storage_url import storage_errors, trouble_with
from fused_spec.errors import FusedSpecError
from fused_spec.messages.redaction import redact
from fused_spec.service.storage.local import SCHEME, BadPath, StorageTrouble, TooDeep, parts_of

_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file or folder: its name in the file system, and what that knows of it."""

    name: str
    is_directory: bool = False
    size: int | None = None
    modified: datetime | None = None


class _Told:
    """A file system that tells its troubles in one form, whatever library it comes from; what is not there is none."""

    def __init__(self, filesystem: Any, root: str) -> None:
        self._filesystem = filesystem
        self._root = root

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._filesystem, name)

        def call(*arguments: Any, **more: Any) -> Any:
            try:
                return method(*arguments, **more)
            except FileNotFoundError:
                raise
            except storage_errors() as error:
                raise StorageTrouble(redact(trouble_with(self._root, error))) from error

        return call


@dataclass(frozen=True, slots=True)
class RemoteStorage:
    """Files below `root`, a URL; calls go over the network, so make them from threads."""

    root: str
    filesystem: Any = field(init=False)
    name: str = field(init=False)

    def __post_init__(self) -> None:
        try:
            filesystem, name = fsspec.url_to_fs(self.root, use_listings_cache=False)
        except ImportError as error:
            scheme = self.root.partition("://")[0]
            raise FusedSpecError(
                f"{self.root} needs another package: {error}", hint=f"pip install 'fused-spec[{scheme}]'"
            ) from None
        object.__setattr__(self, "filesystem", _Told(filesystem, self.root))
        object.__setattr__(self, "name", name.rstrip("/"))

    def path(self, url: str) -> RemoteFile:
        """Where a URL leads, whether or not something is there; raises `BadPath`."""
        return RemoteFile(name="/".join([self.name, *parts_of(url)]))

    def url(self, path: RemoteFile) -> str:
        below = path.name.removeprefix(self.name).lstrip("/")
        return f"{SCHEME}{below}{'/' if path.is_directory and below else ''}"

    def location(self, url: str) -> str:
        """The URL of the storage itself."""
        return "/".join([self.root, *parts_of(url)])

    def file(self, url: str) -> RemoteFile | None:
        known = self._known(self.path(url).name)
        return known if known is not None and not known.is_directory else None

    def entries(self, url: str) -> list[RemoteFile]:
        """What a folder holds, by name; a file is its own only entry, and what is not there holds nothing."""
        known = self._known(self.path(url).name)
        if known is None:
            return []
        if not known.is_directory:
            return [known]
        try:
            found = map(_remote_file, self.filesystem.ls(known.name, detail=True))
        except FileNotFoundError:  # the storage itself, as long as it is empty
            return []
        return sorted((one for one in found if one.name != known.name), key=lambda one: one.name)

    def files_below(self, url: str) -> Iterator[RemoteFile]:
        return map(_remote_file, self.filesystem.find(self.path(url).name, detail=True).values())

    def describe(self, path: RemoteFile) -> dict[str, Any]:
        """One entry of a detailed listing."""
        modified = path.modified or datetime.fromtimestamp(0, UTC)
        return {
            "url": self.url(path),
            "file_name": PurePosixPath(path.name).name,
            "is_directory": path.is_directory,
            "size": None if path.is_directory else path.size,
            "last_modified": modified.isoformat(timespec="milliseconds"),
        }

    def pieces(self, path: RemoteFile) -> Iterator[bytes]:
        """The content, piece by piece."""
        with self.filesystem.open(path.name, "rb", block_size=_PIECE * 8) as stream:
            while piece := stream.read(_PIECE):
                yield piece

    def part(self, path: RemoteFile, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to `end`: one request to the storage for each few megabytes, and none else."""
        for at in range(start, end, _PIECE * 8):
            yield self.filesystem.cat_file(path.name, start=at, end=min(at + _PIECE * 8, end))

    async def write(self, url: str, pieces: AsyncIterator[bytes]) -> None:
        """Put the content at its place, whole or not at all; raises `BadPath` for a folder."""
        path = self.path(url)
        if url.endswith("/") or path.name == self.name:
            raise BadPath(f"{url} is a folder")
        with tempfile.NamedTemporaryFile(prefix="fused-spec-upload-") as draft:
            async for piece in pieces:
                draft.write(piece)
            draft.flush()
            try:
                await run_in_threadpool(self.filesystem.put_file, draft.name, path.name)
            except FileNotFoundError as error:  # the bucket; the draft is there
                raise StorageTrouble(redact(trouble_with(self.root, error))) from error

    def delete(self, url: str, depth: int | None) -> bool:
        """Remove a file, or a folder that is at most `depth` levels deep (None: any); False when nothing is there.

        Raises `TooDeep`, before anything is removed, and `BadPath` for the storage itself.
        """
        name = self.path(url).name
        if name == self.name:
            raise BadPath("the storage itself cannot be deleted")
        found = list(self.filesystem.find(name))
        if not found:
            return False
        levels = 1 + max(one.removeprefix(name).count("/") for one in found)
        if depth is not None and levels > depth:
            raise TooDeep(f"{url} goes deeper than {depth} levels; raise max_deletion_depth to delete it all")
        self.filesystem.rm(found)
        return True

    def _known(self, name: str) -> RemoteFile | None:
        try:
            return _remote_file(self.filesystem.info(name))
        except FileNotFoundError:
            # An empty storage has no folder, and is one.
            return RemoteFile(name=name, is_directory=True) if name == self.name else None


def _remote_file(known: dict[str, Any]) -> RemoteFile:
    modified = known.get("LastModified") or known.get("mtime") or known.get("updated")
    return RemoteFile(
        name=known["name"].rstrip("/"),
        is_directory=known["type"] == "directory",
        size=known.get("size"),
        modified=modified if isinstance(modified, datetime) else None,
    )
