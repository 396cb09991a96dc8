"""What Python's csv module writes comes back value for value: as text, or as numbers and times that print the same."""

import csv
import datetime as dt
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given
from hypothesis import strategies as st

from fused_spec.engine.ingest.reading.text import delimited
from fused_spec.wire import PartitionNongeospatialStep
from tests.depth import examples
from tests.unit.engine.building import partition_nongeospatial

_DELIMITERS = st.sampled_from([",", ";", "\t", "|", "\x01", ":", "~"])
_LINE_ENDS = st.sampled_from(["\n", "\r\n", "\r"])
_QUOTINGS = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
_WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
_ODD_WORDS = """
    01 +1 1e5 1.10 1_000 0x1F 1. .5 -0 -0.0 True yes true false NA NULL null N/A nan NaN inf -inf Infinity - \u22121
    9007199254740993 12345678901234567891 0.1234567890123456789 0.1 1.0 1 2.5 1e-05 1e-7 1e+22 1e22 0.0000001 0 00 #
    100000000000000000000 2024-01-31 2024-1-31 31.01.2024 2024-01-31T12:00:00 2024-01-31T12:00:00.5 2024-01-31T12:00
    2024-01-31T12:00:00Z 2024-01-31T12:00:00+02:00 24:00:00 12:00:00 12:00 +49-30-1234 1,5 123456.789012 -12.5 1,234
"""
_ODD_PHRASES = ["2024-01-31 12:00:00", "1 ", " 1", "", " ", "1 000", 'a"b', "\\", '5"']
_ODD = st.sampled_from([*_ODD_WORDS.split(), *_ODD_PHRASES])
_NUMBERS = st.one_of(st.integers().map(str), st.floats(allow_nan=False, allow_infinity=False).map(repr))
_EXACT = st.one_of(
    st.integers(2**53 - 2, 2**53 + 2).map(str),
    st.decimals(-9999, 9999, places=3).map(str),
    st.decimals(0, 99, places=2).map(str),
    st.decimals(0, 1, places=17).map(str),
    st.integers(0, 9).map(str),
)
_COLUMN = st.sampled_from([_WORDS, _EXACT, _ODD, _NUMBERS, st.one_of(_WORDS, _ODD, _NUMBERS)])


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """Rows of text, below different names that are not numbers."""
    width = draw(st.integers(1, 4))
    names = draw(st.lists(_WORDS.map(lambda word: f"n{word}"), min_size=width, max_size=width, unique=True))
    columns = [draw(_COLUMN) for _ in names]
    rows = draw(st.lists(st.tuples(*columns), min_size=1, max_size=8))
    return [names, *map(list, rows)]


def as_text(value: Any, kind: pa.DataType) -> set[str]:
    """The ways in which a value may be written; a missing one is an empty field."""
    if value is None:
        return {""}
    if isinstance(value, bool):
        return {str(value).lower()}
    if isinstance(value, float):
        printed = repr(value)
        exponent = printed.replace("e-0", "e-")
        return {
            printed,
            printed.removesuffix(".0"),
            exponent,
            f"{value:.20f}".rstrip("0"),
            pa.scalar(value).cast("string").as_py(),
        }
    if isinstance(value, dt.datetime):
        if kind.tz is not None:
            return {"instant"}
        return {value.isoformat(sign, unit) for sign in "T " for unit in ("minutes", "seconds", "milliseconds")} | {
            value.isoformat("T", "milliseconds").rstrip("0")
        }
    return {str(value)}


@examples(300)
@example(rows=[["n"], [""], ["0.00"]], delimiter=",", end="\n", quoting=csv.QUOTE_ALL, block_bytes=64)
@given(
    rows=tables(), delimiter=_DELIMITERS, end=_LINE_ENDS, quoting=_QUOTINGS, block_bytes=st.sampled_from([64, 2**20])
)
def test_a_table_of_text_comes_back_value_for_value(
    rows: list[list[str]],
    delimiter: str,
    end: str,
    quoting: int,
    block_bytes: int,
    tmp_path: Path,
    storage: Path,
) -> None:
    if ({"\r", "\n"} - set(end)) & {sign for row in rows for value in row for sign in value}:
        quoting = csv.QUOTE_ALL  # before 3.13 the module writes a line end bare that is not its own
    before, delimited.BLOCK_BYTES = delimited.BLOCK_BYTES, block_bytes
    try:
        with (tmp_path / "a.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
        read = {"delimiter": delimiter}
        table = table_of(tmp_path / "a.csv", storage, read)
    finally:
        delimited.BLOCK_BYTES = before
    assert table.column_names == rows[0]
    for number, column in enumerate(table.columns):
        values = [row[number] for row in rows[1:]]
        present = [value for value in values if value]
        if is_fixed(present) and pa.types.is_floating(column.type):
            places = len(present[0].partition(".")[2])
            assert ["" if came is None else f"{came:.{places}f}" for came in column.to_pylist()] == values
            continue
        for came, value in zip(column.to_pylist(), values, strict=True):
            assert value in as_text(came, column.type) or (
                getattr(column.type, "tz", None) is not None and same_instant(came, value)
            )


def is_fixed(values: list[str]) -> bool:
    """Whether all have as many decimals, as prices have."""
    are_decimals = all(re.fullmatch(r"-?[0-9]+\.[0-9]{1,5}", value) for value in values)
    return are_decimals and len({len(value.partition(".")[2]) for value in values}) == 1


def same_instant(came: Any, value: str) -> bool:
    return value == "" if came is None else dt.datetime.fromisoformat(value) == came


def table_of(path: Path, storage: Path, read: dict[str, Any]) -> pa.Table:
    shutil.rmtree(storage / "table", ignore_errors=True)
    step = PartitionNongeospatialStep(input=str(path), output="fd://table", metadata={"fused-spec": {"read": read}})
    partition_nongeospatial(step, storage, "job-1")
    return pq.read_table(storage / "table")
