"""Times as Spark, Hive and Impala write them: INT96, a day and the nanoseconds of it, for which Arrow has no type."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fused_spec.engine.ingest.common.notes import count

MICRO, NANO, _WHOLE = "us", "ns", "s"
_SPARK = b"org.apache.spark.version"  # which has no nanoseconds
_REACH = {MICRO: (2**63 - 1) // 10**6, NANO: (2**63 - 1) // 10**9}  # in seconds, on either side of 1970
_DAY = 86_400
_UNSIGNED = 2**64
_EPOCH = 2_440_588  # 1970-01-01 as a day of the Julian calendar
_ADVICE = "write them as another type, or as null"
_ROWS = 65_536

Reopen = Callable[[str], AbstractContextManager[pq.ParquetFile]]
"""Open the file once more, its INT96 as times of this unit."""


def unit_of(parquet: pq.ParquetFile, names: Sequence[str], reopen: Reopen) -> tuple[str, list[str]]:
    """The unit that holds the times of these columns, and what is lost where none does.

    Microseconds, and nanoseconds where the columns have them and nothing beyond their reach.
    """
    if _SPARK in (parquet.metadata.metadata or {}):
        return MICRO, []
    groups = range(parquet.metadata.num_row_groups)
    beyond, finer = False, dict.fromkeys(names, 0)
    with reopen(NANO) as exact, reopen(_WHOLE) as whole:
        for name in names:
            columns = zip(_values(exact, name, groups), _values(whole, name, groups), strict=True)
            for nanoseconds, seconds in columns:
                within = np.abs(seconds) < _REACH[NANO]
                beyond = beyond or not within.all()
                finer[name] += int((nanoseconds[within] % 1000 != 0).sum())
    if not beyond:
        return (NANO if any(finer.values()) else MICRO), []
    return MICRO, [
        f"column {name} has times that only microseconds reach, so {count(times, 'time')} lose nanoseconds"
        for name, times in finer.items()
        if times
    ]


def far_times(reopen: Reopen, names: Sequence[str], groups: Sequence[int]) -> dict[str, pa.Array]:
    """All times in some row groups of those columns of which pyarrow makes other times, being so far away.

    It takes days before the first of the Julian calendar for ones in a distant future, and so it does days that Spark
    has counted beyond the end of its numbers, as it does from the year 287,396 on. Raises `pa.ArrowInvalid` for times
    that no table holds.
    """
    found = {}
    with reopen(NANO) as exact, reopen(_WHOLE) as whole:
        spark = _SPARK in (exact.metadata.metadata or {})
        for name in names:
            if any((np.abs(seconds) >= _REACH[MICRO]).any() for seconds in _values(whole, name, groups)):
                found[name] = _far(_column(exact, name, groups), _column(whole, name, groups), name, spark=spark)
    return found


def _far(nanoseconds: pa.Array, seconds: pa.Array, name: str, *, spark: bool) -> pa.Array:
    """The times of which these are what is left in 64 bits, of unsigned days and unsigned nanoseconds of the day."""
    if not pa.types.is_timestamp(seconds.type):
        raise pa.ArrowInvalid(f"column {name} has INT96 times of distant years within a column; {_ADVICE}")
    missing = ~seconds.is_valid().to_numpy(zero_copy_only=False)
    left, whole = (array.cast(pa.int64()).fill_null(0).to_numpy() for array in (nanoseconds, seconds))
    with np.errstate(over="ignore"):
        days = whole // _DAY
        of_day = left - days * (_DAY * 10**9)
        # Spark's nanoseconds are negative where its days are, and were taken for ones at the end of unsigned numbers
        negative = spark & (days + _EPOCH >= 2**31) & (of_day != 0)
        days = np.where(negative, -((_UNSIGNED // 10**9 - whole) // _DAY), days)
        of_day = left - days * (_DAY * 10**9)
        days = days - np.where(days + _EPOCH >= 2**31, 2**32, 0)
        times = days * (_DAY * 10**6) + of_day // 1000
    beyond = np.abs(days) >= _REACH[MICRO] // _DAY  # Spark counts on, and begins again at the other end
    odd = (np.abs(of_day) >= _DAY * 10**9) | (beyond & (not spark))
    if odd.any():
        raise pa.ArrowInvalid(f"column {name} has INT96 times that are none, or that no table reaches; {_ADVICE}")
    return pa.array(times, pa.timestamp(MICRO), mask=missing)


def _column(parquet: pq.ParquetFile, name: str, groups: Sequence[int]) -> pa.Array:
    column = parquet.read_row_groups(list(groups), columns=[name]).column(name)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _values(parquet: pq.ParquetFile, name: str, groups: Sequence[int]) -> Iterator[NDArray[np.int64]]:
    """The times of a column as numbers, wherever within it they lie, batch by batch."""
    for batch in parquet.iter_batches(batch_size=_ROWS, row_groups=list(groups), columns=[name]):
        for array in _times(batch.column(batch.schema.get_field_index(name))):
            yield array.drop_null().cast(pa.int64()).to_numpy()


def _times(array: Any) -> Iterator[pa.Array]:
    kind = array.type
    if pa.types.is_timestamp(kind):
        yield array
    elif pa.types.is_map(kind):
        yield from (*_times(array.keys), *_times(array.items))
    elif pa.types.is_struct(kind):
        for part in array.flatten():
            yield from _times(part)
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        yield from _times(array.flatten())
