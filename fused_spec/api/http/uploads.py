"""Bodies of uploads, read piece by piece so that a large file never stands in memory; nothing here sends."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import SEEK_END, BytesIO
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct
from urllib3.fields import RequestField

from fused_spec.api.errors import InvalidArgument

Source = bytes | BinaryIO | Path

_PIECE = 256 * 1024


class Content(Struct, frozen=True, kw_only=True):
    """An open source with its length in bytes; iterating reads it once, from its start."""

    stream: BinaryIO
    length: int
    file_name: str = "file"

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[bytes]:
        """Yield the announced number of bytes; `InvalidArgument` when the source shrank since it was measured."""
        left = self.length
        while left:
            piece = self.stream.read(min(left, _PIECE))
            if not piece:
                raise InvalidArgument(f"{self.file_name} became shorter while it was uploaded", hint="upload it again")
            left -= len(piece)
            yield piece


class Form(Struct, frozen=True, kw_only=True):
    """A `multipart/form-data` body: the signed fields in their order, then the file.

    It is not requests' own, which reads every file into memory first.
    """

    head: bytes
    content: Content
    tail: bytes
    content_type: str

    def __len__(self) -> int:
        return len(self.head) + len(self.content) + len(self.tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self.head
        yield from self.content
        yield self.tail


@contextmanager
def opened(source: Source) -> Iterator[Content]:
    """Open and measure bytes, a path, or a file object (which is read from its start and left open)."""
    if isinstance(source, bytes | bytearray | memoryview):
        yield Content(stream=BytesIO(source), length=memoryview(source).nbytes)
    elif isinstance(source, Path):
        try:
            stream = source.open("rb")
        except OSError as error:
            raise InvalidArgument(f"{source} cannot be read: {(error.strerror or 'unknown').lower()}") from error
        with stream:
            yield Content(stream=stream, length=os.fstat(stream.fileno()).st_size, file_name=source.name)
    elif hasattr(source, "read") and hasattr(source, "seek"):
        length = source.seek(0, SEEK_END)
        source.seek(0)
        name = getattr(source, "name", None)
        # A temporary file's `name` is a number.
        yield Content(stream=source, length=length, file_name=Path(name).name if isinstance(name, str) else "file")
    else:
        raise InvalidArgument(
            f"cannot upload a {type(source).__name__}",
            hint="give bytes, a pathlib.Path, or a file opened in binary mode",
        )


def form(fields: Mapping[str, str], content: Content, *, boundary: str | None = None) -> Form:
    """The form that a signed POST asks for; `boundary` is random unless given."""
    boundary = boundary or secrets.token_hex(16)
    file = RequestField("file", b"", filename=content.file_name)
    file.make_multipart(content_type="application/octet-stream")
    parts = [f"--{boundary}\r\n{_headers(name)}{value}\r\n" for name, value in fields.items()]
    return Form(
        head="".join([*parts, f"--{boundary}\r\n{file.render_headers()}"]).encode(),
        content=content,
        tail=f"\r\n--{boundary}--\r\n".encode(),
        content_type=f"multipart/form-data; boundary={boundary}",
    )


def _headers(name: str) -> str:
    field = RequestField(name, b"")
    field.make_multipart()
    return field.render_headers()
