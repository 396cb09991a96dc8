"""A long log compressed in members, each by itself, and the index that tells what is in which.

Together they are one gzip file, as `zcat` reads it. The index is a file beside it, where there is more than one member:
the lines of one task, or the last ones, are read without unpacking the others. Each member has its digest there, and
the receipt that of the index, so what is read that way is what was written, too.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import BinaryIO

import msgspec
from msgspec import Struct

from fused_spec.reconcile.store.formats import check_version

VERSION = 1
_SIZE = 1024 * 1024  # bytes of lines in one member
_LEVEL = 3  # of compression: the best one takes ten times as long for a tenth less
_GZIP = 31  # as `zlib` calls the format
_MOST_RANGES = 64  # of tasks that a member tells apart
_TASK = re.compile(rb', "step": (\d+), "task": (\d+)')  # within a message every quote is escaped
_TIME = re.compile(rb'^\{"timestamp": (\d+)', re.MULTILINE)


class Member(Struct, frozen=True, kw_only=True):
    """Compressed lines: `size` bytes of the file from `at` on; `newest` is the time of the youngest line.

    `tasks` are ranges of tasks (step, first, last) of which it may have lines: the lines of any other are not here.
    """

    at: int
    size: int
    lines: int
    newest: int
    sha256: str
    tasks: tuple[tuple[int, int, int], ...]

    def may_have(self, task: int) -> bool:
        """Whether lines of this task, in whatever step, may be here."""
        return any(first <= task <= last for _, first, last in self.tasks)

    def unpacked(self, stream: BinaryIO) -> bytes:
        """Its lines; ValueError when these are not what was written."""
        stream.seek(self.at)
        packed = stream.read(self.size)
        if hashlib.sha256(packed).hexdigest() != self.sha256:
            raise ValueError("its bytes have changed")
        return zlib.decompress(packed, _GZIP)


class Index(Struct, frozen=True, kw_only=True):
    """All members of a file, in their order."""

    members: tuple[Member, ...]
    version: int = VERSION

    def to_json(self) -> bytes:
        return msgspec.json.encode(self)

    @classmethod
    def from_json(cls, content: bytes) -> "Index":
        """Read an index; ValueError when this is none, `LaterFormat` for one of a later version."""
        index = msgspec.json.decode(content, type=cls)
        check_version("the index of a log", index.version, VERSION)
        return index


def write_members(stream: BinaryIO, lines: Iterable[bytes]) -> Iterator[Member]:
    """Write lines, and tell of each member when it is written."""
    at = 0
    for content, count in _in_pieces(lines):
        packed = zlib.compress(content, _LEVEL, _GZIP)
        stream.write(packed)
        yield Member(
            at=at,
            size=len(packed),
            lines=count,
            newest=max(map(int, set(_TIME.findall(content))), default=0),
            sha256=hashlib.sha256(packed).hexdigest(),
            tasks=tuple(_ranges(content)),
        )
        at += len(packed)


def _in_pieces(lines: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """The lines joined, and how many; nothing at all is a piece, too."""
    waiting: list[bytes] = []
    size, is_first = 0, True
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= _SIZE:
            yield b"".join(waiting), len(waiting)
            waiting, size, is_first = [], 0, False
    if waiting or is_first:
        yield b"".join(waiting), len(waiting)


def _ranges(content: bytes) -> Iterator[tuple[int, int, int]]:
    """The tasks of some lines, those that are next to each other as one range."""
    tasks = sorted({(int(step), int(task)) for step, task in set(_TASK.findall(content))})
    if not tasks:
        return
    gaps = sorted((here[1] - before[1] for before, here in pairwise(tasks) if here[0] == before[0]), reverse=True)
    widest = max(1, gaps[_MOST_RANGES] if len(gaps) > _MOST_RANGES else 1)
    step, first = tasks[0]
    for before, here in pairwise(tasks):
        if here[0] != before[0] or here[1] - before[1] > widest:
            yield step, first, before[1]
            step, first = here
    yield step, first, tasks[-1][1]
