"""Which row goes where: files, chunks in them, and rows in those."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fused_spec.engine.failures import StepFailed

Rows = NDArray[Any]
"""Numbers of rows, in the order in which they were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the chunks and files of a table end.

    `chunk_ends` are places of rows, `file_ends` are numbers of chunks. A file's id is its place among the files, a
    chunk's id its place in the file.
    """

    chunk_ends: NDArray[np.int64]
    file_ends: NDArray[np.int64]

    @property
    def num_files(self) -> int:
        return len(self.file_ends)

    @property
    def num_chunks(self) -> int:
        return len(self.chunk_ends)

    @property
    def num_rows(self) -> int:
        return int(self.chunk_ends[-1])

    @property
    def chunk_rows(self) -> NDArray[np.int64]:
        """The number of rows in each chunk."""
        return np.diff(self.chunk_ends, prepend=0)

    def chunks_of(self, file_id: int) -> range:
        """The numbers of a file's chunks, counted through all files."""
        start = int(self.file_ends[file_id - 1]) if file_id else 0
        return range(start, int(self.file_ends[file_id]))

    def rows_of(self, chunk: int) -> tuple[int, int]:
        """The first place of a chunk, and the first behind it."""
        return (int(self.chunk_ends[chunk - 1]) if chunk else 0), int(self.chunk_ends[chunk])

    def chunk_ids(self) -> Iterator[tuple[int, int]]:
        """File id and chunk id of every chunk."""
        for file_id in range(self.num_files):
            yield from ((file_id, chunk_id) for chunk_id in range(len(self.chunks_of(file_id))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The rows in the order of the table written, and how that is cut.

    Rows of one chunk keep the order in which they were read, or another one that whoever made the partition has chosen.
    """

    order: Rows
    layout: Layout

    def places(self) -> Rows:
        """For every row, in the order read, its place in the table written."""
        places = np.empty_like(self.order)
        places[self.order] = np.arange(len(self.order), dtype=self.order.dtype)
        return places


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most that a file and a chunk may hold, in whatever is balanced."""

    per_file: float
    per_chunk: float


def caps(
    total: float, maximum_per_file: int | None, maximum_per_chunk: int | None, target_num_chunks: int = 100
) -> Caps:
    """The caps of a step; one not given is a tenth of the total for files and a hundredth for chunks.

    With neither given, fewer chunks than a hundred may be the target. Raises `StepFailed` for a cap that nothing meets.
    """
    named = {"partitioning_maximum_per_file": maximum_per_file, "partitioning_maximum_per_chunk": maximum_per_chunk}
    for name, most in named.items():
        if most is not None and most < 1:
            raise StepFailed(f"{name} {most} must be at least 1; leave it out for the default")
    num_chunks = 100 if maximum_per_file is not None else max(1, min(100, target_num_chunks))
    per_chunk = total / num_chunks if maximum_per_chunk is None else float(maximum_per_chunk)
    per_file = max(total / 10, per_chunk) if maximum_per_file is None else float(maximum_per_file)
    return Caps(per_file=per_file, per_chunk=per_chunk)


def numbers(count: int) -> Rows:
    """The numbers below `count`, in as few bytes as hold them: there is one for every row of a table."""
    return np.arange(count, dtype=np.uint32 if count < 2**32 else np.int64)


def filled(chunk_ends: Sequence[int], cap: float) -> Layout:
    """Chunks in their order, a new file begun where the next one would be more rows than `cap`."""
    file_ends: list[int] = []
    room = 0.0
    for number, rows in enumerate(np.diff(chunk_ends, prepend=0).tolist()):
        if number and rows > room:
            file_ends.append(number)
            room = cap
        elif not number:
            room = cap
        room -= rows
    return Layout(
        chunk_ends=np.array(chunk_ends, np.int64),
        file_ends=np.array([*file_ends, len(chunk_ends)], np.int64),
    )
