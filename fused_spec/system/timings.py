"""What a command took, as a value that is handed in: its phases, its requests, and what its caches knew.

Whoever works is given a `Timings` and tells it. Where nobody asks, that is `UNTIMED`, which reads no clock and keeps
nothing; a `Stopwatch` does. Phases and caches are words of ours, and so are routes: a request is told by what its
service calls it, with no id, no name and no query of anybody's.
"""

from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import NamedTuple


class Phase(StrEnum):
    """What a command does, in the order in which most do it."""

    START = "start"
    LOAD = "load"
    FIND = "find"
    READ = "read"
    CHECK = "check"
    CONNECT = "connect"
    LOCK = "lock"
    RECOVER = "recover"
    REFRESH = "refresh"
    PLAN = "plan"
    APPLY = "apply"
    ARCHIVE = "archive"
    WAIT = "wait"
    SHOW = "show"


class Cache(StrEnum):
    """What is kept so that it need not be made or asked again; each can be removed at any time."""

    SYNTAX = "syntax"
    MARKERS = "markers"
    HISTORY = "history"
    PACKS = "packs"


class Lookups(NamedTuple):
    """How often a cache knew, and how often it did not."""

    hits: int = 0
    misses: int = 0


class Traffic:
    """The bytes of bodies that one request moves; whoever sends it adds to them."""

    __slots__ = ("received", "sent")

    def __init__(self) -> None:
        self.sent = 0
        self.received = 0


class Timings:
    """What is told of the work; here nobody listens."""

    def phase(self, phase: Phase) -> AbstractContextManager[None]:
        """Around what belongs to a phase."""
        return _UNHEARD

    def request(self, route: str) -> AbstractContextManager[Traffic]:
        """Around one request, from sending it to the last byte of its answer; one that raises has failed."""
        return nullcontext(Traffic())

    def looked_up(self, cache: Cache, *, hits: int = 0, misses: int = 0) -> None:
        """What was asked of a cache."""


_UNHEARD = nullcontext()
UNTIMED = Timings()
