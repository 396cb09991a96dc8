"""Arrow tables of every type: as they are in Parquet and Feather, and exact, refused or told of in any other form."""

import io
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.feather as pf
import pyarrow.parquet as pq
import pytest

from fused_spec.engine.results.stored import Unstorable
from fused_spec.engine.results.storing import stored_form
from tests.unit.engine.reading_back import READERS, is_same

MOMENT = datetime(2024, 2, 29, 12, 0, 0, 123456)
TYPES: list[tuple[Any, Any]] = [
    (pa.null(), None),
    (pa.bool_(), True),
    *((kind, 127) for kind in (pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16(), pa.uint32())),
    (pa.int64(), -(2**63)),
    (pa.uint64(), 2**64 - 1),
    (pa.float16(), 0.5),
    (pa.float32(), 0.5),
    (pa.float64(), 0.1 + 0.2),
    (pa.decimal128(38, 2), Decimal("123456789012345678901234567890.12")),
    (pa.decimal256(50, 3), Decimal("1.123")),
    (pa.string(), "é"),
    (pa.large_string(), ""),
    (pa.string_view(), "x"),
    (pa.binary(), b"\xff"),
    (pa.large_binary(), b""),
    (pa.binary(2), b"ab"),
    (pa.date32(), date(1500, 1, 1)),
    (pa.date64(), date(2024, 2, 29)),
    (pa.time32("ms"), time(1, 2, 3, 4000)),
    (pa.time64("us"), time(1, 2, 3, 4)),
    (pa.timestamp("s"), datetime(9999, 12, 31)),
    (pa.timestamp("us"), MOMENT),
    (pa.timestamp("us", "Europe/Berlin"), MOMENT.astimezone()),
    (pa.duration("us"), timedelta(microseconds=1)),
    (pa.list_(pa.int64()), [2**53 + 1, None]),
    (pa.large_list(pa.string()), ["a", None]),
    (pa.list_(pa.int8(), 2), [1, 2]),
    (pa.struct([("a", pa.int64()), ("b", pa.list_(pa.float64()))]), {"a": 2**53 + 1, "b": [0.1]}),
    (pa.map_(pa.string(), pa.int64()), [("a", 1)]),
    (pa.dictionary(pa.int8(), pa.string()), "a"),
]
IDS = [str(kind) for kind, _ in TYPES]


def column(kind: Any, value: Any) -> pa.Table:
    return pa.table({"x": pa.array([value, None], kind)})


@pytest.mark.parametrize("output_format", ["parquet", "feather"])
@pytest.mark.parametrize(("kind", "value"), TYPES, ids=IDS)
def test_an_arrow_table_keeps_its_types_and_values(kind: Any, value: Any, output_format: str) -> None:
    table = column(kind, value)
    content = io.BytesIO(stored_form(table, [output_format]).content)
    read = pq.read_table(content) if output_format == "parquet" else pf.read_table(content)
    assert read["x"].to_pylist() == table["x"].to_pylist()
    assert type(read["x"].type) is type(column_type(kind))


def column_type(kind: Any) -> Any:
    """The type of a column in a file: views are laid out plainly."""
    return pa.large_string() if kind == pa.string_view() else kind


@pytest.mark.parametrize("output_format", ["json", "csv", "xml", "html", "excel"])
@pytest.mark.parametrize(("kind", "value"), TYPES, ids=IDS)
def test_an_arrow_table_is_exact_or_refused_or_told_of_in_every_other_form(
    kind: Any, value: Any, output_format: str
) -> None:
    try:
        stored = stored_form(column(kind, value), [output_format])
    except Unstorable as refused:
        assert str(refused).startswith("column x ")
        return
    read = READERS[output_format](stored.content)["x"]
    pairs = [[list(pair) for pair in value]] if pa.types.is_map(kind) else [value]
    assert is_same(pairs[0], read[0]) or any(sentence.startswith("column x: ") for sentence in stored.lossy)


def test_more_rows_than_an_excel_sheet_has_are_refused_before_any_is_written() -> None:
    with pytest.raises(Unstorable, match="an Excel sheet has 1,048,576 rows, one of them for the names"):
        stored_form(pa.table({"x": pa.nulls(1_048_576, pa.int8())}), ["excel"])
