"""Columns that become another type: the same values, or refused, or told."""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common.tally import Tally
from fused_spec.engine.ingest.reading.casting import cast
from fused_spec.wire import PartitionNongeospatialStep
from tests.unit.engine.building import partition_nongeospatial

FAR = 2**40  # seconds, in the year 36812
UTC = pa.timestamp("us", "UTC")
ROUNDED = Decimal("0.12345678901234567890")


def fitted(values: list[Any], old: pa.DataType, new: pa.DataType) -> tuple[list[Any], Mapping[str, int]]:
    """The values in the new type, and what is told of them."""
    tally = Tally()
    column = cast(pa.chunked_array([pa.array(values, old)]), new, "c", tally)
    return column.to_pylist(), tally.lossy


@pytest.mark.parametrize(
    ("values", "old", "new", "expected", "changed"),
    [
        ([0.5, 0.1, None, float("nan")], pa.float64(), pa.float32(), None, 1),
        ([2048, 2049], pa.int16(), pa.float16(), None, 1),
        ([Decimal("0.5"), ROUNDED], pa.decimal128(30, 20), pa.float64(), [0.5, 0.12345678901234568], 1),
        ([0.25, 0.125], pa.float64(), pa.decimal128(5, 2), [Decimal("0.25"), Decimal("0.12")], 1),
        ([0, 1, 2, None], pa.int64(), pa.bool_(), [False, True, True, None], 1),
        ([[0.5], [0.1], None], pa.list_(pa.float64()), pa.list_(pa.float32()), None, 1),
        ([{"a": 1, "b": 2}], pa.struct([("a", pa.int8()), ("b", pa.int8())]), pa.struct([("a", pa.int8())]), None, 1),
        ([0, 86_400_000_000, 5], pa.timestamp("us"), pa.date32(), None, 1),
        ([5, 6], pa.timestamp("us"), pa.timestamp("us", "UTC"), None, 2),
        ([5, None], pa.timestamp("us", "Europe/Berlin"), pa.timestamp("us"), None, 1),
        ([1, None], pa.int8(), pa.float64(), [1.0, None], 0),
        ([Decimal("0.57"), Decimal("0.07")], pa.decimal128(5, 2), pa.float64(), [0.57, 0.07], 0),
        (["1.5"], pa.string(), pa.float64(), [1.5], 0),
        ([1.5], pa.float32(), pa.float64(), [1.5], 0),
        ([1], pa.timestamp("s", "UTC"), pa.timestamp("ns", "Europe/Berlin"), None, 0),
        ([{"a": 1}], pa.struct([("a", pa.int8())]), pa.struct([("a", pa.int64())]), [{"a": 1}], 0),
    ],
)
def test_values_that_are_not_the_same_in_another_type_are_counted(
    values: list[Any], old: pa.DataType, new: pa.DataType, expected: list[Any] | None, changed: int
) -> None:
    found, lossy = fitted(values, old, new)
    assert expected is None or found == expected
    assert sum(lossy.values()) == changed
    assert all(str(old) in told and str(new) in told for told in lossy)


@pytest.mark.parametrize(
    ("value", "old", "new"),
    [
        (1e300, pa.float64(), pa.float32()),
        (70_000.0, pa.float64(), pa.float16()),
        ("1e999", pa.string(), pa.float64()),
        (2**53 + 1, pa.int64(), pa.float64()),
        (2**63, pa.uint64(), pa.int64()),
        (2**24 + 1, pa.int32(), pa.float32()),
        (FAR, pa.timestamp("s"), pa.timestamp("ns")),
        (FAR, pa.duration("s"), pa.duration("ns")),
        (1, pa.timestamp("ns"), pa.timestamp("us")),
        (1, pa.time64("ns"), pa.time32("ms")),
        (1.5, pa.float64(), pa.int64()),
        (Decimal("1.25"), pa.decimal128(5, 2), pa.decimal128(5, 1)),
        (b"\xff", pa.binary(), pa.string()),
    ],
)
def test_a_value_that_another_type_does_not_reach_is_refused(value: Any, old: pa.DataType, new: pa.DataType) -> None:
    with pytest.raises((StepFailed, pa.ArrowInvalid)):
        fitted([value], old, new)


def test_infinity_stays_what_it_is() -> None:
    assert fitted([float("inf")], pa.float64(), pa.float32()) == ([float("inf")], {})
    assert fitted(["-inf"], pa.string(), pa.float64()) == ([float("-inf")], {})


def united(tmp_path: Path, storage: Path, *columns: pa.Array) -> tuple[pa.ChunkedArray, list[list[str]]]:
    """A column of several inputs in one table, and what is told of each input."""
    sources = [str(tmp_path / f"{number}.parquet") for number in range(len(columns))]
    for column, path in zip(columns, sources, strict=True):
        pq.write_table(pa.table({"c": column}), path)
    account = partition_nongeospatial(PartitionNongeospatialStep(input=sources, output="fd://table"), storage, "job-1")
    told = [[lost["what"] for lost in one["lossy"]] for one in account["inputs"]]
    return pq.ParquetFile(storage / "table/0.parquet").read()["c"], told


@pytest.mark.parametrize(
    ("columns", "kind"),
    [
        ([pa.array([1], pa.int8()), pa.array([2**60])], pa.int64()),
        ([pa.array([1], pa.uint64()), pa.array([-1])], pa.int64()),
        ([pa.array([1.5], pa.float32()), pa.array([2], pa.int32())], pa.float64()),
        ([pa.array([Decimal("1.5")]), pa.array([7])], pa.decimal128(21, 1)),
        (
            [pa.array([0], pa.timestamp("ms", "UTC")), pa.array([1], pa.timestamp("us", "+05:30"))],
            pa.timestamp("us", "UTC"),
        ),
        ([pa.array([0], pa.date32()), pa.array([86_400_000], pa.date64())], pa.date32()),
        ([pa.array([None]), pa.array([{"a": 1}])], pa.struct([("a", pa.int64())])),
    ],
)
def test_inputs_meet_in_a_type_that_holds_the_values_of_all(
    columns: list[pa.Array], kind: pa.DataType, tmp_path: Path, storage: Path
) -> None:
    found, told = united(tmp_path, storage, *columns)
    values = [value for column in columns for value in column.to_pylist()]
    assert (found.type, found.to_pylist() == values, told) == (kind, True, [[], []])


def test_numbers_of_inputs_that_meet_in_another_type_are_told_where_they_change(tmp_path: Path, storage: Path) -> None:
    _, told = united(tmp_path, storage, pa.array([ROUNDED]), pa.array([1.5]))
    assert [len(one) for one in told] == [1, 0]


@pytest.mark.parametrize(
    "columns",
    [
        [pa.array([2**53 + 1]), pa.array([0.5])],
        [pa.array([2**64 - 1], pa.uint64()), pa.array([-1])],
        [pa.array([FAR], pa.timestamp("s")), pa.array([1], pa.timestamp("ns"))],
        [pa.array([1]), pa.array(["1"])],
        [pa.array([True]), pa.array([1])],
        [pa.array([0], pa.timestamp("us")), pa.array([0], pa.timestamp("us", "UTC"))],
    ],
)
def test_inputs_that_no_type_holds_are_refused(columns: list[pa.Array], tmp_path: Path, storage: Path) -> None:
    with pytest.raises(StepFailed, match=r"\.parquet"):
        united(tmp_path, storage, *columns)


def test_dictionaries_with_short_indices_meet_in_one_with_room_for_all(tmp_path: Path, storage: Path) -> None:
    kind = pa.dictionary(pa.int8(), pa.string())
    words = [[f"{number}-{word}" for word in range(100)] for number in range(3)]
    found, _ = united(tmp_path, storage, *(pa.array(some).dictionary_encode().cast(kind) for some in words))
    assert found.to_pylist() == [word for some in words for word in some]


def test_dictionaries_within_columns_are_their_values(tmp_path: Path, storage: Path) -> None:
    kind = pa.list_(pa.dictionary(pa.int8(), pa.string()))
    pq.write_table(pa.table({"c": pa.array([["a"], ["b"], None], kind)}), tmp_path / "a.parquet", row_group_size=1)
    step = PartitionNongeospatialStep(input=str(tmp_path / "a.parquet"), output="fd://table")
    partition_nongeospatial(step, storage, "job-1")
    assert pq.ParquetFile(storage / "table/0.parquet").read()["c"].to_pylist() == [["a"], ["b"], None]
