"""Milliseconds since the epoch, and how the wire writes them."""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def at(milliseconds: int) -> str:
    """The moment in ISO 8601 with its zone."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
