"""Text that is separated by signs: what it becomes, and what is said where it cannot be read."""

import bz2
import gzip
import io
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import pytest
import shapely

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.reading.text import delimited, rows
from fused_spec.wire import PartitionNongeospatialStep
from tests.unit.engine.building import ingested, partition_nongeospatial, points


def reading(**read: Any) -> dict[str, Any]:
    return {"metadata": {"fused-spec": {"read": read}}}


def table_of(files: dict[str, str | bytes], storage: Path, **read: Any) -> pa.Table:
    """The table that a plain ingestion makes of files with this content."""
    account_of(files, storage, **read)
    return pq.read_table(storage / "table")


def account_of(files: dict[str, str | bytes], storage: Path, **read: Any) -> dict[str, Any]:
    step = PartitionNongeospatialStep(input=written(files, storage), output="fd://table", **reading(**read))
    return partition_nongeospatial(step, storage, "job-1")


def written(files: dict[str, str | bytes], storage: Path) -> list[str]:
    for name, content in files.items():
        (storage.parent / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return [str(storage.parent / name) for name in files]


def csv_of(content: str | bytes, storage: Path, **read: Any) -> pa.Table:
    return table_of({"a.csv": content}, storage, **read)


def column_of(values: list[str], storage: Path, **read: Any) -> pa.ChunkedArray:
    return csv_of(
        "\n".join(["id,a", *(f'{number},"{value}"' for number, value in enumerate(values)), ""]), storage, **read
    )["a"]


def failure(content: str | bytes, storage: Path, **read: Any) -> str:
    with pytest.raises(StepFailed) as caught:
        csv_of(content, storage, **read)
    return str(caught.value)


def lossy(account: dict[str, Any]) -> list[str]:
    return [one["what"] for one in account["inputs"][0]["lossy"]]


# What text becomes


@pytest.mark.parametrize(
    "values",
    [
        ["01001", "06075"],
        ["+1", "2"],
        ["1e5", "2"],
        ["1.10", "1.9"],
        ["1_000", "2"],
        ["0x1F", "2"],
        ["1 ", "2"],
        [" 1", "2"],
        ["True", "False"],
        ["yes", "no"],
        ["2024-1-31", "2024-02-01"],
        ["31.01.2024", "01.02.2024"],
        ["12:00", "13:00"],
        ["24:00:00", "12:00:00"],
        ["inf", "1.5"],
        ["nan", "1.5"],
        ["9007199254740993", "1.5"],
        ["-1", "12345678901234567891"],
        ["0.1234567890123456789", "1.5"],
        ["\N{MINUS SIGN}1", "-2"],
        ["1", "1.0"],
        ["+49-30-1234", "030/1234"],
        ["NA", "NA"],
        ["1", "NA"],
        ["NULL", "1"],
        ["-", "1"],
        ["1,234", "5"],
        ["2024-01-31", "2024-01-31 12:00:00"],
        ["2024-01-31T12:00:00Z", "2024-01-31T12:00:00"],
        ["2024-13-31", "2024-01-31"],
        ["true", "1"],
    ],
)
def test_text_stays_text_unless_every_value_comes_back(values: list[str], storage: Path) -> None:
    assert column_of(values, storage).to_pylist() == values


@pytest.mark.parametrize("values", [["12.50", "3.99"], ["1.25", "1.50", "2.00"], ["-0.50", "10.00"]])
def test_numbers_with_as_many_decimals_each_are_numbers_and_that_is_told(values: list[str], storage: Path) -> None:
    account = account_of({"a.csv": "\n".join(["price", *values, ""])}, storage)
    assert account["columns"] == [{"name": "price", "type": "double"}]
    assert lossy(account) == [
        "column price has numbers that all are written with 2 decimals; the numbers are kept, zeros at their ends are "
        "not (read.types: {price: String} keeps them)"
    ]


@pytest.mark.parametrize(
    "values",
    [["1.10", "1.9"], ["1.50", "2"], ["01.50", "02.25"], ["1.500000", "2.500000"], ["12345678901.50", "1.25"]],
)
def test_numbers_with_zeros_at_the_end_of_some_are_text(values: list[str], storage: Path) -> None:
    assert csv_of("\n".join(["version", *values, ""]), storage)["version"].to_pylist() == values


def test_decimals_are_counted_over_all_blocks(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fused_spec.engine.ingest.reading.text.delimited.BLOCK_BYTES", 64)
    values = [*["1.25"] * 100, *["1.50"] * 100]
    assert str(csv_of("\n".join(["n", *values, ""]), storage)["n"].type) == "double"
    assert csv_of("\n".join(["n", *values, "1.125", ""]), storage)["n"].to_pylist() == [*values, "1.125"]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-2"], pa.int64()),
        (["1", "18446744073709551615"], pa.uint64()),
        (["1.5", "2"], pa.float64()),
        (["1.5", "2.0"], pa.float64()),
        (["1e-05", "2.5"], pa.float64()),
        (["true", "false"], pa.bool_()),
        (["2024-01-31", "1066-10-14"], pa.date32()),
        (["12:00:00", "23:59:59"], pa.time32("ms")),  # Parquet has no seconds
        (["2024-01-31 12:00:00", "9999-12-31 23:59:59"], pa.timestamp("ms")),
        (["2024-01-31T12:00:00.25", "2024-01-31T12:00:00.5"], pa.timestamp("ms")),
        (["2024-01-31T12:00:00.000001", "2024-01-31T12:00:00"], pa.timestamp("us")),
        (["2024-01-31T12:00", "2024-02-01T12:00"], pa.timestamp("ms")),
        (["2024-01-31T12:00:00Z", "2024-02-01T12:00:00Z"], pa.timestamp("ms", "UTC")),
    ],
)
def test_values_that_come_back_are_numbers_and_times(values: list[str], kind: pa.DataType, storage: Path) -> None:
    found = column_of([*values, ""], storage)
    assert (found.type, found.null_count) == (kind, 1)


def test_what_is_no_number_for_one_value_alone_is_told_with_that_value(storage: Path) -> None:
    account = account_of({"a.csv": "fips,n,name\n01001,1,x\n06075,NA,y\n"}, storage)
    told = {column["name"]: column["type_in"] for column in account["columns_in"][0]}
    assert told == {
        "fips": "text, since '01001' would be 1001 as a number (read.types can say what it is)",
        "n": "text, since 'NA' is no number (read.types can say what it is)",
        "name": "string",
    }


def test_an_empty_field_is_null_among_numbers_and_empty_in_text(storage: Path) -> None:
    found = csv_of('n,t,q\n1,x,"y"\n,,""\n', storage)
    assert found.to_pylist()[1] == {"n": None, "t": "", "q": ""}


def test_a_column_without_a_value_is_text_without_values(storage: Path) -> None:
    found = csv_of("n,t\n1,\n2,\n", storage)["t"]
    assert (found.type, found.to_pylist()) == (pa.string(), [None, None])


def test_words_for_a_missing_value_are_null_in_all_columns(storage: Path) -> None:
    found = csv_of("n,t\n1,NA\n-,x\n", storage, null_values=["NA", "-"])
    assert found.to_pydict() == {"n": [1, None], "t": [None, "x"]}


def test_a_type_that_is_said_comes_before_any_guess(storage: Path) -> None:
    types = {"a": "String", "b": "Int16", "c": "Float32", "d": "Bool", "e": "Date32"}
    found = csv_of("a,b,c,d,e\n1,+007,1.10,yes, 2024-01-31\n2,5.0,,no,\n", storage, types=types)
    assert [field.type for field in found.schema] == [
        pa.string(),
        pa.int16(),
        pa.float32(),
        pa.bool_(),
        pa.date32(),
    ]
    assert found["b"].to_pylist() == [7, 5]


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        (["1", "x"], "Int8", "a.csv, line 3: column a is to be int8, and 'x' is none; read.null_values: ['x'] makes"),
        (["1", "300"], "Int8", "a.csv, line 3: column a is to be int8, and '300' is none"),
        (["1", "2.5"], "Int8", "line 3: column a is to be int8, and '2.5' is none"),
        (["1", "3,5"], "Float64", "and '3,5' is none; read.decimal: ',' reads numbers with a comma"),
        (["1,5", "1.000,5"], "Float64", "and '1,5' is none"),
        (["true", "maybe"], "Bool", "line 3: column a is to be bool, and 'maybe' is none"),
        (["2024-01-31", "31.1.2024"], "Date32", "line 3: column a is to be date32"),
        (["", "x"], "null", "line 3: column a is to be null, and 'x' is none"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_line(
    values: list[str], kind: str, words: str, storage: Path
) -> None:
    with pytest.raises(StepFailed) as caught:
        column_of(values, storage, types={"a": kind})
    assert words in str(caught.value)


def test_lists_are_not_read_from_text(storage: Path) -> None:
    kind = {"type": "List", "element_type": "Int8"}
    assert "column a cannot become list" in failure("a\n1\n", storage, types={"a": kind})


def test_the_line_is_counted_through_values_of_several_lines(storage: Path) -> None:
    content = 'a,b\r\n"x\r\ny",1\r\n\r\n"z",2\r\nw,q\r\n'
    assert "a.csv, line 6: " in failure(content, storage, types={"b": "Int8"})


def test_digits_that_a_number_does_not_keep_are_told(storage: Path) -> None:
    account = account_of({"a.csv": "a\n0.1234567890123456789\n1.10\n"}, storage, types={"a": "Float64"})
    assert account["inputs"][0]["lossy"] == [
        {"what": "column a has numbers of more digits than double keeps", "rows": 1}
    ]


def test_offsets_become_utc_and_are_told(storage: Path) -> None:
    account = account_of({"a.csv": "t\n2024-01-31T12:00:00+02:00\n2024-01-31T12:00:00Z\n"}, storage)
    assert pq.read_table(storage / "table")["t"].cast(pa.string()).to_pylist() == [
        "2024-01-31 10:00:00.000Z",
        "2024-01-31 12:00:00.000Z",
    ]
    assert account["columns_in"][0][0]["zone"] == "+02:00, Z in the file, UTC in the table"
    assert lossy(account) == [
        "column t has times with offsets (+02:00, Z); the instants are kept, in UTC, the offsets are not"
    ]


def test_times_that_are_text_in_another_input_lose_nothing(storage: Path) -> None:
    files: dict[str, str | bytes] = {"a.csv": "t\n2024-01-31T12:00:00+02:00\n", "b.csv": "t\nlater\n"}
    account = account_of(files, storage)
    assert (lossy(account), account["columns_in"][0][0]["zone"]) == ([], None)
    assert pq.read_table(storage / "table")["t"].to_pylist() == ["2024-01-31T12:00:00+02:00", "later"]


def test_offsets_are_told_where_another_input_has_finer_times(storage: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.csv": "t\n2024-01-31T12:00:00+02:00\n",
        "b.csv": "t\n2024-01-31T12:00:00.000001Z\n",
    }
    assert lossy(account_of(files, storage)) == [
        "column t has times with offsets (+02:00); the instants are kept, in UTC, the offsets are not"
    ]


def test_times_without_an_offset_are_those_of_the_zone_that_is_said(storage: Path) -> None:
    kind = {"type": "Timestamp", "unit": "ms", "tz": "Europe/Berlin"}
    account = account_of({"a.csv": "t\n2024-01-31T12:00:00\n"}, storage, types={"t": kind})
    assert str(pq.read_table(storage / "table")["t"][0]) == "2024-01-31 12:00:00+01:00"
    assert lossy(account) == ["column t has times without an offset, which were taken for those of Europe/Berlin"]


def test_a_time_that_there_was_twice_is_refused(storage: Path) -> None:
    kind = {"type": "Timestamp", "unit": "ms", "tz": "Europe/Berlin"}
    content = "t\n2024-01-31T12:00:00\n2024-10-27T02:30:00\n"
    assert "line 3: column t is to be timestamp[ms, tz=Europe/Berlin]" in failure(content, storage, types={"t": kind})


def test_a_comma_may_be_the_decimal_sign(storage: Path) -> None:
    found = csv_of("a;b;c\n1,5;1.000,5;-0,25\n2;2;3\n", storage, decimal=",")
    assert found.to_pydict() == {"a": [1.5, 2], "b": ["1.000,5", "2"], "c": [-0.25, 3]}


def test_a_type_of_a_column_that_no_input_has_is_refused(storage: Path) -> None:
    assert failure("fips\n1\n", storage, types={"fisp": "String"}) == (
        "read.types: there is no column fisp; did you mean fips?"
    )


# Several inputs


def test_a_column_that_is_text_in_one_input_is_text_as_it_was_in_all(storage: Path) -> None:
    files: dict[str, str | bytes] = {
        "a.csv": "a,b,c\n1,1,\n",
        "b.csv": "a,b,c\nx,1.5,z\n",
        "c.csv": "a,b,c\n01,,\n",
    }
    assert table_of(files, storage).to_pydict() == {"a": ["1", "x", "01"], "b": [1, 1.5, None], "c": ["", "z", ""]}


def test_whole_numbers_that_fractions_of_another_input_would_change_are_text(storage: Path) -> None:
    files: dict[str, str | bytes] = {"a.csv": "a\n9007199254740993\n", "b.csv": "a\n1.5\n"}
    assert table_of(files, storage)["a"].to_pylist() == ["9007199254740993", "1.5"]


def test_text_of_parquet_makes_the_numbers_of_csv_text(storage: Path) -> None:
    pq.write_table(pa.table({"a": ["007"]}), storage.parent / "a.parquet")
    source = [*written({"b.csv": "a\n8\n"}, storage), str(storage.parent / "a.parquet")]
    partition_nongeospatial(PartitionNongeospatialStep(input=source, output="fd://table"), storage, "job-1")
    assert pq.read_table(storage / "table")["a"].to_pylist() == ["8", "007"]


def test_columns_of_folders_stay_beside_those_that_are_text_in_another_input(storage: Path) -> None:
    for country in ("DE", "FR"):
        (storage.parent / f"in/country={country}").mkdir(parents=True)
    written({"in/country=DE/a.csv": "a\n1\n", "in/country=FR/a.csv": "a\n01\n"}, storage)
    step = PartitionNongeospatialStep(input=f"{storage.parent}/in/**/*.csv", output="fd://table")
    partition_nongeospatial(step, storage, "job-1")
    assert pq.read_table(storage / "table").to_pydict() == {"a": ["1", "01"], "country": ["DE", "FR"]}


def test_a_coordinate_system_that_is_said_counts_for_text_of_another_type_too(storage: Path) -> None:
    lines = [f"id,wkt\n{number},POINT (111319.49 0)\n" for number in ("1", "01")]
    source = written({"a.csv": lines[0], "b.csv": lines[1]}, storage)
    assert ingested(source, storage, **reading(crs="EPSG:3857")).geometry.x.tolist() == pytest.approx([1, 1])


def test_a_file_with_a_header_alone_has_no_rows(storage: Path) -> None:
    files: dict[str, str | bytes] = {"a.csv": "a,b\n", "b.csv": "a,b\n1,x\n"}
    assert table_of(files, storage).to_pydict() == {"a": [1], "b": ["x"]}


# Signs


@pytest.mark.parametrize("sign", [",", ";", "\t", "|", "\x01"])
def test_columns_are_separated_by_what_stands_in_every_line(sign: str, storage: Path) -> None:
    lines = [sign.join(fields) for fields in (["a", "b c", "d"], ["1", "x", "3"], ["4", "y z", "6"])]
    assert csv_of("\n".join(lines), storage).to_pydict() == {"a": [1, 4], "b c": ["x", "y z"], "d": [3, 6]}


def test_a_sign_that_also_stands_in_every_line_but_less_often_separates_nothing(storage: Path) -> None:
    found = csv_of("name;price (low,high);n\na;1,5;7\nb;2,5;8\n", storage)
    assert found.to_pydict() == {"name": ["a", "b"], "price (low,high)": ["1,5", "2,5"], "n": [7, 8]}


def test_signs_within_quotes_separate_nothing(storage: Path) -> None:
    assert csv_of('"a;b;c",d\n"1;2;3",4\n', storage).to_pydict() == {"a;b;c": ["1;2;3"], "d": [4]}


def test_a_tsv_is_separated_by_tabs_whatever_else_is_in_it(storage: Path) -> None:
    found = table_of({"a.tsv": "a,b,c\td\n1,2,3\t4\n"}, storage)
    assert found.to_pydict() == {"a,b,c": ["1,2,3"], "d": [4]}


def test_the_first_line_that_excel_writes_names_the_sign(storage: Path) -> None:
    assert csv_of("sep=;\r\na;b\r\n1;2\r\n", storage).to_pydict() == {"a": [1], "b": [2]}


@pytest.mark.parametrize(
    ("name", "content", "read"),
    [
        ("a.txt", "a;b\n1;2\n", {"delimiter": ";"}),
        ("a.dat", "a b\n1 2\n", {"delimiter": " "}),
        ("part-00000", "a\x01b\n1\x012\n", {"delimiter": "\x01"}),
        ("a.tab", "a\tb\n1\t2\n", {}),
        ("a.psv", "a|b\n1|2\n", {}),
    ],
)
def test_text_under_other_names_is_delimited(name: str, content: str, read: dict[str, Any], storage: Path) -> None:
    assert table_of({name: content}, storage, **read).to_pydict() == {"a": [1], "b": [2]}


def test_runs_of_blanks_do_not_separate_columns(storage: Path) -> None:
    assert "its columns are separated by several blanks" in failure("a   b\n1   2\n", storage, delimiter=" ")


def test_quotes_may_be_another_sign(storage: Path) -> None:
    assert csv_of("a,b\n'1,2',\"x\n", storage, quote="'").to_pydict() == {"a": ["1,2"], "b": ['"x']}


def test_quotes_may_have_no_meaning(storage: Path) -> None:
    assert csv_of('a,b\n"1,x"y\n', storage, quote="").to_pydict() == {"a": ['"1'], "b": ['x"y']}


def test_a_quote_within_a_value_without_quotes_is_part_of_it(storage: Path) -> None:
    assert csv_of('a,b\n1,5" pipe\n"2","a ""b"""\n', storage)["b"].to_pylist() == ['5" pipe', 'a "b"']


@pytest.mark.parametrize("text", ['"x"y', '"x\\"y"', '"x""y" "'])
def test_text_behind_a_closing_quote_is_refused(text: str, storage: Path) -> None:
    assert "a.csv cannot be read: in line 3 text follows a closing quote" in failure(f"a,b\n1,2\n3,{text}\n", storage)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ('"a,b', "a.csv cannot be read: the quote in line 1 is never closed"),
        ('"a"x,b', "a.csv cannot be read: in line 1 text follows a closing quote"),
        ("a\0,b", "a.csv cannot be read: line 1, with the names of its columns, has zero bytes"),
    ],
)
def test_names_that_are_damaged_are_refused(header: str, words: str, storage: Path) -> None:
    assert failure(f"{header}\n1,2\n", storage).startswith(words)


# Lines


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_lines_end_in_any_way(end: str, last: bool, storage: Path) -> None:
    content = end.join(["a,b", "1,x", "2,y"]) + (end if last else "")
    assert csv_of(content, storage).to_pydict() == {"a": [1, 2], "b": ["x", "y"]}


def test_line_ends_within_quotes_are_kept_wherever_blocks_end(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "x\r\ny\rz\n\nw"
    for size in range(40, 60):
        monkeypatch.setattr(delimited, "BLOCK_BYTES", size)
        assert set(csv_of("a,b\r\n" + f'1,"{text}"\r\n' * 50, storage)["b"].to_pylist()) == {text}


def test_a_row_that_is_longer_than_a_block_is_read(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 64)
    assert csv_of(f"a,b\n1,x\n2,{'y' * 5000}\n3,z\n", storage)["b"].to_pylist() == ["x", "y" * 5000, "z"]


def test_a_row_that_is_longer_than_any_block_is_refused(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 64)
    monkeypatch.setattr(rows, "_MOST_BLOCK_BYTES", 256)
    assert "a.csv cannot be read: it has a row of more than 256 bytes" in failure(f"a\n{'y' * 5000}\n", storage)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("4", "line 6 has 1 value, and the file 2 columns, separated by ',': '4'"),
        ("4,5,6", "line 6 has 3 values, and the file 2 columns, separated by ',': '4,5,6'"),
    ],
)
def test_a_row_with_other_than_a_value_for_each_column_is_named(row: str, words: str, storage: Path) -> None:
    assert words in failure(f'a,b\n1,2\n"x\ny",3\n\n{row}\n5,6\n', storage)


def test_empty_lines_are_values_of_one_column_but_at_the_end(storage: Path) -> None:
    assert csv_of("a\n1\n\n3\n\n\n", storage)["a"].to_pylist() == [1, None, 3]


def test_remarks_before_the_names_are_left_out_and_told(storage: Path) -> None:
    account = account_of({"a.csv": "# source: x\n# of 2024\na,b\n1,2\n"}, storage)
    assert lossy(account) == ["2 lines before its columns' names that begin with # are left out"]


def test_names_may_begin_with_the_sign_of_remarks(storage: Path) -> None:
    assert csv_of("#id,name\n1,x\n", storage).column_names == ["#id", "name"]


def test_a_line_that_may_be_a_remark_or_names_is_refused(storage: Path) -> None:
    assert "line 1, # by me, and you, begins with # and may be a remark, or name the columns" in failure(
        "# by me, and you\nid,name\nx,y\n", storage
    )


def test_columns_without_names_are_called_by_their_places(storage: Path) -> None:
    account = account_of({"a.csv": ",a\n1,2\n"}, storage)
    assert pq.read_table(storage / "table").column_names == ["field_1", "a"]
    assert lossy(account) == ["column 1 has no name, and is called field_1"]


def test_names_that_are_numbers_are_told(storage: Path) -> None:
    [told] = lossy(account_of({"a.csv": "1,2.5\n3,4\n"}, storage))
    assert told.startswith("its first line, 1,2.5, is nothing but numbers and was taken for the names of columns")


def test_zero_bytes_within_text_are_kept(storage: Path) -> None:
    assert csv_of("a,b\n1,x\0y\n", storage)["b"].to_pylist() == ["x\0y"]


# Encodings


@pytest.mark.parametrize(
    ("codec", "words"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8, as its byte order mark says"),
        ("utf-16", "UTF-16-LE, as its byte order mark says"),
        ("utf-32", "UTF-32-LE, as its byte order mark says"),
        ("utf-16-le", "UTF-16-LE, as its zero bytes say"),
        ("utf-16-be", "UTF-16-BE, as its zero bytes say"),
        ("utf-32-le", "UTF-32-LE, as its zero bytes say"),
        ("utf-32-be", "UTF-32-BE, as its zero bytes say"),
    ],
)
def test_unicode_is_read_in_all_its_forms(codec: str, words: str, storage: Path) -> None:
    account = account_of({"a.csv": "town,n\nKöln,1\n".encode(codec)}, storage)
    assert pq.read_table(storage / "table").to_pydict() == {"town": ["Köln"], "n": [1]}
    assert account["inputs"][0]["encoding"] == words


@pytest.mark.parametrize("codec", ["cp1252", "iso8859-15", "shift_jis", "utf-16-be", "cp437"])
def test_an_encoding_that_is_named_is_read(codec: str, storage: Path) -> None:
    town = "日本" if codec == "shift_jis" else "Köln"
    account = account_of({"a.csv": f"town,n\n{town},1\n".encode(codec)}, storage, encoding=codec)
    assert pq.read_table(storage / "table")["town"].to_pylist() == [town]
    assert account["inputs"][0]["encoding"] == f"{codec.upper()}, as read.encoding says"


def test_long_text_in_another_encoding_is_read_in_blocks(storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 101)
    values = [f"Köln, € {number}" for number in range(2000)]
    content = pd.DataFrame({"a": values}).to_csv(index=False).encode("utf-16-be")
    assert csv_of(content, storage, encoding="utf-16-be")["a"].to_pylist() == values


@pytest.mark.parametrize(
    ("content", "read", "words"),
    [
        (
            b"a,b\n1,x\n2,K\xf6ln\n",
            {},
            "line 3 has the byte 0xF6, which is no text in UTF-8; name its encoding in read.e",
        ),
        (b"a,b\n1,x\n2,\x81\n", {"encoding": "cp1252"}, "line 3 has the byte 0x81, which is no text in CP1252"),
        ("a,b\n1,x\n".encode("utf-16")[:-1], {}, "line 2 has the byte 0x0A, which is no text in UTF-16-LE"),
        (b"K\xf6ln,K\xf6ln\n1,x\n", {}, "line 1 has the byte 0xF6, which is no text in UTF-8"),
    ],
)
def test_bytes_that_are_no_text_are_named(content: bytes, read: dict[str, Any], words: str, storage: Path) -> None:
    assert words in failure(content, storage, **read)


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("a.csv.gz", gzip.compress),
        ("a.csv.bz2", bz2.compress),
        ("a.csv.zst", lambda content: pa.compress(content, codec="zstd", asbytes=True)),
        ("a.csv", gzip.compress),
        ("a.csv.gz", bytes),
    ],
)
def test_packed_text_is_unpacked_whatever_its_name(name: str, packed: Any, storage: Path) -> None:
    assert table_of({name: packed(b"a,b\n01,2\n")}, storage).to_pydict() == {"a": ["01"], "b": [2]}


def test_packed_text_that_is_cut_off_is_refused(storage: Path) -> None:
    with pytest.raises(StepFailed, match="Truncated"):
        table_of({"a.csv.gz": gzip.compress(b"a,b\n1,2\n" * 999)[:-12]}, storage)


def test_a_ragged_row_of_bytes_that_are_no_text_can_be_shown(storage: Path) -> None:
    failure(b"a,b\n1,2\nK\xf6ln\n", storage).encode()


def archive(path: Path, **members: str) -> str:
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in members.items():
            packed.writestr(f"{name}.csv", content)
    return str(path)


def test_text_in_an_archive_is_read_like_any_other(tmp_path: Path, storage: Path) -> None:
    source = archive(tmp_path / "a.zip", a="fips,wkt\n01001,POINT (1 2)\n")
    table = ingested(source, storage)
    assert (table.fips.tolist(), table.geometry.tolist()) == (["01001"], [shapely.Point(1, 2)])


def test_text_in_an_archive_of_several_is_named(tmp_path: Path, storage: Path) -> None:
    source = archive(tmp_path / "a.zip", a="n\n1\n", b="n\n02\n")
    step = PartitionNongeospatialStep(input=source, output="fd://table", **reading(layer="b"))
    partition_nongeospatial(step, storage, "job-1")
    assert pq.read_table(storage / "table")["n"].to_pylist() == ["02"]


# Geometry


def features_of(content: str, storage: Path, **options: Any) -> gpd.GeoDataFrame:
    return ingested(written({"a.csv": content}, storage), storage, **options)


def refused(content: str, storage: Path, **options: Any) -> str:
    with pytest.raises(StepFailed) as caught:
        features_of(content, storage, **options)
    return str(caught.value)


@pytest.mark.parametrize("name", ["geometry", "geom", "the_geom", "WKT", "wkb"])
@pytest.mark.parametrize("text", ["POINT (1 2)", "SRID=4326;POINT (1 2)", shapely.Point(1, 2).wkb_hex])
def test_geometry_that_is_text_is_found(name: str, text: str, storage: Path) -> None:
    table = features_of(f"id,{name}\n01,{text}\n", storage)
    assert (list(table.columns), table.id.tolist(), table.geometry.tolist()) == (
        ["id", "geometry"],
        ["01"],
        [shapely.Point(1, 2)],
    )


def test_what_geopandas_writes_is_read(storage: Path) -> None:
    buffer = io.StringIO()
    points(5).to_csv(buffer, index=False)
    assert features_of(buffer.getvalue(), storage).geometry.geom_equals(points(5).geometry).all()


def test_geometry_is_in_the_coordinate_system_that_it_names(storage: Path) -> None:
    table = features_of("id,wkt\n1,\n2,SRID=3857;POINT (111319.49 0)\n", storage)
    assert table.geometry.dropna().x.tolist() == pytest.approx([1])


def test_geometry_is_in_the_coordinate_system_that_stands_beside_it(storage: Path) -> None:
    (storage.parent / "a.prj").write_text(pyproj.CRS.from_epsg(3857).to_wkt("WKT1_ESRI"))
    assert features_of("id,wkt\n1,POINT (111319.49 0)\n", storage).geometry.x.tolist() == pytest.approx([1])


def test_what_stands_beside_text_in_a_folder_is_no_input(storage: Path) -> None:
    (storage.parent / "in").mkdir()
    written({"in/a.csv": "id,wkt\n1,POINT (1 2)\n", "in/a.csvt": "Integer,WKT\n"}, storage)
    (storage.parent / "in/a.prj").write_text(pyproj.CRS.from_epsg(4326).to_wkt("WKT1_ESRI"))
    assert len(ingested(str(storage.parent / "in"), storage)) == 1


def test_geometry_that_is_none_is_named_with_its_line(storage: Path) -> None:
    content = 'id,wkt\n1,POINT (1 2)\n"2\n3",POINT (1 2)\n4,POINT 1\n'
    assert refused(content, storage).startswith("a.csv, line 5: 'POINT 1' in column wkt is no geometry: ")


def test_of_two_columns_of_geometry_one_has_to_be_named(storage: Path) -> None:
    content = "id,geom,wkt\n1,POINT (1 2),POINT (3 4)\n"
    assert refused(content, storage) == (
        "a.csv has geometry in the columns geom, wkt; name the one that counts in read.geometry"
    )
    assert features_of(content, storage, **reading(geometry="wkt")).geometry.tolist() == [shapely.Point(3, 4)]


def test_geometry_in_a_column_of_another_name_has_to_be_named(storage: Path) -> None:
    content = "id,outline\n1,POINT (1 2)\n"
    assert refused(content, storage) == "a.csv has geometry in the column outline; say so in read.geometry: outline"
    assert features_of(content, storage, **reading(geometry="outline")).geometry.tolist() == [shapely.Point(1, 2)]


def test_a_column_of_geometry_that_is_not_there_is_named(storage: Path) -> None:
    text = refused("id,geom\n1,POINT (1 2)\n", storage, **reading(geometry="gem"))
    assert text == "a.csv: read.geometry: there is no column gem; did you mean geom?"


def test_geojson_within_text_is_left_to_gdal(storage: Path) -> None:
    content = 'id,geom\n1,"{""type"": ""Point"", ""coordinates"": [1, 2]}"\n'
    assert "column geom holds GeoJSON, which GDAL reads: gdal_config: {open_options: {GEOM_POSSIBLE_NAMES: geom}}" in (
        refused(content, storage)
    )
    options = {"open_options": {"GEOM_POSSIBLE_NAMES": "geom"}}
    assert features_of(content, storage, gdal_config=options).geometry.tolist() == [shapely.Point(1, 2)]


def test_coordinates_are_numbers_whatever_else_they_seem_to_be(storage: Path) -> None:
    table = features_of("x,y,code\n1.50,2,007\n,3,008\n", storage, lonlat_cols=("x", "y"))
    assert (table.code.tolist(), table.geometry[0]) == (["007", "008"], shapely.Point(1.5, 2))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('"3,5"', "'3,5' is none; read.decimal: ',' reads numbers with a comma"),
        ("NA", "'NA' is none; read.null_values: ['NA'] makes it a missing value"),
    ],
)
def test_a_coordinate_that_is_no_number_is_named_with_its_line(value: str, words: str, storage: Path) -> None:
    text = refused(f"x,y\n1,2\n{value},2\n", storage, lonlat_cols=("x", "y"))
    assert text == f"a.csv, line 3: lonlat_cols: x must be numbers, and {words}"


def test_a_forced_schema_says_what_text_becomes(storage: Path) -> None:
    forced = {"fields": [{"name": "fips", "type": "String"}, {"name": "n", "type": "Float32"}]}
    table = features_of("fips,n,wkt\n1001,5,POINT (1 2)\n", storage, table_schema=forced)
    assert table.drop(columns="geometry").to_dict("list") == {"fips": ["1001"], "n": [5.0]}
