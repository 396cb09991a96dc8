"""The files of a run's folder: written once, compressed where they are long, and read line by line."""

import gzip
import hashlib
from collections.abc import Iterable, Iterator
from io import BufferedWriter, RawIOBase
from pathlib import Path
from typing import BinaryIO, cast

from fused_spec.jobs.tasks import Tally, Task, tasks_in

_PIECE = 256 * 1024
_LEVEL = 3  # of compression: the best one takes ten times as long for a tenth less


def write_log(path: Path, log: Iterable[bytes]) -> tuple[int, str]:
    """Write the lines, compressed; the count and the file's digest come back."""
    lines = 0
    # mtime=0: the same log makes the same file.
    with (
        path.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0, compresslevel=_LEVEL) as packed,
        BufferedWriter(cast(RawIOBase, packed), _PIECE) as stream,
    ):
        for line in log:
            lines += 1
            stream.write(line)
    with path.open("rb") as written:
        return lines, digest_of(written)


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
