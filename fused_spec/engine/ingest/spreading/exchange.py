"""Where the tasks of one ingestion leave tables and files for each other, seen by all machines that run them.

What is there under a name is whole, and the same however often it was made: a task may run twice, even at once.
"""

import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.passes.shelves import read_slices, write_slice
from fused_spec.engine.storage import Remote, Root

_READ_AT_ONCE = 16

Span = tuple[str, int | None, int | None]
"""A name, and from which byte to which; None: from the beginning, to the end."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A folder that exists, or a prefix of an object store."""

    place: Root

    def check(self) -> None:
        """Raise `StepFailed` where it is not seen."""
        if isinstance(self.place, Path) and not self.place.is_dir():
            raise StepFailed(
                f"a worker on {socket.gethostname()} does not see {self.place.parent.parent}; "
                "a cluster of several machines needs a storage that all of them see: a shared folder, s3:// or gs://"
            )

    @contextmanager
    def workplace(self) -> Iterator[Path]:
        """A folder for files that are to be delivered; what is left in it vanishes."""
        if isinstance(self.place, Remote):
            with TemporaryDirectory(prefix="fused-spec-") as made:
                yield Path(made)
            return
        folder = self.place / f".{uuid4().hex}"
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def deliver(self, file: Path, name: str) -> None:
        """Give a file of a workplace to all."""
        if isinstance(self.place, Remote):
            filesystem, root = self.place.open()
            filesystem.put_file(str(file), f"{root}/{name}")
        else:
            file.replace(self.place / name)

    def put(self, name: str, *tables: pa.Table) -> None:
        """Leave tables under a name."""
        with self.workplace() as folder:
            with (folder / name).open("wb") as stream:
                for table in tables:
                    write_slice(stream, table)
            self.deliver(folder / name, name)

    def get(self, name: str) -> pa.Table:
        """The one table under a name."""
        [[table]] = self.get_all([name])
        return table

    def get_all(self, names: Sequence[str]) -> Iterator[list[pa.Table]]:
        """The tables under each of the names; a few names are read at a time."""
        for start in range(0, len(names), _READ_AT_ONCE):
            for content in self.read([(name, None, None) for name in names[start : start + _READ_AT_ONCE]]):
                yield read_slices(pa.BufferReader(content))

    def read(self, spans: Sequence[Span]) -> list[bytes]:
        """Bytes of what is there, in the order asked for."""
        if isinstance(self.place, Path):
            return [_read(self.place / name, start or 0, stop) for name, start, stop in spans]
        if not spans:
            return []
        filesystem, root = self.place.open()
        names, starts, stops = zip(*spans, strict=True)
        paths = [f"{root}/{name}" for name in names]
        contents: list[bytes] = filesystem.cat_ranges(paths, list(starts), list(stops), on_error="raise")
        return contents

    def names(self) -> list[str]:
        """What is there."""
        if isinstance(self.place, Path):
            found: list[Any] = [one.name for one in self.place.iterdir()]
        else:
            filesystem, root = self.place.open()
            found = [name.rpartition("/")[2] for name in filesystem.find(root)]
        return sorted(name for name in found if not name.startswith("."))


def _read(path: Path, start: int, stop: int | None) -> bytes:
    with path.open("rb") as stream:
        stream.seek(start)
        return stream.read(-1 if stop is None else stop - start)
