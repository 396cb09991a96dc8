"""Waiting for what another process does: the looks become rarer, so that they take little time from it."""

import time
from collections.abc import Callable
from typing import TypeVar

from fused_spec.system.polling import Deadline, intervals

PATIENCE = 300.0
"""Seconds, so that a test that hangs fails instead; far more than anything takes on a machine under load."""

T = TypeVar("T")


def until(look: Callable[[], T], what: str) -> T:
    """The first true answer of `look`; AssertionError, with what was waited for, when there is none."""
    deadline = Deadline(PATIENCE)
    for pause in intervals(0.002, 0.2):
        if found := look():
            return found
        assert not deadline.passed, f"never: {what}"
        time.sleep(pause)
    raise AssertionError
