"""Parts of what lies behind a URL that the service handed out, each read with one request."""

import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import IO

from fused_spec.api.errors import ApiError, Unreadable
from fused_spec.api.http.answers import Answer
from fused_spec.api.http.limits import DOWNLOAD
from fused_spec.api.http.transport import Transport

_TOTAL = re.compile(r"bytes (?:[0-9]+-[0-9]+|\*)/([0-9]+)")
_IN_MEMORY = 8 * 1024 * 1024
_OUTSIDE = 416
_PART = 206


class RemoteContent:
    """What lies behind a signed URL; `make_url` makes it where it is not `known`, and anew when it has expired.

    Of a server that knows no ranges the first answer is the whole content, which then stays in a temporary file.
    """

    def __init__(self, transport: Transport, make_url: Callable[[], str], *, known: str | None = None) -> None:
        self._transport = transport
        self._make_url = make_url
        self._url = known
        self._whole: IO[bytes] | None = None
        self._lock = Lock()

    def tail(self, count: int) -> tuple[bytes, int]:
        """The last bytes, at most `count`, and how many there are in all."""
        answer, body = self._ask(f"bytes=-{count}")
        if answer is None:  # there is no last byte
            return b"", 0
        if answer.status != _PART:
            return self._keep(body, count)
        with body:
            content = body.read(count + 1)
        if len(content) != min(count, _total(answer)):
            raise Unreadable(f"{answer.call} answered other bytes than those that were asked for")
        return content, _total(answer)

    def part(self, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`."""
        if self._whole is not None:
            return self._kept(start, end)
        answer, body = self._ask(f"bytes={start}-{end - 1}")
        if answer is None:
            return b""
        if answer.status != _PART:
            self._keep(body, 0)
            return self._kept(start, end)
        with body:
            content = body.read(end - start + 1)
        if len(content) != min(end, _total(answer)) - start:
            raise Unreadable(f"{answer.call} answered other bytes than those that were asked for")
        return content

    def save(self, file: Path) -> None:
        """Write all of it to a file, piece by piece."""
        with file.open("wb") as stream:
            if self._whole is not None:
                with self._lock:
                    self._whole.seek(0)
                    shutil.copyfileobj(self._whole, stream)
            else:
                self._fetch(None, stream)

    def _ask(self, span: str) -> tuple[Answer | None, IO[bytes]]:
        body: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  # the caller closes or keeps it
        try:
            answer = self._fetch(span, body)
        except ApiError as error:
            body.close()
            if error.status_code == _OUTSIDE:
                return None, body
            raise
        body.seek(0)
        return answer, body

    def _fetch(self, span: str | None, stream: IO[bytes]) -> Answer:
        """Ask with the URL that is known; where it does not hold any more, once with a new one."""

        def sink(pieces: Iterator[bytes]) -> bytes:
            stream.seek(0)
            stream.truncate()
            stream.writelines(pieces)
            return b""

        headers = {} if span is None else {"Range": span}
        known = self._url
        if known is not None:
            try:
                return self._transport.fetch(known, headers=headers, limits=DOWNLOAD, sink=sink)
            except ApiError as error:
                if error.status_code != 403:
                    raise
        self._url = self._make_url()
        return self._transport.fetch(self._url, headers=headers, limits=DOWNLOAD, sink=sink)

    def _keep(self, body: IO[bytes], count: int) -> tuple[bytes, int]:
        size = body.seek(0, 2)
        self._whole = body
        weakref.finalize(self, body.close)
        return self._kept(max(0, size - count), size), size

    def _kept(self, start: int, end: int) -> bytes:
        with self._lock:
            assert self._whole is not None
            self._whole.seek(start)
            return self._whole.read(end - start)


def _total(answer: Answer) -> int:
    """How large the whole is, as the answer with a part tells."""
    match = _TOTAL.fullmatch(answer.headers.get("Content-Range", ""))
    if match is None:
        raise Unreadable(f"{answer.call} answered a part, and not which one")
    return int(match[1])
