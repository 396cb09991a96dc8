"""A log as the service answers it, saved to a file and read from there line by line: a log may be longer than memory.

The answer is one JSON list, so it is parsed as a stream.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import ijson
from pydantic import ValidationError

from fused_spec.api.errors import Unreadable
from fused_spec.wire import LogLine


class SaveLog:
    """Writes an answer's pieces to a file, `most` bytes of them; `cut` tells whether there were more."""

    def __init__(self, path: Path, most: int) -> None:
        self._path = path
        self._most = most
        self.cut = False

    def __call__(self, pieces: Iterator[bytes]) -> bytes:
        self.cut = False
        left = self._most
        with self._path.open("wb") as stream:
            for piece in pieces:
                stream.write(piece[:left])
                left -= len(piece)
                if left < 0:
                    self.cut = True
                    break
        return b""


def saved_lines(path: Path, *, cut: bool) -> Iterator[LogLine]:
    """The lines of a saved answer, oldest first; what follows the last whole line of a cut one is left out.

    Raises `Unreadable` when it is no log.
    """
    with path.open("rb") as stream:
        try:
            for entry in cast(Iterable[Any], ijson.items(stream, "item", use_float=True)):
                yield LogLine.model_validate(entry)
        except ijson.IncompleteJSONError as error:
            if not cut:
                raise Unreadable(f"the answer is not a whole log: {error}") from None
        except (ijson.JSONError, ValidationError) as error:
            raise Unreadable(f"the answer is not a log: {error}") from None
