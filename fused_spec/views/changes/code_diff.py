"""The difference of two values or texts, for people only: what differs is always there to be seen.

Of a long value or line the part where it differs is shown. What would look alike, such as two kinds of blank, a tab and
its blanks or an escape sequence and its spelling, is shown as JSON in ASCII, in which nothing looks like anything else.
"""

import difflib
import json
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest
from typing import Any

from fused_spec.messages.phrases import counted
from fused_spec.plan.model import ABSENT
from fused_spec.views.words.shown import visible

ABSENT_SHOWN = "(absent)"
_NO_NEWLINE = "\\ No newline at end of file"
_LONGEST_LINE = 300


def is_text(before: Any, after: Any) -> bool:
    """Whether a line diff says more than `old → new`: both are text, as far as they are there, one of several lines."""
    texts = [value for value in (before, after) if value is not ABSENT]
    return all(isinstance(value, str) for value in texts) and any("\n" in value for value in texts)


def value_change(before: Any, after: Any, width: int = 100) -> tuple[str, str]:
    """Two values that differ, each as one short line of JSON that shows where."""
    return _apart((_spelled(before), _spelled(after)), (_exact(before), _exact(after)), width)


def text_diff(before: Any, after: Any, *, most: int, width: int = _LONGEST_LINE) -> list[str]:
    """Lines that begin with `@`, `-`, `+`, a blank or a backslash, with two of context each; at most `most` of them."""
    lines = [part for block in _blocks(_unified(before, after)) for part in _shown(block, width)]
    if len(lines) <= most:
        return lines
    return [*lines[:most], f"@@ {counted(len(lines) - most, 'more line')} @@"]


def _unified(before: Any, after: Any) -> list[str]:
    return list(difflib.unified_diff(_lines(before), _lines(after), lineterm="", n=2))[2:]


def _lines(text: Any) -> list[str]:
    """Each with its line feed, which alone ends a line; the last one may lack it."""
    *ended, last = ("" if text is ABSENT else str(text)).split("\n")
    return [*(f"{line}\n" for line in ended), *([last] if last else [])]


def _blocks(lines: Sequence[str]) -> Iterator[tuple[list[str], list[str]]]:
    """Lines that went, and those that came in their place; any other line is a block of its own, in the first."""
    gone: list[str] = []
    came: list[str] = []
    for line in lines:
        if line[0] not in "-+" or (came and line.startswith("-")):
            yield gone, came
            gone, came = [], []
        if line.startswith("-"):
            gone.append(line)
        elif line.startswith("+"):
            came.append(line)
        else:
            yield [line], []
    yield gone, came


def _shown(block: tuple[list[str], list[str]], width: int) -> Iterator[str]:
    gone, came = ([_Line(line) for line in side] for side in block)
    if block[0] and block[0][0].startswith("@"):
        yield block[0][0]
        return
    exactly = _that_look_alike(gone, came)
    shown = [_pair(old, new, exactly, width) for old, new in zip_longest(gone, came)]
    for side, lines in enumerate((gone, came)):
        for line, texts in zip(lines, shown, strict=False):
            yield f"{line.sign}{texts[side]}"
            if not line.ends:
                yield _NO_NEWLINE


class _Line:
    """One line of a unified diff; `ends` says whether a line feed ends it."""

    def __init__(self, told: str) -> None:
        self.sign, self.text, self.ends = told[0], told[1:].removesuffix("\n"), told.endswith("\n")


def _that_look_alike(gone: Sequence[_Line], came: Sequence[_Line]) -> frozenset[str]:
    """The lines of one side that may be taken for one of the other."""
    others: dict[str, set[str]] = defaultdict(set)
    for line in came:
        others[_bare(line.text)].add(line.text)
    return frozenset(
        text
        for line in gone
        for other in others.get(_bare(line.text), ())
        if line.text != other and _look_alike(line.text, other)
        for text in (line.text, other)
    )


def _pair(old: _Line | None, new: _Line | None, exactly: Collection[str], width: int) -> tuple[str, str]:
    """A line and the one in its place, as they are shown."""
    plain = _told(old, exactly), _told(new, exactly)
    if old is None or new is None or old.text == new.text:
        return _around_the_difference(*plain, width)
    return _apart(plain, (_exact(old.text), _exact(new.text)), width)


def _told(line: _Line | None, exactly: Collection[str]) -> str:
    if line is None:
        return ""
    return _exact(line.text) if line.text in exactly else visible(line.text)


def _spelled(value: Any) -> str:
    return ABSENT_SHOWN if value is ABSENT else visible(json.dumps(value, ensure_ascii=False))


def _exact(value: Any) -> str:
    return ABSENT_SHOWN if value is ABSENT else json.dumps(value)


def _look_alike(one: str, other: str) -> bool:
    """Whether two texts may be taken for each other on a screen."""
    if "\t" in one + other:
        return _bare(one) == _bare(other)
    return _plain(one) == _plain(other)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", visible(text)).rstrip()


def _bare(text: str) -> str:
    return "".join(_plain(text).split())


def _apart(plain: tuple[str, str], exact: tuple[str, str], width: int) -> tuple[str, str]:
    shown = _around_the_difference(*plain, width)
    return _around_the_difference(*exact, width) if _look_alike(*shown) else shown


def _around_the_difference(old: str, new: str, width: int) -> tuple[str, str]:
    """Both cut to one width, so that the first difference is to be seen."""
    if max(len(old), len(new)) <= width:
        return old, new
    same = next((index for index, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = 0 if same < width // 2 else same - width // 3
    return _window(old, start, width), _window(new, start, width)


def _window(text: str, start: int, width: int) -> str:
    shown = text[start : start + width]
    before = "…" if start and shown else ""
    after = "…" if start + width < len(text) else ""
    return f"{before}{shown[len(before) : len(shown) - len(after)]}{after}"
