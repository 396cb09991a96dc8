"""What is asked of every store, whether it is a folder or a bucket.

A file appears whole or not at all. A folder that is published exists for readers once the file that stands for it
does, so that one comes last where folders cannot be moved.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol


class Store(Protocol):
    """Paths are relative, with `/` between their parts."""

    def read(self, path: str) -> bytes | None:
        """The content, or None when there is no such file."""

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        """The contents of those files that are there, in the order asked for."""

    def open(self, path: str) -> BinaryIO:
        """The file for reading; raises FileNotFoundError."""

    def write(self, path: str, content: bytes) -> None:
        """Put the content there, whole and durably, whatever was there before."""

    def create(self, path: str, content: bytes) -> bool:
        """The same, but only where nothing is; False when something is."""

    def remove(self, path: str) -> None:
        """Remove the file, if it is there."""

    def names(self, folder: str) -> list[str]:
        """The paths of all files below a folder, sorted."""

    def listing(self, folder: str) -> dict[str, str | None]:
        """The same, each with the MD5 of its content in hex, where the store's own listing tells it."""

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A local folder for what is to be published; what is left in it is removed."""

    def publish(self, staged: Path, folder: str, last: str) -> None:
        """Put the staged files into a folder, unless it is there; `last` is the one that stands for it."""

    def shown(self, path: str) -> str:
        """Where the path is, for people."""
