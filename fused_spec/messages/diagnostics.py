"""Problems with a place: values that are gathered and shown together, never raised one by one."""

import json
from collections.abc import Iterable
from enum import StrEnum
from unicodedata import normalize

from msgspec import Struct


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Location(Struct, frozen=True, kw_only=True, order=True):
    """A place in a file; `line` and `column` count from 1, `path` is as the user would type it."""

    path: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Diagnostic(Struct, frozen=True, kw_only=True):
    """One problem: `message` says what and why, `hint` the next step, `pointer` the field (`spec.region`).

    `lacks` is an image and the requirement that it lacks, where adding that is the next step.
    """

    code: str
    message: str
    location: Location
    severity: Severity = Severity.ERROR
    pointer: str = ""
    hint: str | None = None
    lacks: tuple[str, str] | None = None

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def invalidates(self, *, strict: bool) -> bool:
        """Whether specs with it are invalid: with an error, and where one is strict with a warning."""
        return self.is_error or (strict and self.severity is Severity.WARNING)


def nearest(word: str, choices: Iterable[str]) -> str | None:
    """The choice that `word` was most likely meant to be, or None when nothing is close.

    Case, the separators `-`, `_`, `.` and the Unicode form are ignored first: `M5.Large` is `m5.large`.
    """
    known = list(choices)
    if not _fold(word):
        return None  # nothing but signs
    folded = {_fold(choice): choice for choice in reversed(known)}
    if _fold(word) in folded:
        return folded[_fold(word)]
    from difflib import get_close_matches  # only a problem needs it

    close = get_close_matches(_fold(word), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def is_spelling_of(word: str, other: str) -> bool:
    """Whether both are one word, but for case, separators and the Unicode form."""
    return word != other and bool(_fold(word)) and _fold(word) == _fold(other)


def _fold(word: str) -> str:
    return "".join(character for character in normalize("NFKC", word).lower() if character.isalnum())


def guess(word: str, meant: str) -> str:
    """The hint that another word was meant; of one that looks the same it says how to write it."""
    if normalize("NFKC", word) == normalize("NFKC", meant):
        return f"write {json.dumps(meant)}, with its quotes: it looks the same and is in another Unicode form"
    return f'did you mean "{meant}"?'
