"""Small pieces of sentences: a number of things, the first of many, and a text that is too long."""

from collections.abc import Sequence


def counted(number: int, noun: str) -> str:
    """`1 spec`, `2 specs`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(words: Sequence[str], most: int, between: str = ", ") -> str:
    """`a, b, c`, and where there are more `a, b, c and 4 more`."""
    more = len(words) - most
    return between.join(words[:most]) + (f" and {more} more" if more > 0 else "")


def cut(text: str, width: int) -> str:
    """At most `width` characters, with an ellipsis in place of the rest."""
    return text if len(text) <= width else text[: width - 1] + "…"
