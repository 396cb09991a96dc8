"""Tables of every type that Arrow has and Parquet holds, written in every way in which pyarrow writes them."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import reject
from hypothesis import strategies as st

Values = st.SearchStrategy[Any]
Column = tuple[pa.DataType, Values]

_DAYS = st.dates(date(1, 1, 1), date(9999, 12, 31))
_MOMENTS = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 30))
_NEAR = st.datetimes(datetime(1678, 1, 1), datetime(2262, 1, 1))  # what nanoseconds reach
_INTEGERS = {
    pa.int8(): (-(2**7), 2**7 - 1),
    pa.int16(): (-(2**15), 2**15 - 1),
    pa.int32(): (-(2**31), 2**31 - 1),
    pa.int64(): (-(2**63), 2**63 - 1),
    pa.uint8(): (0, 2**8 - 1),
    pa.uint16(): (0, 2**16 - 1),
    pa.uint32(): (0, 2**32 - 1),
    pa.uint64(): (0, 2**64 - 1),
}
_TEXT = st.text(max_size=6)
_BYTES = st.binary(max_size=6)
_PLAIN: list[Column] = [
    *((kind, st.integers(*ends)) for kind, ends in _INTEGERS.items()),
    (pa.bool_(), st.booleans()),
    (pa.float16(), st.sampled_from([0.0, -0.0, 1.5, float("inf"), float("nan")])),
    (pa.float32(), st.floats(width=32)),
    (pa.float64(), st.floats()),
    (pa.string(), _TEXT),
    (pa.large_string(), _TEXT),
    (pa.string_view(), _TEXT),
    (pa.binary(), _BYTES),
    (pa.large_binary(), _BYTES),
    (pa.binary_view(), _BYTES),
    (pa.binary(3), st.binary(min_size=3, max_size=3)),
    (pa.date32(), _DAYS),
    (pa.date64(), _DAYS),
    (pa.time32("s"), st.builds(time, st.integers(0, 23), st.integers(0, 59))),
    (pa.time32("ms"), st.builds(time, st.integers(0, 23), st.integers(0, 59))),
    (pa.time64("us"), st.times()),
    (pa.time64("ns"), st.times()),
    *((pa.timestamp(unit, zone), _MOMENTS) for unit in ("s", "ms", "us") for zone in (None, "UTC", "Europe/Berlin")),
    *((pa.timestamp("ns", zone), _NEAR) for zone in (None, "+05:30")),
    *((pa.duration(unit), st.timedeltas(timedelta(-99999), timedelta(99999))) for unit in ("ms", "us", "ns")),
    (pa.decimal32(5, 2), st.decimals(-999, 999, places=2)),
    (pa.decimal64(15, 2), st.decimals(-999, 999, places=2)),
    (pa.decimal128(38, 10), st.decimals(-(10**20), 10**20, places=10)),
    (pa.decimal256(60, 3), st.integers(-(10**40), 10**40).map(Decimal)),
    (pa.null(), st.none()),
    (pa.uuid(), st.uuids().map(lambda one: one.bytes)),
    (pa.json_(), st.sampled_from(["1", '{"a": [null]}', '"x"'])),
    (pa.bool8(), st.booleans()),
]


def columns() -> st.SearchStrategy[Column]:
    """A type and values of it, none of which may be missing; types in types to some depth."""
    return st.recursive(st.sampled_from(_PLAIN), _nested, max_leaves=4)


def _nested(inner: st.SearchStrategy[Column]) -> st.SearchStrategy[Column]:
    return st.one_of(
        inner.map(lambda one: (pa.list_(one[0]), st.lists(_maybe(one[1]), max_size=3))),
        inner.map(lambda one: (pa.large_list(one[0]), st.lists(_maybe(one[1]), max_size=3))),
        inner.map(lambda one: (pa.list_(one[0], 2), st.lists(_maybe(one[1]), min_size=2, max_size=2))),
        inner.map(lambda one: (pa.map_(pa.string(), one[0]), st.lists(st.tuples(_TEXT, _maybe(one[1])), max_size=2))),
        st.lists(inner, min_size=1, max_size=2).map(_struct),
        st.sampled_from([pa.int8(), pa.int32()]).flatmap(
            lambda index: st.sampled_from(
                [(pa.dictionary(index, kind), values) for kind, values in _PLAIN if kind in (pa.string(), pa.int64())]
            )
        ),
    )


def _struct(parts: list[Column]) -> Column:
    names = [f"part.{number}" for number in range(len(parts))]
    kind = pa.struct([(name, part[0]) for name, part in zip(names, parts, strict=True)])
    return kind, st.fixed_dictionaries({name: _maybe(part[1]) for name, part in zip(names, parts, strict=True)})


def _maybe(values: Values) -> Values:
    return st.none() | values


_ODD = """
    a A ä Ä a.b a/b a,b a;b it's `x` [0] {x} %s \\ -1 🏠 geometry bbox fid ogc_fid id index fused_index
    __index_level_0__ select column0
"""
NAMES = st.sampled_from([*_ODD.split(), "", " ", "a b", 'say "hi"', "\n"]) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"]), max_size=8
)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """One to four columns of some rows."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    count = draw(st.integers(1, 12))
    arrays = []
    for _ in names:
        kind, values = draw(columns())
        held = draw(st.lists(_maybe(values), min_size=count, max_size=count))
        try:
            arrays.append(pa.array(held, kind))
        except (pa.ArrowException, TypeError, ValueError):
            reject()  # not every library version makes every type of Python's values
    return pa.table(arrays, names=names)


WAYS = st.fixed_dictionaries(
    {},
    optional={
        "version": st.sampled_from(["1.0", "2.4", "2.6"]),
        "data_page_version": st.sampled_from(["1.0", "2.0"]),
        "compression": st.sampled_from(["none", "snappy", "zstd", "gzip", "brotli", "lz4"]),
        "use_dictionary": st.booleans(),
        "use_deprecated_int96_timestamps": st.booleans(),
        "store_schema": st.booleans(),
        "row_group_size": st.integers(1, 5),
        "write_page_checksum": st.booleans(),
        "use_compliant_nested_type": st.booleans(),
        "store_decimal_as_integer": st.booleans(),
    },
)


def write(table: pa.Table, path: Path, ways: dict[str, Any]) -> None:
    """Write the table; an example that pyarrow does not write is none."""
    try:
        pq.write_table(table, path, **ways)
        pq.read_table(path)
    except (pa.ArrowException, OverflowError):
        reject()
