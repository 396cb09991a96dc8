"""An output of a run as a value: where its bytes are, and what is known of it; nothing heavy is imported here."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from fused_spec.errors import FusedSpecError

Bounds = tuple[float, float, float, float]


class UnreadableOutput(FusedSpecError):
    """An output that is not what its name or its first bytes say, or that a form cannot hold."""


class Content(Protocol):
    """Bytes that lie elsewhere, of which parts can be asked for."""

    def tail(self, count: int, /) -> tuple[bytes, int]:
        """The last bytes, at most `count`, and how many there are in all."""

    def part(self, start: int, end: int, /) -> bytes:
        """The bytes from `start` up to `end`."""

    def save(self, file: Path, /) -> None:
        """Write all of it to a file."""


class Kind(StrEnum):
    """What an output is to a person."""

    TABLE = "table"
    RASTER = "raster"
    JSON = "json"
    TEXT = "text"
    ARCHIVE = "archive"
    BYTES = "bytes"
    NOTHING = "none"
    FOLDER = "folder"


class File(Struct, frozen=True, kw_only=True):
    """One file; `open` gives its bytes anew each time, so that nothing stays that nobody looks at."""

    name: str
    open: Callable[[], Content]
    size: int | None = None


class Output(Struct, frozen=True, kw_only=True):
    """What one task returned, or what lies at one address.

    A table may have several `files`, and beside them one that tells of it (`sample`). A folder has none. `task` counts
    the elements of the job, `own_task` those of the run with the id `job_id`, which may have been of some of them only.
    """

    name: str
    files: tuple[File, ...] = ()
    sample: File | None = None
    task: int | None = None
    own_task: int | None = None
    job_id: str | None = None
    address: str | None = None


class Column(Struct, frozen=True):
    """One column of a table."""

    name: str
    type: str


class Facts(Struct, frozen=True, kw_only=True):
    """What is told of an output without reading all of it; None for what that does not tell.

    `width` counts the columns, also where their names are not known. `shape` is that of a raster: bands, height, width.
    `problem` says why no more is known.
    """

    kind: Kind
    rows: int | None = None
    width: int | None = None
    columns: tuple[Column, ...] | None = None
    crs: str | None = None
    bounds: Bounds | None = None
    bytes: int | None = None
    shape: tuple[int, ...] | None = None
    problem: str | None = None


class Told(Struct, frozen=True):
    """An output with its facts."""

    output: Output
    facts: Facts
