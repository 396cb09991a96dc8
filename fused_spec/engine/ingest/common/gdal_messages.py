"""What GDAL says while it reads: errors, which its stream of batches keeps to itself, and warnings."""

import re
import threading
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pyogrio.errors import DataSourceError

from fused_spec.engine.ingest.common.gdal_library import Handler, library

_WARNING, _FAILURE = 2, 3
_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|[0-9.+-]+")
_MOST_KINDS = 50  # of warnings; a damaged file may have as many as it has values
_BUILD = re.compile(
    r"(?:Error occurred in|In file) \S*/(\S+?),? at line (\d+)"
)  # where GDAL was compiled concerns nobody

_DAMAGED = "it is damaged, or not whole"
_ADVICE = {"OSM_USE_CUSTOM_INDEXING": "that is said by gdal_config.open_options: {USE_CUSTOM_INDEXING: 'NO'}"}

DEAF = (
    "what GDAL says while it reads cannot be heard in this installation of pyogrio, so damage in the middle of the "
    "file may go unseen"
)
"""What to tell of an input where GDAL's functions are not found."""


@dataclass(slots=True)
class Messages:
    """What was said of one input; warnings of one kind are counted under the first of them."""

    failures: list[str] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)
    _first: dict[str, str] = field(default_factory=dict)

    def check(self, rows: int | None = None) -> None:
        """Raise what was the first error; `rows` have been read before it."""
        if self.failures:
            place = "" if rows is None else f" (after {rows:,} of its rows)"
            advice = next((said for sign, said in _ADVICE.items() if sign in self.failures[0]), _DAMAGED)
            raise DataSourceError(f"{self.failures[0]}{place}; {advice}")

    def taken(self) -> Counter[str]:
        """The warnings since the last time, as sentences."""
        taken, self.warnings = self.warnings, Counter()
        return taken

    def add(self, level: int, text: str) -> None:
        if level >= _FAILURE:
            self.failures.append(_BUILD.sub(r"the reader stopped at line \2 of \1", text).rstrip("."))
        elif level == _WARNING:
            kind = _VARYING.sub("", text)
            if kind not in self._first and len(self._first) >= _MOST_KINDS:
                kind = ""
            first = self._first.setdefault(kind, text.rstrip(".") if kind else "more kinds of warnings")
            self.warnings[f"GDAL warns: {first}"] += 1


class _Listeners(threading.local):
    """Who hears what is said in a thread, the last of them."""

    def __init__(self) -> None:
        self.messages: list[Messages] = []


_listeners = _Listeners()


def _hear(level: int, _number: int, text: bytes | None) -> None:
    if _listeners.messages:
        _listeners.messages[-1].add(level, (text or b"").decode(errors="replace").replace("\n", " "))


# One for ever: pyogrio puts its own above it, and GDAL may call it when nobody listens any more.
_HANDLER = Handler(_hear)


@contextmanager
def heard(messages: Messages) -> Iterator[None]:
    """Hear what GDAL says in this thread; to be left in the same thread, and before anything else is done there."""
    gdal = library()
    if gdal is None:
        yield
        return

    _listeners.messages.append(messages)
    gdal.CPLPushErrorHandlerEx(_HANDLER, None)
    try:
        yield
    finally:
        gdal.CPLPopErrorHandler()
        _listeners.messages.pop()


@contextmanager
def heard_opening(messages: Messages) -> Iterator[None]:
    """Hear as well what pyogrio makes warnings of Python of, while it opens a file."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with heard(messages):
            yield
    for one in warned:
        if issubclass(one.category, RuntimeWarning):  # others are about pyogrio's own results
            messages.add(_WARNING, str(one.message))
