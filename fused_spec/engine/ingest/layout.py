"""Which row goes where: files, chunks in them, and rows in those."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
"""Numbers of rows of the table that is partitioned."""

Chunks = tuple[Rows, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The chunks of each file; a file's id is its place here, a chunk's id its place in the file."""

    files: tuple[Chunks, ...]

    @property
    def num_files(self) -> int:
        return len(self.files)

    @property
    def num_chunks(self) -> int:
        return sum(map(len, self.files))

    @property
    def num_rows(self) -> int:
        return sum(len(rows) for _, _, rows in self.chunks())

    @property
    def order(self) -> Rows:
        """All rows, as they follow one another in the table written."""
        return np.concatenate([rows for _, _, rows in self.chunks()])

    def chunks(self) -> Iterator[tuple[int, int, Rows]]:
        """File id, chunk id and rows of every chunk."""
        for file_id, chunks in enumerate(self.files):
            for chunk_id, rows in enumerate(chunks):
                yield file_id, chunk_id, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """The most that a file and a chunk may hold, in whatever is balanced."""

    per_file: float
    per_chunk: float


def caps(
    total: float, maximum_per_file: int | None, maximum_per_chunk: int | None, target_num_chunks: int = 100
) -> Caps:
    """The caps of a step; one not given is a tenth of the total for files and a hundredth for chunks.

    With neither given, fewer chunks than a hundred may be the target.
    """
    num_chunks = 100 if maximum_per_file is not None else max(1, min(100, target_num_chunks))
    per_chunk = total / num_chunks if maximum_per_chunk is None else float(maximum_per_chunk)
    per_file = max(total / 10, per_chunk) if maximum_per_file is None else float(maximum_per_file)
    return Caps(per_file=per_file, per_chunk=per_chunk)


def filled(chunks: Sequence[Rows], cap: float) -> Layout:
    """Chunks in their order, a new file begun where the next one would be more rows than `cap`."""
    files: list[list[Rows]] = []
    room = 0.0
    for rows in chunks:
        if not files or len(rows) > room:
            files.append([])
            room = cap
        files[-1].append(rows)
        room -= len(rows)
    return Layout(tuple(map(tuple, files)))
