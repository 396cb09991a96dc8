"""Pairs of escapes that make one character together, as JSON writes what is beyond U+FFFF: `"\\ud83d\\ude00"`.

YAML has them not, but JSON is to be YAML. The parser is given another escape of the same length in their place, so that
no position changes, and each scalar gets its own text back.
"""

import re
from collections.abc import Callable
from typing import Any

from yaml import events

from fused_spec.messages.patterns import lazily

_PAIR = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_PAIRS = lazily(rf"(?<!\\)((?:\\\\)*)({_PAIR})")
_STANDING_IN = r"\ue000\ue000"
_EITHER = lazily(rf"{_PAIR}|{re.escape(_STANDING_IN)}")


class Pairs:
    """The pairs in one text; `parser` makes a parser of events."""

    def __init__(self, text: str, parser: Callable[[str], Any]) -> None:
        self._text = text
        self._parser = parser
        self.for_parser = _PAIRS().sub(lambda match: match[1] + _STANDING_IN, text) if "\\u" in text else text
        self.are_there = self.for_parser is not text and self.for_parser != text

    def value(self, event: Any) -> str:
        """What the scalar says, where pairs `are_there`."""
        value: str = event.value
        written = self._text[event.start_mark.index : event.end_mark.index]
        if not _PAIRS().search(written):
            return value
        if event.style == '"':
            return self._read(_PAIRS().sub(lambda match: match[1] + _one_escape(match[2]), written))
        # Elsewhere a backslash is a backslash, and the text stands as it was written.
        found = iter(_EITHER().findall(written))
        return re.sub(re.escape(_STANDING_IN), lambda _: next(found), value)

    def _read(self, written: str) -> str:
        parser = self._parser(written)
        while type(event := parser.get_event()) is not events.ScalarEvent:
            pass
        value: str = event.value
        return value


def _one_escape(pair: str) -> str:
    high, low = int(pair[2:6], 16), int(pair[8:12], 16)
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + low - 0xDC00:08x}"
