"""Hear from workers that their folders have news, so that nobody has to look again and again.

A named pipe beside the folders: a worker needs no connection to the service, and none is lost when the service is
started anew. A ring that nobody heard does no harm; the folders are looked at now and then anyway.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_PIECE = 64 * 1024


class Doorbell:
    """Calls `on_ring` with the name of the folder, from the event loop, between `open` and `close`."""

    def __init__(self, path: Path, on_ring: Callable[[str], None]) -> None:
        self._path = path
        self._on_ring = on_ring
        self._pipe: int | None = None

    def open(self) -> None:
        with suppress(FileExistsError):
            os.mkfifo(self._path, 0o600)
        self._pipe = os.open(self._path, os.O_RDWR | os.O_NONBLOCK)  # to write as well, so that it never ends
        asyncio.get_running_loop().add_reader(self._pipe, self._hear)

    def close(self) -> None:
        if self._pipe is not None:
            asyncio.get_running_loop().remove_reader(self._pipe)
            os.close(self._pipe)
            self._pipe = None

    def _hear(self) -> None:
        assert self._pipe is not None
        with suppress(BlockingIOError):
            for name in set(os.read(self._pipe, _PIECE).split(b"\n")):
                self._on_ring(name.decode("ascii", "replace"))
