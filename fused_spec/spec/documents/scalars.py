"""What an unquoted YAML scalar means.

YAML 1.2 decides, as editors do; but PyYAML and many others still read YAML 1.1, in which `no` is false and
`012` is ten. Where the two agree there is a value. Where they differ there is a `Doubt`: never a silent choice.
"""

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from msgspec import Struct

LARGEST_EXACT = 2**53
"""JSON readers keep numbers as doubles, in which whole numbers are exact up to here."""

_CONSTANTS: dict[str, bool | None] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# YAML 1.1 also lists y and n, but no parser in use reads them so.
_WORDS: dict[str, bool] = {
    **dict.fromkeys(("yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("no", "No", "NO", "off", "Off", "OFF"), False),
}

_MAY_BE_NUMBER = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_OTHER_BASE = re.compile(r"0x[0-9a-fA-F]+|0o[0-7]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?P<point>\.[0-9]*)?)(?:[eE](?P<sign>[-+])?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_OLD_NUMBER = re.compile(
    r"[-+]?0b[01_]+|[-+]?0x[0-9a-fA-F_]+"
    r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?"  # base 60: 22:22 is 1342
    r"|[-+]?(?=[0-9.]*_)[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+][0-9]+)?"
)


class Doubt(Struct, frozen=True, kw_only=True):
    """A scalar that readers take differently, or that JSON cannot carry.

    `text_may_do`: where a field takes nothing but text, the text is meant and all is well; False when YAML 1.2
    itself reads no text. `other` is the reading besides the text.
    """

    code: str
    text: str
    why: str
    hint: str
    text_may_do: bool = False
    other: Any = None


Scalar = str | int | float | bool | None


def plain(text: str) -> Scalar | Doubt:
    """The value of an unquoted scalar, or the doubt about it."""
    return _short(text) if len(text) <= 64 else _read(text)


def _read(text: str) -> Scalar | Doubt:
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text in _WORDS:
        return _word(text)
    if text[0] in _MAY_BE_NUMBER:
        for reading in _NUMBERS:
            if (number := reading(text)) is not None:
                return number
    return text


_short = lru_cache(maxsize=4096)(_read)


def _word(text: str) -> Doubt:
    meaning = "true" if _WORDS[text] else "false"
    return Doubt(
        code="ambiguous-value",
        text=text,
        why=f"is {meaning} in YAML 1.1 and text in YAML 1.2",
        hint=f'write {meaning}, or "{text}" in quotes if it is text',
        text_may_do=True,
        other=_WORDS[text],
    )


def _integer(text: str) -> int | Doubt | None:
    if not _INTEGER.fullmatch(text):
        return None
    # The length comes first: Python refuses to convert thousands of digits.
    if len(text) <= 17 and abs(number := int(text)) <= LARGEST_EXACT:
        return number
    return Doubt(
        code="number-too-large",
        text=text,
        why="is beyond 2^53, where JSON numbers lose digits",
        hint="put it in quotes if every digit matters",
    )


def _other_base(text: str) -> Doubt | None:
    if _LEADING_ZERO.fullmatch(text):
        return _doubtful_number(text, "is octal in YAML 1.1 and decimal in YAML 1.2")
    return _doubtful_number(text, "is not a decimal number") if _OTHER_BASE.fullmatch(text) else None


def _float(text: str) -> float | Doubt | None:
    if (match := _FLOAT.fullmatch(text)) is None:
        return _infinite(text) if _NOT_FINITE.fullmatch(text) else None
    if not math.isfinite(number := float(text)):
        return _infinite(text)
    exponent = "e" in text.lower()
    if exponent and not (match["sign"] and "." in text):
        return _doubtful_number(text, "is text in YAML 1.1 and a number in YAML 1.2")
    return number


def _infinite(text: str) -> Doubt:
    return Doubt(
        code="not-finite",
        text=text,
        why="is not a finite number, and JSON has no other",
        hint="write a number, or put it in quotes if it is text",
    )


def _old_number(text: str) -> Doubt | None:
    if not _OLD_NUMBER.fullmatch(text):
        return None
    return _doubtful_number(text, "is a number in YAML 1.1 and text in YAML 1.2", text_may_do=True)


def _doubtful_number(text: str, why: str, *, text_may_do: bool = False) -> Doubt:
    return Doubt(
        code="ambiguous-value",
        text=text,
        why=why,
        hint="put it in quotes if it is text, or write the plain decimal number",
        text_may_do=text_may_do,
        other=1,  # any number does: what counts is whether the field takes numbers
    )


_NUMBERS: tuple[Callable[[str], Scalar | Doubt], ...] = (_integer, _other_base, _float, _old_number)
