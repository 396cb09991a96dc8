"""Milliseconds since the epoch, and how the wire writes them."""

from datetime import UTC, datetime


def at(milliseconds: int) -> str:
    """The moment in ISO 8601 with its zone."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
