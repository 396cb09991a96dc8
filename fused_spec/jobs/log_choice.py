"""Which lines of a log somebody wants to see, and as which records they travel."""

from typing import Protocol

from msgspec import Struct

from fused_spec.errors import Misconfigured

MEDIA_TYPE = "application/x-ndjson"
"""What a client accepts that wants lines with their origins; others get the list that they always got."""

FORMAT_VERSION = "1"


class LogHead(Struct, frozen=True, kw_only=True):
    """The first line of such an answer: up to which byte of the log it goes, and whether origins are known."""

    end: int
    origins: bool
    format_version: str = FORMAT_VERSION


class LogEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Every other line: `timestamp` in milliseconds since the epoch, `step` from 1, `task` from 0."""

    timestamp: int
    message: str
    step: int | None = None
    task: int | None = None
    stream: str | None = None


class Line(Protocol):
    """What is looked at in a line."""

    @property
    def timestamp(self) -> int: ...
    @property
    def message(self) -> str: ...
    @property
    def task(self) -> int | None: ...


class LogChoice(Struct, frozen=True, kw_only=True):
    """What is wanted: of one `task` or of the `failed` ones, with this `text`, no older than `since_ms`.

    Of all those the last ones alone, when `tail` says how many.
    """

    task: int | None = None
    failed: bool = False
    text: str | None = None
    since_ms: int | None = None
    tail: int | None = None

    def fits(self, line: "Line") -> bool:
        """Whether a line is wanted, as far as its task, its text and its time go."""
        return (
            (self.task is None or line.task == self.task)
            and (self.text is None or self.text in line.message)
            and (self.since_ms is None or line.timestamp >= self.since_ms)
        )

    @property
    def needs_origins(self) -> bool:
        return self.task is not None or self.failed


ALL = LogChoice()


def origins_unknown(why: str) -> Misconfigured:
    """What to raise when lines of certain tasks are wanted, and nobody knows whose any line is."""
    return Misconfigured(
        f"no line of this log tells its task: {why}",
        hint="leave out --task and --failed; --grep TEXT, --tail N and --since D work on every log",
    )
