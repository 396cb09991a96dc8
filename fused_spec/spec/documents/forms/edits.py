"""Changes of a text, gathered first and made all at once."""

from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """What takes the place of the text from `start` to `end`."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with all changes made; none of them may reach into another."""
    made: list[str] = []
    at = 0
    for edit in sorted(edits):
        made += (text[at : edit.start], edit.text)
        at = edit.end
    return "".join((*made, text[at:]))


def quoted(text: str) -> str:
    """The text in quotes, as few people would write it otherwise: double ones where nothing has to be escaped."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"
