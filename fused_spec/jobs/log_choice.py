"""Which lines of a log somebody wants to see, and as which records they travel."""

from msgspec import Struct

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


class LogChoice(Struct, frozen=True, kw_only=True):
    """What is wanted: of one `task` or of the `failed` ones, with this `text`, no older than `since_ms`.

    Of all those the last ones alone, when `tail` says how many.
    """

    task: int | None = None
    failed: bool = False
    text: str | None = None
    since_ms: int | None = None
    tail: int | None = None

    @property
    def needs_origins(self) -> bool:
        return self.task is not None or self.failed


ALL = LogChoice()
