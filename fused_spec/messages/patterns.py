"""Patterns that few commands need: to compile one takes up to a millisecond, and a start waits for all of them."""

import re
from collections.abc import Callable
from functools import cache, partial


def lazily(pattern: str, flags: int = 0) -> Callable[[], re.Pattern[str]]:
    """What compiles the pattern when it is asked for it the first time."""
    return cache(partial(re.compile, pattern, flags))
