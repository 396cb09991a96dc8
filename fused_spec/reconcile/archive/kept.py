"""The files of a run's folder: written once, compressed where they are long, and read line by line."""

import gzip
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from msgspec import Struct

from fused_spec.jobs.tasks import Tally, Task, tasks_in
from fused_spec.reconcile.archive.members import Index, write_members

_PIECE = 256 * 1024


class KeptLog(Struct, frozen=True, kw_only=True):
    """A log as it was written: how many lines, the digest of the file, and what is in which part of it."""

    lines: int
    sha256: str
    index: Index


def write_log(path: Path, log: Iterable[bytes]) -> KeptLog:
    """Write the lines, compressed; the same log makes the same file."""
    with path.open("wb") as stream:
        members = tuple(write_members(stream, log))
    with path.open("rb") as written:
        return KeptLog(
            lines=sum(member.lines for member in members), sha256=digest_of(written), index=Index(members=members)
        )


def write_tasks(path: Path, tasks: Iterable[bytes], most: int = 0) -> Tally:
    """Write what is known of the tasks of a run; how they ended comes back, of so many of them each by itself."""
    tally = Tally(most)
    write_log(path, tally.counting(tasks))
    return tally


def unpacked_tasks(packed: BinaryIO) -> Iterator[Task]:
    """The tasks of such a file, in the order of their ends."""
    with packed, gzip.open(packed, "rb") as stream:
        yield from tasks_in(cast(Iterable[bytes], stream))


def digest_of(stream: BinaryIO) -> str:
    """The SHA-256 of what is left to read, in hex."""
    digest = hashlib.sha256()
    while piece := stream.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


def write_text(path: Path, text: str) -> None:
    """Write a short file, with the same line ends on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")
