"""Local inputs, `{file: …}`: which file is meant, that it can be read as what it says it is, and its address.

The address is the content's own digest, so an unchanged file is uploaded once and a changed one has another address.
"""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from fused_spec.spec.files.discovery import printable
from fused_spec.spec.files.named_files import GIT_LFS, Folder, Trouble, unreadable
from fused_spec.spec.inputs.element_list import Elements
from fused_spec.spec.inputs.elements import ElementFiles
from fused_spec.spec.model import LocalFile

UPLOADS = "fd://fused-spec/inputs/"

_SUFFIX = re.compile(r"\.[a-z0-9]{1,16}")
_HEAD = 512

# How a file of each suffix begins, by its format's specification.
_BEGINNINGS = {
    ".parquet": (b"PAR1",),
    ".pq": (b"PAR1",),
    ".gpkg": (b"SQLite format 3\0",),
    ".zip": (b"PK\x03\x04",),
    ".fgb": (b"fgb",),
    ".feather": (b"ARROW1", b"FEA1"),
    ".png": (b"\x89PNG",),
    ".tif": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    ".tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    ".gz": (b"\x1f\x8b",),
}
_JSON = (".geojson", ".json")
_LINES = (".csv", ".tsv", ".txt")


def is_local_file(value: Any) -> bool:
    """Whether the value is `{file: path}`."""
    return isinstance(value, dict) and set(value) == {"file"} and isinstance(value["file"], str)


class Inputs(Struct):
    """Reads each file once, however often it is named."""

    _known: dict[Path, LocalFile | Trouble] = field(default_factory=dict)
    _elements: ElementFiles = field(default_factory=ElementFiles)

    def read(self, name: str, folder: Folder) -> LocalFile | Trouble:
        path = folder.locate(name)
        if isinstance(path, Trouble):
            return path
        if path not in self._known:
            self._known[path] = _read(path, name)
        return self._known[path]

    def elements(self, name: str, folder: Folder) -> Elements | Trouble:
        return self._elements.read(name, folder)

    @property
    def element_sizes(self) -> Mapping[Path, int]:
        """In bytes, of each file of elements that was to be read."""
        return self._elements.sizes


def _read(path: Path, name: str) -> LocalFile | Trouble:
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
            stream.seek(0)
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            size = stream.tell()
    except OSError as error:
        return unreadable(name, error)
    if (why := _wrong(path.suffix.lower(), head)) is not None:
        return Trouble(code="bad-input-file", message=f"{printable(name)} {why[0]}", hint=why[1])
    return LocalFile(path=path, sha256=digest, size=size, url=f"{UPLOADS}{digest}{_suffix(path)}")


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    return suffix if _SUFFIX.fullmatch(suffix) else ""


def _wrong(suffix: str, head: bytes) -> tuple[str, str] | None:
    """What and what next, when the first bytes are not those of such a file."""
    if not head:
        return "is empty", "name a file with content"
    if head.startswith(GIT_LFS):
        return "is a Git LFS pointer, not the content", "run `git lfs pull`"
    if suffix == ".shp":
        return "is only a part of a shapefile", "zip it with its .dbf, .shx and .prj, and name the .zip"
    beginnings = _BEGINNINGS.get(suffix)
    if beginnings is not None and not head.startswith(beginnings):
        return f"does not begin as a {suffix} file does", "check that it is whole and has the right suffix"
    if (suffix in _LINES and _is_binary(head)) or (suffix in _JSON and b"\0" in head):
        return f"is binary, and no {suffix} file", "check that it has the right suffix"
    if suffix in _JSON and not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"[")):
        return "does not begin as JSON does", "check that it is whole and has the right suffix"
    return None


def _is_binary(head: bytes) -> bool:
    """Whether it is no text: it has NULs, and not as UTF-16 has them, in half of the bytes of most letters."""
    halves = (head[::2], head[1::2])
    return b"\0" in head and not any(half.count(0) > len(half) / 2 for half in halves)
