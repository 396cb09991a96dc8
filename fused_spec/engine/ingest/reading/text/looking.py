"""Look at text, and guess what it is: many values at a time, and none of them alone."""

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fused_spec.engine.ingest.reading.text.guesses import Guess, Kind, checked, text
from fused_spec.engine.ingest.reading.text.numerals import is_whole, short_decimals

_NUMBER = re.compile(r"\s*[-+]?[.,]?[0-9][0-9.,]*(?:[eE][-+]?[0-9]+)?\s*")  # or what may be meant for one
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$"
_STAMP = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?P<sign>[ T])[0-9]{2}:[0-9]{2}(?P<seconds>:[0-9]{2}(?P<fraction>\.[0-9]{1,9})?)?"
    r"(?P<zone>Z|[-+][0-9]{2}(?::?[0-9]{2})?)?$"
)
_DECIMAL = r"^-?(?:0|[1-9][0-9]{0,9})\.[0-9]{1,5}$"  # of no more digits than every floating-point number keeps
_SECONDS = 19  # 2024-01-31 12:00:00
_SIGN = slice(10, 11)
_TRUTHS = pa.array(["true", "false"])
_SHOWN = 40


def look(column: pa.Array, known: Kind, decimal: str = ".") -> Guess:
    """What some values are; nulls are none. `known` is what values before them were, which spares a second look."""
    values = column.drop_null() if column.null_count else column
    if not len(values):
        return Guess()
    first = values[0].as_py()
    if known is Kind.TEXT:
        return text()
    if _NUMBER.fullmatch(first):
        return _numbers(values, known, decimal)
    if first in ("true", "false"):
        return Guess(kind=Kind.TRUTH) if _all(pc.is_in(values, _TRUTHS)) else text()
    if _DAY.fullmatch(first):
        return Guess(kind=Kind.DAY) if cast_or_none(values, pa.date32()) is not None else text()
    if re.fullmatch(_CLOCK, first):
        return Guess(kind=Kind.CLOCK) if _all(pc.match_substring_regex(values, _CLOCK)) else text()
    return _stamps(values) if re.fullmatch(_STAMP, first) else text()


def _numbers(values: pa.Array, known: Kind, decimal: str) -> Guess:
    if decimal == ",":
        if _any(pc.match_substring(values, ".")):
            return text("it has points, which read.decimal ',' leaves no meaning")
        values = pc.replace_substring(values, ",", ".")
    if known is not Kind.NUMBER and is_whole(values):
        for kind in (pa.int64(), pa.uint64()):
            whole = cast_or_none(values, kind)
            if whole is not None and _all(pc.equal(values, pc.cast(whole, pa.string()))):
                ends = pc.min_max(whole).as_py()
                return checked(Guess(kind=Kind.WHOLE, low=ends["min"], high=ends["max"]))
    numbers = cast_or_none(values, pa.float64())
    if numbers is None:
        return text(_no_number(values))
    return _fractions(values, numbers)


def _fractions(values: pa.Array, numbers: pa.Array) -> Guess:
    """Numbers, where each is written as they are printed: 1.5, and 1 or 1.0."""
    found, written = numbers.to_numpy(), values
    if not np.isfinite(found).all():
        return text(_becomes(values, pa.array(~np.isfinite(found)), numbers))
    sure, all_pointed = short_decimals(values)
    styles = set()
    if not all_pointed:
        whole = pa.array(found == np.floor(found))
        if _any(pc.and_not(whole, pc.match_substring(values, "."))):
            styles.add("1")
    others = pa.array(~sure)
    values, numbers = values.filter(others), numbers.filter(others)
    printed = pc.cast(numbers, pa.string())
    others = pc.not_equal(values, printed)
    values, numbers, printed = values.filter(others), numbers.filter(others), printed.filter(others)
    if not len(values):
        return Guess(kind=Kind.NUMBER, styles=frozenset(styles), digits=_decimals(written))
    exact = pa.array(numbers.to_numpy().astype("U32"))  # as Python prints them, 1e-05 and 1000000000000000.0
    pointed = pc.or_(
        pc.equal(values, pc.binary_join_element_wise(printed, ".0", "")),
        pc.and_(pc.equal(values, exact), pc.ends_with(exact, ".0")),
    )
    bare = pc.equal(pc.binary_join_element_wise(values, ".0", ""), exact)
    if _any(pointed):
        styles.add("1.0")
    as_printed = pc.or_(pc.or_(pointed, bare), pc.equal(values, exact))
    digits = _decimals(written)
    if _all(as_printed):
        return checked(Guess(kind=Kind.NUMBER, styles=frozenset(styles), digits=digits))
    if len(digits) == 1 and _all(pc.match_substring_regex(written, _DECIMAL)):
        return Guess(kind=Kind.NUMBER, digits=digits, padded=True)
    return text(_becomes(values, pc.invert(as_printed), numbers))


def _decimals(values: pa.Array) -> frozenset[int]:
    """The fewest and the most digits behind a point."""
    points = pc.find_substring(values, ".")
    behind = pc.subtract(pc.binary_length(values), pc.add(points, 1))
    return frozenset(pc.min_max(pc.if_else(pc.less(points, 0), 0, behind)).as_py().values())


def _stamps(values: pa.Array) -> Guess:
    lengths = pc.min_max(pc.binary_length(values)).as_py()
    if lengths == {"min": _SECONDS, "max": _SECONDS}:
        signs = pc.unique(pc.utf8_slice_codeunits(values, _SIGN.start, _SIGN.stop)).to_pylist()
        if len(signs) == 1 and signs[0] in " T" and cast_or_none(values, pa.timestamp("s")) is not None:
            return Guess(kind=Kind.STAMP, styles=frozenset(signs), digits=frozenset({0}))
    parts = pc.extract_regex(values, _STAMP)
    if parts.null_count:
        return text()
    zones = frozenset(pc.unique(parts.field("zone")).to_pylist())
    if "" in zones and len(zones) > 1:
        return text("some of its times have an offset and others have none")
    fractions = parts.field("fraction")
    digits = {max(0, length - 1) for length in pc.unique(pc.binary_length(fractions)).to_pylist()}
    without = pc.equal(parts.field("seconds"), "")
    if _any(without):
        digits = {-1} if _all(without) else digits | {-1}
    guess = Guess(
        kind=Kind.STAMP,
        styles=frozenset(pc.unique(parts.field("sign")).to_pylist()),
        digits=frozenset(digits),
        padded=_any(pc.ends_with(fractions, "0")),
        zones=zones - {""},
    )
    return text() if cast_or_none(values, guess.type) is None else checked(guess)


def _no_number(values: pa.Array) -> str:
    """The first value that is none, among others that are."""
    low, high = 0, len(values)
    while high - low > 1:
        middle = (low + high) // 2
        if cast_or_none(values.slice(low, middle - low), pa.float64()) is None:
            high = middle
        else:
            low = middle
    return f"{_short(values[low].as_py())} is no number"


def _becomes(values: pa.Array, changed: pa.Array, numbers: pa.Array) -> str:
    place = pc.index(changed, True).as_py()
    value, number = values[place].as_py(), numbers[place].as_py()
    printed = str(int(number)) if number.is_integer() and "." not in value else repr(number)
    return f"{_short(value)} would be {printed} as a number"


def cast_or_none(values: pa.Array, kind: pa.DataType) -> pa.Array | None:
    """The values in this type, or None where one of them is none of it."""
    try:
        return pc.cast(values, kind)
    except pa.ArrowInvalid:
        return None


def _short(value: str) -> str:
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")


def _all(flags: Any) -> bool:
    return bool(pc.all(flags).as_py())


def _any(flags: Any) -> bool:
    return bool(pc.any(flags).as_py())
