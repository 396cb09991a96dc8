"""A log as the service answers it, saved to a file and read from there line by line: a log may be longer than memory.

The answer is one JSON list, or from an embedded service lines of JSON which also tell of whom each is. It is parsed as
it arrives. Only scrubbed lines reach the disk, one JSON object each.
"""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from json.encoder import encode_basestring
from pathlib import Path
from typing import Any, BinaryIO

import msgspec.json as json_lines
from msgspec import Struct

from fused_spec.api.errors import Unreadable
from fused_spec.jobs.log_choice import LogEntry, LogHead
from fused_spec.jobs.log_origins import told_beside
from fused_spec.messages.redaction import Redactor, redact
from fused_spec.wire.logs import LogLine, log_lines, stamped


class SavedLog(Struct, frozen=True, kw_only=True):
    """An answer whose lines have origins: it goes up to byte `end` of the log.

    `tells_origins` is False for a log from before they were written down. `kept_back` are lines at the end that were
    not saved, since they may hold the beginning of a secret; whoever reads on gives them back.
    """

    end: int
    tells_origins: bool
    kept_back: tuple["_Record", ...] = ()

    def __repr__(self) -> str:
        return f"SavedLog(end={self.end})"  # what was kept back is not scrubbed


_Record = tuple[int, str, str]  # timestamp, message, what is told of its origin


class SaveLog:
    """Writes an answer's lines to a file, from its first `most` bytes; `cut` tells whether there were more.

    Without `last` the log goes on: see `Redactor.pieces`; what that keeps back comes first in the answer `behind` this
    one. `saved` is None when the service tells no origins.
    """

    def __init__(
        self,
        path: Path,
        most: int,
        *,
        scrub: Redactor = redact,
        last: bool = True,
        behind: SavedLog | None = None,
    ) -> None:
        self._path = path
        self._most = most
        self._scrub = scrub
        self._last = last
        self._behind = behind
        self._head: LogHead | None = None
        self._kept_back: tuple[_Record, ...] = ()
        self.cut = False

    @property
    def saved(self) -> SavedLog | None:
        head = self._head
        if head is None:
            return None
        return SavedLog(end=head.end, tells_origins=head.origins, kept_back=self._kept_back)

    def __call__(self, pieces: Iterator[bytes]) -> bytes:
        self.cut, self._head = False, None
        with self._path.open("wb") as stream:
            self._path.chmod(0o600)
            self._write(stream, self._records(self._limited(pieces)))
        return b""

    def _write(self, stream: BinaryIO, records: Iterable[_Record]) -> None:
        pending: deque[_Record] = deque()

        def messages() -> Iterator[str]:
            for record in records:
                pending.append(record)
                yield record[1]

        kept_back: deque[str] = deque()
        for message in self._scrub.pieces(messages(), last=self._last, kept_back=kept_back):
            at, _, told = pending.popleft()
            stream.write(as_line(at, message, told))
        left = zip(pending, kept_back, strict=True)
        self._kept_back = tuple((at, message, told) for (at, _, told), message in left)

    def _records(self, pieces: Iterator[bytes]) -> Iterator[_Record]:
        first = next(filter(None, pieces), b"")
        pieces = chain((first,), pieces)
        if first[:1] == b"{":
            yield from self._behind.kept_back if self._behind is not None else ()
            yield from self._entries(pieces)
        else:
            for at, message in stamped(self._parsed(pieces)):
                yield at, message, ""

    def _entries(self, pieces: Iterator[bytes]) -> Iterator[_Record]:
        """The records of lines of JSON, the first of which is their head."""
        decoder, rest = json_lines.Decoder(LogEntry), b""
        try:
            for piece in pieces:
                lines, end, rest = (rest + piece).rpartition(b"\n")
                if end and self._head is None:
                    head, _, lines = lines.partition(b"\n")
                    self._head = json_lines.decode(head, type=LogHead)
                for one in decoder.decode_lines(lines) if end else ():
                    yield one.timestamp, one.message, _told(one.step, one.task, one.stream)
        except ValueError as error:  # `msgspec.DecodeError`; its words may quote the log
            raise Unreadable(f"the answer is not a log ({type(error).__name__})") from None
        if (rest or self._head is None) and not self.cut:
            raise Unreadable("the answer is not a whole log")

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


def as_line(timestamp: int, message: str, told: str = "") -> bytes:
    """One line of a log as it is kept in a file: what `json.dumps` makes of it, in a tenth of the time.

    `told` is what is told of its origin (`told_beside`).
    """
    return f'{{"timestamp": {timestamp}, "message": {encode_basestring(message)}{told}}}\n'.encode("utf-8", "replace")


_told = lru_cache(told_beside)  # of many lines the origin is the same


def saved_lines(path: Path) -> Iterator[LogLine]:
    """The lines of a saved answer, oldest first."""
    with path.open("rb") as stream:
        yield from log_lines(map(json.loads, stream))
