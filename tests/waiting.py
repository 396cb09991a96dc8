"""Waiting for what another process does: the looks become rarer, so that they take little time from it."""

import time
from collections.abc import Callable
from typing import TypeVar

from fused_spec.polling import Deadline, intervals

_PATIENCE = 300.0  # seconds, so that a test that hangs fails instead

T = TypeVar("T")


def until(look: Callable[[], T], what: str) -> T:
    """The first true answer of `look`; AssertionError, with what was waited for, when there is none."""
    deadline = Deadline(_PATIENCE)
    for pause in intervals(0.002, 0.2):
        if found := look():
            return found
        assert not deadline.passed, f"never: {what}"
        time.sleep(pause)
    raise AssertionError
