"""Patterns of variables: regular expressions that take no more time than their text is long, whoever wrote them.

They are those of RE2, which searches without backtracking, and so has neither look-around nor back-references.
"""

import re
from functools import lru_cache
from typing import Any


class Pattern:
    """A pattern that is ready to search; raises `ValueError` for what is none, with what is wrong and what to do."""

    def __init__(self, text: str) -> None:
        import re2  # as few projects need

        self.text = text
        options = re2.Options()
        options.log_errors = False  # they are told here
        try:
            self._compiled = re2.compile(_known(text), options)
        except re2.error as error:
            raise ValueError(_why(text, error.args[0]), _remedy(text)) from None

    def search(self, value: str) -> Any:
        """Where the pattern is in a text, None where it is not."""
        return self._compiled.search(_known(value))

    def __str__(self) -> str:
        return self.text


@lru_cache
def pattern_of(text: str) -> Pattern | None:
    """The pattern, None for what is none."""
    try:
        return Pattern(text)
    except ValueError:
        return None


def pattern_fault(text: str) -> tuple[str, str] | None:
    """Why a text is no pattern, and what to do; None for one that is."""
    try:
        Pattern(text)
    except ValueError as error:
        why, remedy = error.args
        return why, remedy
    return None


def _known(text: str) -> str:
    """The text without halves of characters, which have no place in UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _why(text: str, said: bytes) -> str:
    fault = said.decode("utf-8", "replace")
    what = "needs what patterns here do not have" if _is_pythons(text) else "is no regular expression"
    return f"{what}: {fault}"


def _remedy(text: str) -> str:
    if not _is_pythons(text):
        return "correct it, or leave it out"
    return (
        "patterns are those of RE2, whose time grows with the text alone: no look-around, no back-references, and at "
        "most 1,000 repetitions; write it without them, or say the rest under check"
    )


def _is_pythons(text: str) -> bool:
    """Whether it is a regular expression elsewhere."""
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return True
