"""A content that lies elsewhere as a file to be read at any place, of which only those blocks come that are read."""

import io
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import RLock
from typing import Any

from fused_spec.engine.outputs.model import Content

TAIL = 256 * 1024
"""So many bytes come with the size: all of a small file, and the footer of nearly every Parquet file."""

BLOCK = 128 * 1024
_MOST_AT_ONCE = 64  # blocks in one request
_MOST_KEPT = 768  # blocks: what a reading takes of memory at most, however large the content
_THREADS = 16


class RangedFile(io.RawIOBase):
    """Reads blocks as they are needed, more of them the longer it is read in order; threads may share it."""

    def __init__(self, content: Content) -> None:
        super().__init__()
        self._content = content
        self._tail, self.size = content.tail(TAIL)
        self._tail_at = self.size - len(self._tail)
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._lock = RLock()
        self._at = 0
        self._ahead: dict[int, int] = {}  # how many blocks came last, by the block behind them: columns take turns

    @property
    def is_whole(self) -> bool:
        """Whether all of it came with the size."""
        return self._tail_at == 0

    @property
    def tail(self) -> bytes:
        return self._tail

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def read(self, size: int | None = -1, /) -> bytes:
        end = self.size if size is None or size < 0 else min(self.size, self._at + size)
        content = self.between(self._at, end)
        self._at += len(content)
        return content

    def between(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`."""
        if start >= end:
            return b""
        if start >= self._tail_at:
            return self._tail[start - self._tail_at : end - self._tail_at]
        if end > self._tail_at:
            return self.between(start, self._tail_at) + self._tail[: end - self._tail_at]
        with self._lock:
            pieces = []
            for number in range(start // BLOCK, (end - 1) // BLOCK + 1):
                at = number * BLOCK
                pieces.append(self._block(number)[max(0, start - at) : end - at])
            return b"".join(pieces)

    def prefetch(self, spans: Iterable[tuple[int, int]]) -> None:
        """Bring the blocks of these parts together, some requests at a time, as far as they may be kept."""
        wanted = {
            number
            for start, end in spans
            for number in range(start // BLOCK, (min(end, self._tail_at) - 1) // BLOCK + 1)
            if number not in self._blocks
        }
        missing = sorted(wanted)[: _MOST_KEPT - _MOST_AT_ONCE]
        runs: list[list[int]] = []
        for number in missing:
            if runs and runs[-1][-1] == number - 1 and len(runs[-1]) < _MOST_AT_ONCE:
                runs[-1].append(number)
            else:
                runs.append([number])
        if len(runs) == 1:
            self._bring(runs[0][0], len(runs[0]))
        elif runs:
            with ThreadPoolExecutor(_THREADS) as pool:
                list(pool.map(lambda run: self._bring(run[0], len(run)), runs))

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            count = min(2 * self._ahead.pop(number, 0) or 1, _MOST_AT_ONCE)
            self._bring(number, count)
            self._ahead[number + count] = count
        self._blocks.move_to_end(number)
        return self._blocks[number]

    def _bring(self, first: int, count: int) -> None:
        start, end = first * BLOCK, min((first + count) * BLOCK, self.size)
        content = self._content.part(start, end)
        if len(content) != end - start:
            raise EOFError(f"{end - start} bytes were asked for, and {len(content)} came: the file has changed")
        with self._lock:
            for at in range(0, len(content), BLOCK):
                self._blocks[first + at // BLOCK] = content[at : at + BLOCK]
            while len(self._blocks) > _MOST_KEPT:
                self._blocks.popitem(last=False)
