"""When a line of a log was written, for people and scripts."""

from datetime import UTC, datetime


def log_time(timestamp: int) -> str | None:
    """The moment in UTC, from milliseconds since the epoch; None where a service tells what is no moment."""
    try:
        return datetime.fromtimestamp(timestamp / 1000, UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError, OSError):
        return None
