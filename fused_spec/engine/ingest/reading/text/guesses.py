"""What a column of text is: numbers, times or truths where each of its values is written as those are, else text.

So text comes back unchanged from what is made of it, and `007`, `+1` and `NA` stay what they are. Prices such as
`12.50` are numbers where each value has as many decimals; `1.10` beside `1.9` is text.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce

import pyarrow as pa

_LARGEST = 2**63 - 1
_LARGEST_UNSIGNED = 2**64 - 1
_EXACT = 2**53  # as a floating-point number a whole number beyond it loses digits
_UNITS = ("s", "ms", "us", "ns")
_MOST_ZONES = 8


class Kind(StrEnum):
    """What the values of a column are."""

    NOTHING = "nothing"
    WHOLE = "whole numbers"
    NUMBER = "numbers"
    TRUTH = "true and false"
    DAY = "days"
    CLOCK = "times of day"
    STAMP = "times"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What some values are.

    `low` and `high` are the ends of whole numbers, `styles` ways in which values are written where a column may have
    one of them, `digits` the numbers of digits of fractions, for times those of seconds (-1: not even seconds),
    `padded` whether such fractions end with zeros that mean nothing, and `zones` the offsets of times. `why` says why
    text is no more than that, where it seems to be.
    """

    kind: Kind = Kind.NOTHING
    low: int = 0
    high: int = 0
    styles: frozenset[str] = frozenset()
    digits: frozenset[int] = frozenset()
    padded: bool = False
    zones: frozenset[str] = frozenset()
    why: str | None = None

    @property
    def type(self) -> pa.DataType:
        """The type that holds all values as they are."""
        match self.kind:
            case Kind.WHOLE:
                return pa.int64() if self.high <= _LARGEST else pa.uint64()
            case Kind.NUMBER:
                return pa.float64()
            case Kind.TRUTH:
                return pa.bool_()
            case Kind.DAY:
                return pa.date32()
            case Kind.CLOCK:
                return pa.time32("s")
            case Kind.STAMP:
                unit = _UNITS[(max(0, *self.digits) + 2) // 3]
                return pa.timestamp(unit, "UTC" if self.zones else None)
        return pa.string()

    @property
    def zone(self) -> str | None:
        """Words for the offsets of times."""
        if self.kind is not Kind.STAMP:
            return None
        if not self.zones:
            return "none"
        return "UTC" if self.keeps_zone else f"{', '.join(sorted(self.zones))} in the file, UTC in the table"

    @property
    def decimals(self) -> int | None:
        """As many decimals as each of the numbers is written with, some with zeros that a number does not keep."""
        return max(self.digits) if self.kind is Kind.NUMBER and self.padded else None

    @property
    def keeps_zone(self) -> bool:
        """Whether no offset is lost."""
        return self.zones <= {"Z", "+00:00", "+0000", "+00"}


def text(why: str | None = None) -> Guess:
    """It is text."""
    return Guess(kind=Kind.TEXT, why=why)


def united(guesses: Iterable[Guess]) -> Guess:
    """What all of these values are together."""
    return reduce(_both, guesses, Guess())


def _both(one: Guess, other: Guess) -> Guess:
    if Kind.NOTHING in (one.kind, other.kind):
        return other if one.kind is Kind.NOTHING else one
    if {one.kind, other.kind} == {Kind.WHOLE, Kind.NUMBER}:
        one, other = _fractional(one), _fractional(other)
    if one.kind is not other.kind or one.kind is Kind.TEXT:
        return text(one.why or other.why or (None if Kind.TEXT in (one.kind, other.kind) else _mixed(one, other)))
    if bool(one.zones) != bool(other.zones):
        return text("some of its times have an offset and others have none")
    zones = sorted(one.zones | other.zones)
    return checked(
        replace(
            one,
            low=min(one.low, other.low),
            high=max(one.high, other.high),
            styles=one.styles | other.styles,
            digits=one.digits | other.digits,
            padded=one.padded or other.padded,
            zones=frozenset(zones[:_MOST_ZONES]),
        )
    )


def checked(guess: Guess) -> Guess:
    """The guess, or text where values are not written in one way."""
    if guess.kind is Kind.WHOLE and ((guess.high > _LARGEST and guess.low < 0) or guess.high > _LARGEST_UNSIGNED):
        return text("no type of 64 bits holds all of its whole numbers")
    if guess.kind is Kind.NUMBER and guess.padded and len(guess.digits) > 1:
        return text("some of its numbers end with zeros, and they have different numbers of decimals")
    if len(guess.styles) > 1:
        return text(f"it is written in two ways, {' and '.join(sorted(guess.styles))}")
    lengths = guess.digits - {0}
    if guess.kind is Kind.STAMP and len(guess.digits) > 1 and (-1 in lengths or (guess.padded and len(lengths) > 1)):
        return text("its times are written with and without seconds, or with zeros at the ends of some")
    return guess


def _fractional(guess: Guess) -> Guess:
    if guess.kind is Kind.NUMBER:
        return guess
    if max(-guess.low, guess.high) > _EXACT:
        return text("it has whole numbers beyond 2^53 beside fractions")
    return Guess(kind=Kind.NUMBER, styles=frozenset({"1"}), digits=frozenset({0}))


def _mixed(one: Guess, other: Guess) -> str:
    return f"it has {' and '.join(sorted((one.kind.value, other.kind.value)))}"
