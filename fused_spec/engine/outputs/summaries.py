"""How the values of each column are distributed, in one pass and in bounded memory."""

import math
from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct

from fused_spec.engine.outputs.geometry import geo_of
from fused_spec.engine.outputs.tables import Table

_SAMPLED = 100_000
_MOST_DISTINCT = 1_000


class Distribution(Struct, frozen=True, kw_only=True):
    """What one column holds; None for what its type has not.

    `median` is that of at most 100,000 values in even distances; `distinct` is None beyond 1,000, and `top` then, too.
    """

    name: str
    type: str
    nulls: int
    min: Any = None
    max: Any = None
    mean: float | None = None
    std: float | None = None
    median: float | None = None
    distinct: int | None = None
    top: Any = None


class Summary(Struct, frozen=True, kw_only=True):
    """A table in numbers."""

    rows: int
    columns: tuple[Distribution, ...]


def summarized(table: Table) -> Summary:
    """Read every row once."""
    geo = geo_of(table.schema)
    located = set() if geo is None else set(geo["columns"])
    takers = [_taker(field, is_geometry=field.name in located) for field in table.schema]
    rows = 0
    for batch in table.batches(None):
        rows += batch.num_rows
        for taker, column in zip(takers, batch.columns, strict=True):
            taker.take(column)
    return Summary(rows=rows, columns=tuple(taker.told() for taker in takers))


class _Counted:
    """Counts missing values, which every type has."""

    def __init__(self, field: pa.Field, kind: str | None = None) -> None:
        self.name, self.type, self.nulls = field.name, kind or str(field.type), 0

    def take(self, column: pa.Array) -> None:
        self.nulls += column.null_count

    def told(self) -> Distribution:
        return Distribution(name=self.name, type=self.type, nulls=self.nulls)


class _Ordered(_Counted):
    """The least and the greatest value as well."""

    least: Any = None
    most: Any = None

    def take(self, column: pa.Array) -> None:
        super().take(column)
        least, most = (value.as_py() for value in pc.min_max(column).values())
        if least is not None:
            self.least = least if self.least is None else min(self.least, least)
            self.most = most if self.most is None else max(self.most, most)

    def told(self) -> Distribution:
        return Distribution(name=self.name, type=self.type, nulls=self.nulls, min=self.least, max=self.most)


class _Measured(_Ordered):
    """Numbers: mean and deviation of all, the median of some. What is no number counts as missing."""

    def __init__(self, field: pa.Field) -> None:
        super().__init__(field)
        self._count, self._mean, self._squares = 0, 0.0, 0.0
        self._sample: list[float] = []
        self._step, self._seen = 1, 0

    def take(self, column: pa.Array) -> None:
        if pa.types.is_float16(column.type):
            column = column.cast(pa.float32())
        if pa.types.is_floating(column.type):
            column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
        super().take(column)
        numbers = column.drop_null().cast(pa.float64(), safe=False)
        finite = numbers.filter(pc.is_finite(numbers))
        if not len(finite):
            return
        count, mean = len(finite), pc.mean(finite).as_py()
        squares = pc.variance(finite).as_py() * count
        both, apart = self._count + count, mean - self._mean
        self._squares += squares + apart * apart * self._count * count / both
        self._mean += apart * count / both
        self._count = both
        self._pick(finite)

    def _pick(self, numbers: pa.Array) -> None:
        first = -self._seen % self._step
        self._seen += len(numbers)
        self._sample += numbers.take(pa.array(range(first, len(numbers), self._step), pa.int64())).to_pylist()
        while len(self._sample) > _SAMPLED:
            self._sample = self._sample[::2]
            self._step *= 2

    def told(self) -> Distribution:
        known = self._count > 0
        return Distribution(
            name=self.name,
            type=self.type,
            nulls=self.nulls,
            min=self.least,
            max=self.most,
            mean=self._mean if known else None,
            std=math.sqrt(self._squares / self._count) if known and math.isfinite(self._squares) else None,
            median=_median(self._sample) if known else None,
        )


def _median(values: list[float]) -> float:
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


class _Named(_Ordered):
    """Texts and the like: how many there are, and the most frequent, as long as they are few."""

    def __init__(self, field: pa.Field) -> None:
        super().__init__(field)
        self._counts: Counter[Any] | None = Counter()

    def take(self, column: pa.Array) -> None:
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        super().take(column)
        if self._counts is None:
            return
        for one in pc.value_counts(column.drop_null()).to_pylist():
            self._counts[one["values"]] += one["counts"]
            if len(self._counts) > _MOST_DISTINCT:
                self._counts = None
                return

    def told(self) -> Distribution:
        counts = self._counts
        top = min(counts, key=lambda value: (-counts[value], value)) if counts else None
        return Distribution(
            name=self.name,
            type=self.type,
            nulls=self.nulls,
            min=self.least,
            max=self.most,
            distinct=None if counts is None else len(counts),
            top=top,
        )


def _taker(field: pa.Field, *, is_geometry: bool) -> _Counted:
    types, kind = pa.types, field.type
    if is_geometry:
        return _Counted(field, "geometry")
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return _Measured(field)
    value = kind.value_type if types.is_dictionary(kind) else kind
    if types.is_string(value) or types.is_large_string(value) or types.is_boolean(value):
        return _Named(field)
    if types.is_date(kind) or types.is_time(kind) or types.is_timestamp(kind):  # Arrow orders no others
        return _Ordered(field)
    return _Counted(field)
