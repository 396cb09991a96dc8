"""The text of a file as UTF-8, whatever it is encoded and compressed in."""

import codecs
import io
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.notes import shown
from fused_spec.engine.ingest.inputs.archives import GdalPath
from fused_spec.engine.ingest.inputs.files import Input

HEAD_BYTES = 256 * 2**10
"""How much of the beginning says what a file is."""

_READ_BYTES = 2**20
_AROUND = 12  # bytes that are shown around one that is no text
# By how they begin, since names tell less: what was unpacked on its way may still be called .gz.
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": "bz2"}
_BZIP2 = slice(4, 10), b"1AY&SY"
_MARKS = (  # the longer ones first, since one begins like another
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """Where bytes are: in a file, perhaps compressed; or, where `member` is given, within an archive."""

    file: Input
    prefix: str = ""
    member: str | None = None

    @property
    def name(self) -> PurePath:
        """A path whose suffix says what the bytes are."""
        return self.file.name if self.member is None else PurePath(self.member)

    def open(self) -> Any:
        """A stream of the bytes, unpacked, that can be read and closed."""
        path = self.file.here()
        if self.member is not None:
            return _Member(GdalPath(file=path, prefix=self.prefix, member=self.member, size=0))
        compression = is_compressed(path)
        if compression is None:
            return path.open("rb", buffering=0)
        return pa.CompressedInputStream(pa.OSFile(str(path)), compression)


class _Member:
    """A file in an archive, which closes together with that."""

    def __init__(self, place: GdalPath) -> None:
        self._stack = ExitStack()
        self._name = shown(place.file)
        try:
            self._stream = self._stack.enter_context(place.open())
        except NotImplementedError as error:
            raise StepFailed(f"{self._name} is packed in a way that is not read ({error}); unpack it") from error

    def read(self, size: int) -> bytes:
        return self._stream.read(size)

    def close(self) -> None:
        self._stack.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Text: the codec it is in, how that is known, and the bytes of its byte order mark."""

    packed: Packed
    codec: str
    words: str
    mark: int

    @property
    def file(self) -> Input:
        return self.packed.file

    def stream(self, skipped: int = 0) -> "Utf8":
        """The text from the byte `skipped` of its UTF-8; closes with what it reads."""
        stream = Utf8(self.packed.open(), self.codec, self.mark)
        while skipped:
            skipped -= len(stream.read(min(skipped, _READ_BYTES)))
        return stream

    def head(self) -> tuple[str, bool]:
        """How it begins, with bytes that are no text as surrogates; and whether that is all of it."""
        with closing(self.stream()) as stream:
            head = b""
            while len(head) < HEAD_BYTES and (more := stream.read(HEAD_BYTES - len(head))):
                head += more
            return head.decode("utf-8", "surrogateescape"), not stream.read(1)

    def undecodable(self) -> StepFailed:
        """What to say of the first byte that is no text in this encoding."""
        decoder = codecs.getincrementaldecoder(self.codec)()
        line = 1
        with closing(self.packed.open()) as raw:
            raw.read(self.mark)
            while True:
                block = raw.read(_READ_BYTES)
                try:
                    decoded = decoder.decode(block, final=not block)
                except UnicodeDecodeError as error:
                    before = error.object[: error.start].decode(self.codec, "ignore")
                    return self._no_text(error, line + before.count("\n"))
                line += decoded.count("\n")
                if not block:
                    return StepFailed(f"{shown(self.file.name)} changed while it was read; start the job again")

    def _no_text(self, error: UnicodeDecodeError, line: int) -> StepFailed:
        start = max(error.start - _AROUND, 0)
        around = error.object[start : error.start + _AROUND]
        byte = error.object[error.start]
        step = "name its encoding in read.encoding"
        if self.codec == "utf-8":
            words = around[around.rfind(b"\n", 0, error.start - start) + 1 :].decode("cp1252", "replace")
            step = f"{step}, as cp1252, in which it is …{words.splitlines()[0].strip()}…"
        return StepFailed(
            f"{shown(self.file.name)} cannot be read: line {line:,} has the byte 0x{byte:02X}, which is no text in "
            f"{self.codec.upper()}; {step}, or convert the file to UTF-8"
        )


def text_of(packed: Packed, named: str | None) -> Text:
    """Text in the encoding that is named, or in the one that its first bytes are certain to be."""
    with closing(packed.open()) as raw:
        head = raw.read(HEAD_BYTES)
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return Text(
                packed=packed, codec=codec, words=f"{codec.upper()}, as its byte order mark says", mark=len(mark)
            )
    if named is not None:
        codec = _UNMARKED.get(named, named)
        return Text(packed=packed, codec=codec, words=f"{codec.upper()}, as read.encoding says", mark=0)
    if (found := _by_zeros(head)) is not None:
        return Text(packed=packed, codec=found, words=f"{found.upper()}, as its zero bytes say", mark=0)
    return Text(packed=packed, codec="utf-8", words="UTF-8", mark=0)


def is_compressed(path: Path) -> str | None:
    """What a file is compressed with, by how it begins."""
    with path.open("rb") as file:
        begin = file.read(16)
    for magic, name in _COMPRESSIONS.items():
        if begin.startswith(magic) and (name != "bz2" or begin[_BZIP2[0]] == _BZIP2[1]):
            return name
    return None


def _by_zeros(head: bytes) -> str | None:
    """Of text without a mark: most of its characters are ASCII, so their other bytes are zeros, always at one place."""
    for width, codecs_of in ((4, ("utf-32-be", "utf-32-le")), (2, ("utf-16-be", "utf-16-le"))):
        units = len(head) // width
        zeros = [head[place : units * width : width].count(0) for place in range(width)]
        for codec, filled in zip(codecs_of, (width - 1, 0), strict=True):
            others = [zeros[place] for place in range(width) if place != filled]
            if units and not zeros[filled] and all(2 * number > units for number in others):
                return codec
    return None


class Utf8(io.RawIOBase):
    """The UTF-8 of bytes in some encoding; raises `UnicodeDecodeError` unless that is UTF-8 itself."""

    def __init__(self, raw: Any, codec: str, mark: int) -> None:
        super().__init__()
        self._raw = raw
        raw.read(mark)
        self._decoder = None if codec in ("utf-8", "ascii") else codecs.getincrementaldecoder(codec)()
        self._left = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes, none at the end."""
        if self._decoder is None:
            return bytes(self._raw.read(size))
        while not self._left:
            block = self._raw.read(min(size, _READ_BYTES) if size > 0 else _READ_BYTES)
            self._left = self._decoder.decode(block, final=not block).encode("utf-8", "surrogatepass")
            if not block:
                break
        size = len(self._left) if size < 0 else size
        block, self._left = self._left[:size], self._left[size:]
        return block

    def readinto(self, buffer: Any, /) -> int:
        block = self.read(len(buffer))
        buffer[: len(block)] = block
        return len(block)

    def close(self) -> None:
        self._raw.close()
        super().close()
