"""Give a column another type, and count the values that are not the same in it."""

import pyarrow as pa
import pyarrow.compute as pc

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.tally import Tally


def cast(column: pa.ChunkedArray, kind: pa.DataType, name: str, tally: Tally) -> pa.ChunkedArray:
    """The column in a type; raises `StepFailed` and pyarrow's errors for values that have nothing like them there."""
    before = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    if pa.types.is_decimal(before.type) and pa.types.is_floating(kind):
        new = before.cast(pa.string()).cast(kind)  # at once it is not always the nearest number
    else:
        new = column.cast(kind)
    if pa.types.is_timestamp(before.type) and pa.types.is_timestamp(kind):
        _count_moved(before, kind, name, tally)
    if pa.types.is_floating(kind):
        _check_finite(before, new, name)
    if _may_lose(before.type, kind) and (changed := _changed(before, new)):
        tally.lossy[f"column {name} is {before.type}, whose values its type in the table, {kind}, cannot all hold"] += (
            changed
        )
    return new


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def _may_lose(old: pa.DataType, new: pa.DataType) -> bool:
    """Whether a cast changes values and says nothing: pyarrow looks at integers, and at units of times."""
    types = pa.types
    if types.is_nested(old) or types.is_nested(new):
        return True
    if types.is_floating(new):
        narrower = types.is_floating(old) and old.bit_width > new.bit_width
        return bool(types.is_decimal(old) or narrower or (types.is_float16(new) and types.is_integer(old)))
    if types.is_decimal(new):
        return bool(types.is_floating(old))
    if types.is_boolean(new):
        return _is_number(old)
    return bool(types.is_timestamp(old) and (types.is_date(new) or types.is_time(new)))


def _changed(before: pa.ChunkedArray, new: pa.ChunkedArray) -> int:
    """How many values do not come back as they were."""
    try:
        back = new.cast(before.type)
    except pa.ArrowException:  # none of them does
        return int(len(before) - before.null_count)
    if pa.types.is_nested(before.type):
        return (
            0
            if before.equals(back)
            else sum(repr(one) != repr(other) for one, other in zip(before.to_pylist(), back.to_pylist(), strict=True))
        )
    same = pc.equal(before, back)
    if pa.types.is_floating(before.type):
        same = pc.or_(same, pc.and_(pc.is_nan(before), pc.is_nan(back)))
    return int(pc.sum(pc.invert(pc.fill_null(same, True))).as_py() or 0)


def _check_finite(before: pa.ChunkedArray, new: pa.ChunkedArray, name: str) -> None:
    """Raise `StepFailed` for a number that becomes infinite, being too large for its new type."""
    if not pa.types.is_floating(new.type) or not pc.any(infinite := pc.is_inf(new)).as_py():
        return
    if pa.types.is_string(before.type):
        was = pc.match_substring_regex(before, r"(?i)inf")
    elif pa.types.is_floating(before.type):
        was = pc.is_inf(before)
    else:
        was = pa.chunked_array([pa.array([False] * len(before), pa.bool_())])
    wrong = pc.and_(infinite, pc.invert(was))
    if pc.any(wrong).as_py():
        value = before[pc.index(wrong, True).as_py()]
        raise StepFailed(f"column {name}: {value} is too large for {new.type}, its type in the table")


def _count_moved(before: pa.ChunkedArray, kind: pa.DataType, name: str, tally: Tally) -> None:
    """Count times that get a zone, or lose theirs."""
    if bool(before.type.tz) == bool(kind.tz):
        return
    said = "the time in UTC, without its zone" if before.type.tz else "taken as the time in UTC"
    tally.lossy[f"column {name} is {before.type}, in the table, as {kind}, {said}"] += len(before) - before.null_count
