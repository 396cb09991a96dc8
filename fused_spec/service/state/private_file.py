"""Files of the service that only its user can read, from their first moment on, and that appear whole."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Put the text at its place, whole and kept, or leave what was there; raises `OSError`."""
    with _draft(path, text) as draft:
        draft.replace(path)


def create_whole(path: Path, text: str) -> None:
    """The same where nothing is yet; of several at once one does it, and it is on the disk then; raises `OSError`."""
    with _draft(path, text) as draft, suppress(FileExistsError):
        os.link(draft, path)  # unlike a rename, it never replaces
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _draft(path: Path, text: str) -> Iterator[Path]:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(descriptor)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def create_private(path: Path) -> None:
    """Have an empty file there, when there is none; raises `OSError`."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
