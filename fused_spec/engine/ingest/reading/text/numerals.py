"""What the bytes of numbers say at a glance, since to read and to print them takes far longer."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_MOST_BYTES = 15  # so many digits every floating-point number keeps
_ZERO, _NINE, _POINT, _MINUS = b"09.-"


def is_whole(values: pa.Array) -> bool:
    """Whether values are nothing but digits and minus signs."""
    _, found = _content(values)
    return not ((found > _NINE) | ((found < _ZERO) & (found != _MINUS))).any()


def short_decimals(values: pa.Array) -> tuple[NDArray[np.bool_], bool]:
    """Of values that can be read as numbers, those that are surely written as they are printed, like 12.5 and 0.3; and
    whether all of them have a point.

    Not surely: with an exponent, a plus, zeros at an end that mean nothing, more digits, and below 0.1.
    """
    bounds, found = _content(values)
    starts, stops = bounds[:-1], bounds[1:]
    last = found[stops - 1]
    first = starts + (found[starts] == _MINUS)  # behind a minus
    begin, second, third = (found[np.minimum(first + place, stops - 1)] for place in range(3))
    fraction = (begin == _ZERO) & (second == _POINT) & (third != _ZERO)
    sure = (stops - first <= _MOST_BYTES) & (last > _ZERO) & (((begin > _ZERO) & (begin <= _NINE)) | fraction)
    strange = np.flatnonzero((found > _NINE) | (found < _MINUS))  # letters of an exponent, a plus
    sure[np.searchsorted(bounds, strange, side="right") - 1] = False
    return sure, int((found == _POINT).sum()) == len(values)


def _content(values: pa.Array) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Where values begin and the last one ends, and their bytes."""
    _, offsets, content = values.buffers()
    bounds = np.frombuffer(offsets, np.int32, count=len(values) + 1, offset=4 * values.offset)
    return bounds - bounds[0], np.frombuffer(content, np.uint8)[bounds[0] : bounds[-1]]
