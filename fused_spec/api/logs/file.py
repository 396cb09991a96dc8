"""A log as the service answers it, saved to a file and read from there line by line: a log may be longer than memory.

The answer is one JSON list, parsed as it arrives. Only scrubbed lines reach the disk, one JSON object each.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, BinaryIO

from fused_spec.api.errors import Unreadable
from fused_spec.messages.redaction import Redactor, redact
from fused_spec.wire.logs import LogLine, log_lines, stamped


class SaveLog:
    """Writes an answer's lines to a file, from its first `most` bytes; `cut` tells whether there were more.

    Without `last` the log goes on: see `Redactor.pieces`.
    """

    def __init__(self, path: Path, most: int, *, scrub: Redactor = redact, last: bool = True) -> None:
        self._path = path
        self._most = most
        self._scrub = scrub
        self._last = last
        self.cut = False

    def __call__(self, pieces: Iterator[bytes]) -> bytes:
        self.cut = False
        with self._path.open("wb") as stream:
            self._path.chmod(0o600)
            self._write(stream, stamped(self._parsed(self._limited(pieces))))
        return b""

    def _write(self, stream: BinaryIO, lines: Iterable[tuple[int, str]]) -> None:
        stamps: deque[int] = deque()

        def messages() -> Iterator[str]:
            for at, message in lines:
                stamps.append(at)
                yield message

        for message in self._scrub.pieces(messages(), last=self._last):
            stream.write(as_line(stamps.popleft(), message))

    def _limited(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        left = self._most
        for piece in pieces:
            yield piece[:left]
            left -= len(piece)
            if left < 0:
                self.cut = True
                return

    def _parsed(self, pieces: Iterator[bytes]) -> Iterator[Any]:
        """The records, oldest first; of a cut answer up to its last whole one. `Unreadable` for what is no list."""
        import ijson  # most commands read no log

        entries = ijson.sendable_list()
        parser = ijson.items_coro(entries, "item", use_float=True)
        try:
            for piece in filter(None, pieces):  # an empty one would mean the end
                parser.send(piece)
                yield from entries
                del entries[:]
            if not self.cut:
                parser.close()
                yield from entries
        except ijson.JSONError as error:
            # The parser's message may quote the log, so only its kind is told.
            raise Unreadable(f"the answer is not a whole log ({type(error).__name__})") from None


def as_line(timestamp: int, message: str) -> bytes:
    """One line of a log as it is kept in a file: what `json.dumps` makes of it, in a tenth of the time."""
    return f'{{"timestamp": {timestamp}, "message": {encode_basestring(message)}}}\n'.encode("utf-8", "replace")


def saved_lines(path: Path) -> Iterator[LogLine]:
    """The lines of a saved answer, oldest first."""
    with path.open("rb") as stream:
        yield from log_lines(map(json.loads, stream))
