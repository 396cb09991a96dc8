"""Foreign text within Markdown, so that no spec can add markup, links or mentions to a comment.

It stands escaped in `<code>` within an HTML block, or between more backticks than it has itself.
"""

import html
import re
from collections.abc import Iterable

from fused_spec.messages.phrases import cut
from fused_spec.views.words.shown import visible

LONGEST_LINE = 300


def code(text: str) -> str:
    """Foreign text within an HTML block, where Markdown is not read; in `<code>` nobody is mentioned."""
    return f"<code>{html.escape(cut(visible(text), LONGEST_LINE))}</code>"


def span(text: str) -> str:
    """Foreign text as a code span of a paragraph."""
    shown = cut(visible(text), LONGEST_LINE) or " "  # ticks around nothing would be no span
    ticks = _ticks(shown, least=1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def fenced(lines: Iterable[str], language: str, *, longest: int) -> str:
    """Foreign lines as a block, cut where they are too many."""
    text = "\n".join(cut(line, LONGEST_LINE) for line in lines)
    if len(text) > longest:
        text = text[:longest].rpartition("\n")[0] + "\n@@ cut here @@"
    fence = _ticks(text, least=3)
    return f"{fence}{language}\n{text}\n{fence}"


def _ticks(text: str, *, least: int) -> str:
    """More backticks than stand together anywhere in the text."""
    return "`" * max(least, 1 + max(map(len, re.findall("`+", text)), default=0))
