"""Where URLs lead: `fd://` into the service's storage, which may be remote, and `file://` to the user's own files.

A job runs with its user's rights, so its own files are its own business; what is confined is `fd://`, which must
not reach anything outside the storage, links included.
"""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import fsspec
from fsspec.implementations.dirfs import DirFileSystem

from fused_spec.configuration.storage_url import is_remote, storage_errors, trouble_with
from fused_spec.engine.failures import StepFailed

_ROOT = "FUSED_SPEC_STORAGE"


@dataclass(frozen=True, slots=True)
class Remote:
    """A place in a storage that is not on this machine: its root's URL, and a path below that."""

    root: str
    path: PurePosixPath

    def __str__(self) -> str:
        return f"{self.root}/{self.path}" if self.path.parts else self.root

    def open(self) -> tuple[Any, str]:
        """The file system, seeing what others have written just now, and the place's name in it."""
        try:
            filesystem, name = fsspec.url_to_fs(str(self))
        except ImportError as error:
            scheme = self.root.partition("://")[0]
            raise StepFailed(
                f"{scheme}:// needs another package ({error}); pip install 'fused-spec[{scheme}]'"
            ) from None
        filesystem.invalidate_cache()
        return filesystem, name


Root = Path | Remote
"""What `fd://` is: a folder, or the root of a remote storage."""


def resolved(place: Root) -> Root:
    """The place without links on the way to it."""
    return place.resolve() if isinstance(place, Path) else place


def folder_of(place: Root) -> Root:
    """The folder in which a place lies."""
    return place.parent if isinstance(place, Path) else Remote(place.root, place.path.parent)


def lies_in(place: Root, other: Root) -> bool:
    """Whether a place is the other one, or below it."""
    if isinstance(place, Remote):
        return isinstance(other, Remote) and place.root == other.root and place.path.is_relative_to(other.path)
    return isinstance(other, Path) and place.is_relative_to(other)


def root_of(text: str) -> Root:
    """The storage that a request names."""
    return Remote(text, PurePosixPath()) if is_remote(text) else Path(text)


def place_of(url: str, root: Root) -> Root:
    """Where a URL or an absolute path leads; `StepFailed` for what leads elsewhere."""
    if isinstance(root, Remote) and url.startswith("fd://"):
        return Remote(root.root, PurePosixPath(*_parts(url.removeprefix("fd://"), url)))
    return local_path(url, root if isinstance(root, Path) else Path("/"))


def local_copy(url: str, root: Root) -> Path:
    """The local path of what a URL names; of a remote file or folder a copy, among the job's temporary files.

    There may be nothing there. Raises `StepFailed`.
    """
    place = place_of(url, root)
    return place if isinstance(place, Path) else copy_of(place)


_WITH_NEIGHBOURS = frozenset({".shp", ".tab", ".mif", ".gml"})


def copy_of(place: Remote) -> Path:
    """A copy of a remote file or folder, among the job's temporary files; there may be nothing there."""
    filesystem, name = place.open()
    copy = Path(tempfile.mkdtemp(prefix="fused-spec-")) / (place.path.name or "storage")
    try:
        if filesystem.isfile(name):
            filesystem.get_file(name, str(copy))
            if copy.suffix.lower() in _WITH_NEIGHBOURS:
                _get_neighbours(filesystem, name, copy)
        elif filesystem.exists(name):
            filesystem.get(f"{name}/", str(copy), recursive=True)
    except storage_errors() as error:
        raise StepFailed(f"fd://{place.path} cannot be read: {trouble_with(place.root, error)}") from error
    return copy


def _get_neighbours(filesystem: Any, name: str, copy: Path) -> None:
    """What belongs to a shapefile, or to another table of several files, lies beside it under the same name."""
    for other in filesystem.glob(f"{name.removesuffix(copy.suffix)}.*"):
        if other != name:
            filesystem.get_file(other, str(copy.with_name(PurePosixPath(other).name)))


def local_path(url: str, storage: Path) -> Path:
    """The local path of a URL or an absolute path; `StepFailed` for what leads elsewhere."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        if not Path(url).is_absolute():
            raise StepFailed(f"{url} is a relative path; name a URL such as fd://folder/file, or declare {{file: …}}")
        return Path(url)
    if scheme == "file":
        return _of_file_url(rest, url)
    if scheme != "fd":
        raise StepFailed(f"{url} cannot be read here: the embedded service reaches fd:// and file:// only")
    return _confined(rest, storage, url)


def _of_file_url(rest: str, url: str) -> Path:
    host, slash, path = rest.partition("/")
    if host not in ("", "localhost") or not slash:
        raise StepFailed(f"{url} names no absolute path on this machine; write file:///folder/file")
    return Path("/", unquote(path))


def _parts(rest: str, url: str) -> list[str]:
    parts = [part for part in rest.split("/") if part not in ("", ".")]
    if "\0" in rest or ".." in parts:
        raise StepFailed(f"{url} leaves the storage of the service")
    return parts


def _confined(rest: str, storage: Path, url: str) -> Path:
    path = storage.joinpath(*_parts(rest, url))
    if not path.resolve().is_relative_to(storage.resolve()):
        raise StepFailed(f"{url} leaves the storage of the service")
    return path


class FdFileSystem(DirFileSystem):  # type: ignore[misc]  # fsspec has no types
    """`fd://` for everything that opens URLs through fsspec: pandas, geopandas, pyarrow."""

    protocol = "fd"
    cachable = False  # an instance belongs to the storage of its time

    def __init__(self, **options: Any) -> None:
        self._root = root_of(os.environ[_ROOT])
        if isinstance(self._root, Path):
            filesystem, name = fsspec.filesystem("file", auto_mkdir=True), str(self._root)
        else:
            filesystem, name = self._root.open()
        super().__init__(path=name, fs=filesystem, **options)

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(one) for one in path]
        return str(path).removeprefix("fd://").strip("/")

    def _join(self, path: Any) -> Any:
        if isinstance(path, str):
            place_of(f"fd://{self._strip_protocol(path)}", self._root)
        return super()._join(path)


def provided_root() -> Root:
    """The storage that this process reads `fd://` from."""
    return root_of(os.environ[_ROOT])


def provide_fd(root: Root) -> None:
    """Let this process open `fd://` URLs."""
    os.environ[_ROOT] = str(root)
    fsspec.register_implementation("fd", FdFileSystem, clobber=True)
