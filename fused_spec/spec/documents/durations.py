"""Durations as specs write them: a whole number and one of s, m, h, d."""

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(duration: str) -> int:
    """The seconds of `90s`, `15m`, `2h` or `7d`."""
    return int(duration[:-1]) * SECONDS[duration[-1]]
