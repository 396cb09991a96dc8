"""The difference of two texts as a short unified diff, for people only."""

import difflib
from typing import Any

from fused_spec.views.shown import visible
from fused_spec.views.words import counted


def is_text(before: Any, after: Any) -> bool:
    """Whether a line diff says more than `old → new`: both are text, and one has several lines."""
    texts = [value for value in (before, after) if value is not None]
    return all(isinstance(value, str) for value in texts) and any("\n" in value for value in texts)


def text_diff(before: str | None, after: str | None, *, most: int) -> list[str]:
    """Lines that start with `@`, `-`, `+` or a blank, with two lines of context; at most `most` of them."""
    old, new = (before or "").splitlines(), (after or "").splitlines()
    lines = [visible(line) for line in difflib.unified_diff(old, new, lineterm="", n=2)][2:]
    if len(lines) <= most:
        return lines
    return [*lines[:most], f"@@ {counted(len(lines) - most, 'more line')} @@"]
