"""What one call of a UDF prints, kept from its beginning while it goes on to the log."""

import sys
from typing import Any, TextIO

_KEPT_OUTPUT = 64 * 1024


class Tee:
    """Writes through and keeps the beginning of what one call writes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.begin()

    def begin(self) -> None:
        self.kept: list[str] = []
        self._room = _KEPT_OUTPUT

    def write(self, text: str) -> int:
        if self._room > 0:
            self.kept.append(text[: self._room])
            self._room -= len(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def close(self) -> None:
        """The stream is the process's, which has more tasks to come: a UDF that closes it closes nothing."""
        self._stream.flush()

    @property
    def text(self) -> str:
        return "".join(self.kept)

    @property
    def is_cut(self) -> bool:
        return self._room <= 0


class Capture:
    """Keeps what one call prints while it goes on to the log, until the next call."""

    def __init__(self) -> None:
        self._before = sys.stdout, sys.stderr
        self.out, self.err = Tee(sys.stdout), Tee(sys.stderr)

    def __enter__(self) -> None:
        if self.has_text:
            self.out.begin()
            self.err.begin()
        sys.stdout, sys.stderr = self.out, self.err

    def __exit__(self, *_: object) -> None:
        sys.stdout, sys.stderr = self._before

    @property
    def has_text(self) -> bool:
        return bool(self.out.kept or self.err.kept)
