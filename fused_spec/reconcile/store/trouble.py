"""What goes wrong with a store, as one error that names it and says the next step.

Each kind of store has a library of its own, and each library its own exceptions. Here is where they end: what reads
and writes an archive meets `ArchiveError` alone, also from a file that is read piece by piece.
"""

import errno
import io
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Protocol

from fused_spec.errors import ArchiveError
from fused_spec.messages.phrases import cut
from fused_spec.messages.redaction import redact

if TYPE_CHECKING:
    from fused_spec.reconcile.store.store import Store

_LIBRARIES = ("aiobotocore", "aiohttp", "asyncio", "botocore", "fsspec", "gcsfs", "google", "s3fs")
_LONGEST = 300  # characters of what a library says
_READ_SIZE = 256 * 1024

# What no store raises about itself: a fault of the code around it.
_FAULTS = (TypeError, AttributeError, NameError, LookupError, AssertionError, MemoryError)
# Words in the name or the text of a library's error.
_LOGIN = re.compile(
    r"credential|unauthori[sz]ed|authenticat|\b401\b|InvalidAccessKey|SignatureDoesNotMatch|token", re.IGNORECASE
)
_REFUSED = re.compile(r"denied|forbidden|permission|\b403\b", re.IGNORECASE)
_MISSING = re.compile(r"no ?such ?bucket|bucket does not exist|not found|\b404\b", re.IGNORECASE)

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_RIGHTS = (errno.EACCES, errno.EPERM, errno.EROFS)
_NO_FOLDER = (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ELOOP, errno.ENAMETOOLONG)

_PACKAGE = "install that package beside fused-spec, or name a folder"
_ROOM = "make room there, then run the command again; nothing is lost"
_LOG_IN = (
    "set the credentials that its library reads, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
    "or GOOGLE_APPLICATION_CREDENTIALS"
)
_MAY = "look whether you may list, read and write there"
_BUCKET = "make the bucket, or name another place with --archive, or as `archive` in fused-spec.yaml"
_FOLDER = "name a folder with --archive, or as `archive` in fused-spec.yaml"
_REACH = "look at the address and the network, then run the command again; nothing is lost"


def keep_quiet() -> None:
    """Have the libraries say what went wrong by their exceptions alone; some also log it, traceback and all."""
    for name in _LIBRARIES:
        if not (logger := logging.getLogger(name)).handlers:
            logger.addHandler(logging.NullHandler())


class Told:
    """While this is entered, what a store's library raises becomes `ArchiveError`; a file that is missing stays so."""

    def __init__(self, place: str, doing: str, *, missing_is_told: bool = True) -> None:
        self._place = place
        self._doing = doing
        self._missing_is_told = missing_is_told

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, Exception) or isinstance(error, (ArchiveError, *_FAULTS)):
            return
        if isinstance(error, FileNotFoundError) and not self._missing_is_told:
            return
        raise archive_error(self._place, self._doing, error) from error


def archive_error(place: str, doing: str, error: Exception) -> ArchiveError:
    """`the archive s3://… cannot be read: …`, with the step that helps most often."""
    said = _said(error)
    return ArchiveError(f"the archive {redact(place)} cannot be {doing}: {said}", hint=_hint(error, said))


class TellingStore:
    """A store whose every trouble is told; see `Store`."""

    def __init__(self, store: "Store", place: str) -> None:
        self._store = store
        self._reading = Told(place, "read")
        self._opening = Told(place, "read", missing_is_told=False)
        self._writing = Told(place, "written")

    def read(self, path: str) -> bytes | None:
        with self._reading:
            return self._store.read(path)

    def read_all(self, paths: Sequence[str]) -> dict[str, bytes]:
        with self._reading:
            return self._store.read_all(paths)

    def open(self, path: str) -> BinaryIO:
        with self._opening:
            return io.BufferedReader(_ToldStream(self._store.open(path), self._reading), _READ_SIZE)

    def write(self, path: str, content: bytes) -> None:
        with self._writing:
            self._store.write(path, content)

    def create(self, path: str, content: bytes) -> bool:
        with self._writing:
            return self._store.create(path, content)

    def remove(self, path: str) -> None:
        with self._writing:
            self._store.remove(path)

    def names(self, folder: str) -> list[str]:
        with self._reading:
            return self._store.names(folder)

    def listing(self, folder: str) -> dict[str, str | None]:
        with self._reading:
            return self._store.listing(folder)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        with self._writing:
            stage = self._store.staging()
            folder = stage.__enter__()
        try:
            yield folder
        except OSError as error:
            with self._writing:
                raise error
        finally:
            stage.__exit__(None, None, None)

    def publish(self, staged: Path, folder: str, last: str) -> None:
        with self._writing:
            self._store.publish(staged, folder, last)

    def shown(self, path: str) -> str:
        return self._store.shown(path)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...

    def close(self) -> None: ...


class _ToldStream(io.RawIOBase):
    """A file of a store, read piece by piece."""

    def __init__(self, stream: _Readable, reading: Told) -> None:
        self._stream = stream
        self._reading = reading

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed knows no wider buffer here
        with self._reading:
            piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            with self._reading:
                self._stream.close()
        super().close()


def _said(error: Exception) -> str:
    """What the library says, in one line that is not too long."""
    if isinstance(error, OSError) and error.strerror:
        said = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    else:
        said = f"there is no such bucket ({error})" if isinstance(error, FileNotFoundError) else str(error)
    return cut(" ".join(redact(said).split()) or type(error).__name__, _LONGEST)


def _hint(error: Exception, said: str) -> str:
    code = getattr(error, "errno", None)
    named = f"{type(error).__name__} {said}"
    if isinstance(error, ImportError):
        return _PACKAGE
    if code in _FULL:
        return _ROOM
    if code in _NO_FOLDER:
        return _FOLDER
    if _LOGIN.search(named):
        return _LOG_IN
    if code in _RIGHTS or isinstance(error, PermissionError) or _REFUSED.search(named):
        return _MAY
    if isinstance(error, FileNotFoundError) or _MISSING.search(named):
        return _BUCKET
    return _REACH
