"""Whether quotes stand where they may, in text of values that are separated by a sign.

Readers forgive a quote that is never closed, and text behind a closing one, and give values that nobody wrote.
"""

import re

import numpy as np

_BLANKS = b" \t"
_ENDS = b"\r\n"


class Misquoted(Exception):
    """A quote at byte `place` that begins a value which never ends, or ends one that goes on."""

    def __init__(self, place: int, *, is_open: bool) -> None:
        super().__init__(place, is_open)
        self.place = place
        self.is_open = is_open

    def words(self, line: int) -> str:
        """What to say of it, once its line is known."""
        if self.is_open:
            return (
                f"the quote in line {line:,} is never closed, so that all lines after it are one value; close or "
                "remove it, or say in read.quote what quotes are"
            )
        return (
            f"in line {line:,} text follows a closing quote; write each quote within a value twice, or say in "
            "read.quote what quotes are"
        )


class Quotes:
    """Looks at text block by block; raises `Misquoted`.

    As readers have it: a quote begins a value only where the value begins, and is part of it elsewhere; within quotes
    two of them stand for one. `quote` is empty where none has a meaning; `size` counts the bytes looked at.
    """

    def __init__(self, delimiter: str, quote: str) -> None:
        self.size = 0
        self._quote = quote.encode()
        self._ends = _ENDS + delimiter.encode()
        self._blanks = _BLANKS.replace(delimiter.encode(), b"")
        self._behind = re.compile(b"[%b]*([^%b])" % (self._blanks, self._blanks), re.DOTALL)
        self._may_be_beside = np.zeros(256, np.bool_)
        self._may_be_beside[list(self._ends + self._quote)] = True
        self._held = b""  # what a block ends with, where the next one says what it means
        self._before = _ENDS[:1]
        self._opened: int | None = None  # where the quote is that is open
        self._place = 0

    def look(self, block: bytes) -> None:
        """Look at the next block."""
        self.size += len(block)
        if not self._quote:
            return
        block = self._held + block
        content = block.rstrip(self._quote + self._blanks)
        self._held = block[len(content) :]
        self._look(content, self._held[:1])

    def end(self) -> None:
        """Look at what is left, once the text has ended."""
        if not self._quote:
            return
        self._look(self._held, b"")
        self._held = b""
        if self._opened is not None:
            raise Misquoted(self._opened, is_open=True)

    def _look(self, block: bytes, after: bytes) -> None:
        if block and self._quote in block:
            text = self._before + block + after
            if not self._is_plain(text, len(block)):
                self._walk(text, len(block))
        if block:
            self._before = block[-1:]
        self._place += len(block)

    def _is_plain(self, text: bytes, size: int) -> bool:
        """Whether quotes stand only where RFC 4180 has them; then, where they are open at the end of it."""
        found = np.frombuffer(text, np.uint8)
        places = np.flatnonzero(found[1 : size + 1] == self._quote[0]) + 1
        was_open = int(self._opened is not None)
        begins, closes = places[was_open::2], places[1 - was_open :: 2]
        beside = np.concatenate([found[begins - 1], found[closes[closes + 1 < len(found)] + 1]])
        if not self._may_be_beside[beside].all():
            return False
        if (len(places) + was_open) % 2 == 0:
            self._opened = None
        elif len(values := begins[found[begins - 1] != self._quote[0]]):  # the others are the second of two
            self._opened = self._place + int(values[-1]) - 1
        return True

    def _walk(self, text: bytes, size: int) -> None:
        """The same, quote by quote, where some are part of values that have none around them."""
        place = 1
        while (place := text.find(self._quote, place)) not in (-1, size + 1):
            if self._opened is None:
                if text[place - 1] in self._ends:
                    self._opened = self._place + place - 1
            elif text[place + 1 : place + 2] == self._quote:
                place += 1
            else:
                behind = self._behind.match(text, place + 1)
                if behind is not None and behind[1] not in self._ends:
                    raise Misquoted(self._place + place - 1, is_open=False)
                self._opened = None
            place += 1
