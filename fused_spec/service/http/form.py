"""Read the multipart form of a signed upload as it comes: first its fields, and then the file, piece by piece.

Nothing of the file is taken in before its reader asks, so that a form whose fields are not ours costs nothing.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

_FILE = "file"
_MOST_FIELDS = 20
_LONGEST_FIELD = 8 * 1024


class BadForm(Exception):
    """What was sent is no such form."""


@dataclass(slots=True)
class Form:
    """A form on its way in; `fields` are whole once `begin` has returned."""

    content_type: str
    body: AsyncIterator[bytes]
    fields: dict[str, str] = field(default_factory=dict)
    file_name: str = ""
    _name: str | None = None
    _header: tuple[bytes, bytes] = (b"", b"")
    _value: bytes = b""
    _pieces: list[bytes] = field(default_factory=list)
    _ended: bool = False

    async def begin(self) -> AsyncIterator[bytes]:
        """Read up to the part named `file`, and return its content; raises `BadForm`."""
        kind, options = parse_options_header(self.content_type)
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise BadForm("the body is no multipart/form-data")
        parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._part_begin,
                "on_header_field": self._header_field,
                "on_header_value": self._header_value,
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_finished,
                "on_part_data": self._part_data,
                "on_part_end": self._part_end,
            },
        )
        async for piece in self.body:
            self._parse(parser, piece)
            if self._name == _FILE or self._ended:
                return self._content(parser)
        raise BadForm("the form has no part named file")

    async def _content(self, parser: MultipartParser) -> AsyncIterator[bytes]:
        while True:
            for piece in self._pieces:
                yield piece
            self._pieces.clear()
            if self._ended:
                break
            try:
                self._parse(parser, await anext(self.body))
            except StopAsyncIteration:
                raise BadForm("the form breaks off within its file") from None
        async for _ in self.body:
            pass  # what follows the file

    def _parse(self, parser: MultipartParser, piece: bytes) -> None:
        try:
            parser.write(piece)
        except FormParserError as error:
            raise BadForm(f"the form cannot be read: {error}") from None

    # What the parser calls

    def _part_begin(self) -> None:
        self._name, self._value = None, b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._grown(self._header[0], data[start:end]), self._header[1])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header = (self._header[0], self._grown(self._header[1], data[start:end]))

    def _header_end(self) -> None:
        name, value = self._header
        self._header = (b"", b"")
        if name.lower() == b"content-disposition":
            options = parse_options_header(value)[1]
            self._name = options.get(b"name", b"").decode("utf-8", "replace")
            self.file_name = options.get(b"filename", b"").decode("utf-8", "replace")

    def _headers_finished(self) -> None:
        if not self._name or self._name in self.fields or len(self.fields) >= _MOST_FIELDS:
            raise BadForm("each part has a name of its own, and there are few of them")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._ended:
            return
        if self._name == _FILE:
            self._pieces.append(data[start:end])
        else:
            self._value = self._grown(self._value, data[start:end])

    def _part_end(self) -> None:
        if self._name == _FILE:
            self._ended = True
        elif self._name and not self._ended:
            self.fields[self._name] = self._value.decode("utf-8", "replace")

    @staticmethod
    def _grown(before: bytes, more: bytes) -> bytes:
        if len(before) + len(more) > _LONGEST_FIELD:
            raise BadForm("a field of the form is too long")
        return before + more
