"""Where the lines of a job's code stand in its project, so that a traceback names the file that people know.

They travel in the job's marker, and decide nothing: a code is looked up by what it is, and one that is not found has no
place.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

_MOST_LINES = 1_000_000
_LONGEST_NAME = 500


class CodePlace(NamedTuple):
    """The file, as it is named in the project or in git, and the line of it at which the code begins, from 1."""

    file: str
    line: int = 1


CodePlaces = Mapping[str, CodePlace]
"""By the `fingerprint` of the code."""


def fingerprint(code: str) -> str:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def places_to_json(places: CodePlaces) -> dict[str, str]:
    return {one: f"{place.file}:{place.line}" for one, place in places.items()}


def places_in(told: Any) -> dict[str, CodePlace]:
    """What a marker tells of them; whatever is no place is left out, since anybody may have written it."""
    if not isinstance(told, Mapping):
        return {}
    places = {one: _place(text) for one, text in told.items() if isinstance(text, str) and text.isprintable()}
    return {str(one): place for one, place in places.items() if place is not None}


def _place(text: str) -> CodePlace | None:
    file, _, number = text.rpartition(":")
    is_line = number.isascii() and number.isdigit() and 0 < int(number[:9]) <= _MOST_LINES
    return CodePlace(file, int(number)) if is_line and 0 < len(file) <= _LONGEST_NAME else None
