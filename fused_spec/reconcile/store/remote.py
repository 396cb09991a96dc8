"""A bucket as a store, opened by fsspec: an object there appears whole, and none is moved."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from fused_spec.reconcile.store.remote_listing import list_below, md5_of


class RemoteStore:
    """A place that fsspec opens, such as a bucket; an object there appears whole."""

    def __init__(self, filesystem: Any, root: str, url: str) -> None:
        self._filesystem = filesystem
        self._root = root.rstrip("/")
        self._url = url

    def read(self, path: str) -> bytes | None:
        try:
            return bytes(self._filesystem.cat_file(self._at(path)))
        except FileNotFoundError:
            return None

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        places = [self._at(path) for path in paths]
        # Side by side, as far as its library can; "omit" would take one that cannot be read for one that is not there.
        found = self._filesystem.cat(places, on_error="return") if places else {}
        contents: dict[str, bytes] = {}
        for path, place in zip(paths, places, strict=True):
            content = found[place]
            if isinstance(content, FileNotFoundError):
                continue
            if isinstance(content, BaseException):
                raise content
            contents[path] = bytes(content)
        return contents

    def open(self, path: str) -> BinaryIO:
        return cast(BinaryIO, self._filesystem.open(self._at(path), "rb"))

    def write(self, path: str, content: bytes) -> None:
        self._filesystem.pipe_file(self._at(path), content)

    def create(self, path: str, content: bytes) -> bool:
        try:
            self._filesystem.pipe_file(self._at(path), content, mode="create")
        except FileExistsError:
            return False
        return True

    def remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self._filesystem.rm_file(self._at(path))

    def names(self, folder: str) -> list[str]:
        return list(self.listing(folder))

    def listing(self, folder: str) -> dict[str, str | None]:
        found = list_below(self._filesystem, self._at(folder))
        start = len(self._root.lstrip("/")) + 1
        return {path.lstrip("/")[start:]: md5_of(info) for path, info in sorted(found.items())}

    @contextmanager
    def staging(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="fused-spec-") as folder:
            yield Path(folder)

    def publish(self, staged: Path, folder: str, last: str) -> None:
        if self.read(f"{folder}/{last}") is not None:
            return
        names = sorted((path.name for path in staged.iterdir()), key=lambda name: name == last)
        for name in names:
            self._filesystem.put_file(str(staged / name), self._at(f"{folder}/{name}"))

    def shown(self, path: str) -> str:
        return f"{self._url}/{path}"

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}"
