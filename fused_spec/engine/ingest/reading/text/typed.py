"""Text as the values of a type that somebody has said, or an error with the first that is none of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fused_spec.engine.ingest.reading.text.looking import cast_or_none

_TRUE = pa.array(["true", "t", "yes", "y", "1"])
_FALSE = pa.array(["false", "f", "no", "n", "0"])
_BYTES = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
_DIGITS = {16: 3, 32: 6, 64: 15}  # so many are kept by a floating-point number of so many bits, whatever they are


class NoSuchValue(Exception):
    """A value that is none of a type: its place from 0, or None where text has no values of the type at all."""

    def __init__(self, place: int | None, value: str = "") -> None:
        super().__init__(place, value)
        self.place = place
        self.value = value


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """Values, and what they have lost: rows by sentence."""

    values: pa.Array
    lossy: Counter[str]


def typed(text: pa.Array, kind: pa.DataType, column: str, decimal: str) -> Typed:
    """Text as values of a type; blank text is null, but in text and bytes. Raises `NoSuchValue`."""
    if pa.types.is_large_string(kind) or pa.types.is_string(kind) or _is_bytes(kind):
        return Typed(values=_bytes_or_text(text, kind), lossy=Counter())
    trimmed = pc.utf8_trim_whitespace(text)
    trimmed = pc.if_else(pc.equal(trimmed, ""), None, trimmed)
    lossy = Counter[str]()
    if trimmed.null_count == len(trimmed):
        return Typed(values=pa.nulls(len(text), kind), lossy=lossy)
    if pa.types.is_boolean(kind):
        return Typed(values=_truths(trimmed), lossy=lossy)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        numbers = _numbers(trimmed, kind, decimal)
        if lost := _lost_digits(trimmed, numbers, kind):
            lossy[f"column {column} has numbers of more digits than {kind} keeps"] += lost
        return Typed(values=numbers, lossy=lossy)
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return _zoned(trimmed, kind, column)
    if pa.types.is_temporal(kind) and not pa.types.is_duration(kind):
        return Typed(values=_cast(trimmed, kind), lossy=lossy)
    if pa.types.is_null(kind):
        place = pc.index(pc.is_valid(trimmed), True).as_py()
        raise NoSuchValue(place, text[place].as_py())
    raise NoSuchValue(None)


def _is_bytes(kind: pa.DataType) -> bool:
    return any(is_kind(kind) for is_kind in _BYTES)


def _bytes_or_text(text: pa.Array, kind: pa.DataType) -> pa.Array:
    if not pa.types.is_fixed_size_binary(kind):
        return text.cast(kind)
    other = pc.not_equal(pc.binary_length(text), kind.byte_width)
    if pc.any(other).as_py():
        place = pc.index(other, True).as_py()
        raise NoSuchValue(place, text[place].as_py())
    return text.cast(pa.binary()).cast(kind)


def _truths(text: pa.Array) -> pa.Array:
    lower = pc.utf8_lower(text)
    true = pc.is_in(lower, _TRUE)
    neither = pc.and_(pc.is_valid(text), pc.invert(pc.or_(true, pc.is_in(lower, _FALSE))))
    if pc.any(neither).as_py():
        place = pc.index(neither, True).as_py()
        raise NoSuchValue(place, text[place].as_py())
    return pc.if_else(pc.is_valid(text), true, None)


def _numbers(text: pa.Array, kind: pa.DataType, decimal: str) -> pa.Array:
    written = text
    if decimal == ",":
        points = pc.fill_null(pc.match_substring(text, "."), False)
        written = pc.if_else(points, "a point parts thousands here", pc.replace_substring(text, ",", "."))
    found = cast_or_none(written, kind)
    if found is not None:
        return found
    written = pc.replace_substring_regex(written, r"^\+", "")
    if pa.types.is_integer(kind):
        written = pc.replace_substring_regex(written, r"^(-?[0-9]+)\.0+$", r"\1")
    return _cast(written, kind, text)


def _zoned(text: pa.Array, kind: pa.DataType, column: str) -> Typed:
    """Times; those without an offset, where none has one, are local ones of the type's zone."""
    local = cast_or_none(text, pa.timestamp(kind.unit))
    if local is None:
        return Typed(values=_cast(text, kind), lossy=Counter())
    words = f"column {column} has times without an offset, which were taken for those of {kind.tz}"
    instants = _converted(local, lambda part: pc.assume_timezone(part, kind.tz), text)
    return Typed(values=instants, lossy=Counter({words: len(text) - text.null_count}))


def _cast(values: pa.Array, kind: pa.DataType, text: pa.Array | None = None) -> pa.Array:
    if pa.types.is_date64(kind):
        return _cast(values, pa.date32(), text).cast(kind)
    if pa.types.is_float16(kind):
        return _cast(values, pa.float32(), text).cast(kind)
    return _converted(values, lambda part: pc.cast(part, kind), values if text is None else text)


def _converted(values: pa.Array, convert: Callable[[pa.Array], pa.Array], text: pa.Array) -> pa.Array:
    """What the values become; raises `NoSuchValue` for the first that becomes nothing, with its text."""
    try:
        return convert(values)
    except pa.ArrowInvalid as error:
        low, high = 0, len(values)
        while high - low > 1:
            middle = (low + high) // 2
            try:
                convert(values.slice(low, middle - low))
                low = middle
            except pa.ArrowInvalid:
                high = middle
        raise NoSuchValue(low, text[low].as_py()) from error


def _lost_digits(text: pa.Array, numbers: pa.Array, kind: pa.DataType) -> int:
    """How many numbers have digits that the type does not keep."""
    kept = _DIGITS[kind.bit_width] if pa.types.is_floating(kind) else None
    if kept is None or pc.max(pc.binary_length(text)).as_py() <= kept:
        return 0
    written, numbers = text.drop_null(), numbers.drop_null()
    long = pc.and_(pc.greater(pc.binary_length(written), kept), pc.is_finite(numbers))
    written, numbers = written.filter(long), numbers.filter(long)
    printed = pa.array(numbers.to_numpy(zero_copy_only=False).astype("U32"))
    return int(np.count_nonzero(pc.not_equal(_digits(written), _digits(printed)).to_numpy(zero_copy_only=False)))


def _digits(numbers: pa.Array) -> pa.Array:
    """The digits of numbers, without zeros at both ends."""
    digits = pc.replace_substring_regex(numbers, r"[eE].*$", "")
    return pc.utf8_trim(pc.replace_substring_regex(digits, r"[^0-9]", ""), "0")
