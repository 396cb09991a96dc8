"""Where URLs lead on this machine: `fd://` into the service's storage, `file://` to the user's own files.

A job runs with its user's rights, so its own files are its own business; what is confined is `fd://`, which must
not reach anything outside the storage, links included.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import fsspec
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem

from fused_spec.engine.failures import StepFailed

_ROOT = "FUSED_SPEC_STORAGE"


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


def _confined(rest: str, storage: Path, url: str) -> Path:
    parts = [part for part in rest.split("/") if part]
    path = storage.joinpath(*parts)
    if "\0" in rest or ".." in parts or not path.resolve().is_relative_to(storage.resolve()):
        raise StepFailed(f"{url} leaves the storage of the service")
    return path


class FdFileSystem(DirFileSystem):  # type: ignore[misc]  # fsspec has no types
    """`fd://` for everything that opens URLs through fsspec: pandas, geopandas, pyarrow."""

    protocol = "fd"
    cachable = False  # an instance belongs to the storage of its time

    def __init__(self, **options: Any) -> None:
        super().__init__(path=os.environ[_ROOT], fs=LocalFileSystem(auto_mkdir=True), **options)

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(one) for one in path]
        return str(path).removeprefix("fd://").strip("/")

    def _join(self, path: Any) -> Any:
        if isinstance(path, str):
            _confined(self._strip_protocol(path), Path(self.path), f"fd://{path}")
        return super()._join(path)


def provide_fd(storage: Path) -> None:
    """Let this process open `fd://` URLs."""
    os.environ[_ROOT] = str(storage)
    fsspec.register_implementation("fd", FdFileSystem, clobber=True)
