"""What the partition_nongeospatial step leaves."""

import base64
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.partitioning import grouping
from fused_spec.engine.ingest.reading.text import delimited
from fused_spec.engine.standin.tables import get_chunk_from_table, get_chunks_metadata
from tests.depth import examples
from tests.unit.engine.building import chunk_sizes, plain_ingested, points, saved


def people(count: int = 9) -> pd.DataFrame:
    return pd.DataFrame({"row": range(count), "town": [f"town{number % 3}" for number in range(count)]})


@pytest.mark.parametrize("name", ["a.parquet", "a.pq", "a.csv"])
def test_every_format_gives_the_same_rows(name: str, tmp_path: Path, storage: Path) -> None:
    assert plain_ingested(saved(people(), tmp_path / name), storage).equals(people())


def test_a_format_of_gdal_gives_its_attributes(tmp_path: Path, storage: Path) -> None:
    table = plain_ingested(saved(points(3), tmp_path / "a.gpkg"), storage)
    assert list(table.columns) == ["row", "word"]


def test_a_csv_column_is_what_all_of_its_rows_are(tmp_path: Path, storage: Path) -> None:
    source = tmp_path / "a.csv"
    source.write_text("code\n" + "1\n" * 300_000 + "A1\n")
    assert plain_ingested(str(source), storage)["code"].iloc[-1] == "A1"


BEYOND = "12345678901234567891"  # int64


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", BEYOND], pa.uint64()),
        (["1", "", BEYOND], pa.uint64()),
        (["-1", BEYOND], pa.string()),
        (["1", BEYOND * 2], pa.string()),
        (["1", BEYOND, "1.5"], pa.string()),
        (["+1", "+2"], pa.string()),
        (["1", "1e30"], pa.string()),
        (["1", "1e+30"], pa.float64()),
    ],
)
@pytest.mark.parametrize("block_bytes", [16, 2**20])
def test_integers_keep_all_their_digits(
    values: list[str],
    kind: pa.DataType,
    block_bytes: int,
    tmp_path: Path,
    storage: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", block_bytes + len(BEYOND) * 2)
    (tmp_path / "a.csv").write_text("\n".join(["id,n", *(f"{value},x" for value in ["1"] * 20 + values), ""]))
    plain_ingested(str(tmp_path / "a.csv"), storage)
    found = pq.read_table(storage / "table")["id"]
    assert found.type == kind
    if kind != pa.float64():
        assert [str(value or "") for value in found.to_pylist()[20:]] == values


def test_a_separator_within_a_quoted_name_is_none(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.csv").write_text('"a,b";c\n1;2\n')
    assert plain_ingested(str(tmp_path / "a.csv"), storage).to_dict("list") == {"a,b": [1], "c": [2]}


@pytest.mark.parametrize("end", ['"x\n3,y\n', '"x""\n3,y', '"x\r\n3,y\r\n'])
def test_a_quote_that_takes_the_last_lines_into_one_value_is_told(end: str, tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.csv").write_text(f"a,b\n1,w\n2,{end}")
    assert "a.csv cannot be read: the quote in line 3 is never closed" in failure(str(tmp_path / "a.csv"), storage)


@pytest.mark.parametrize("end", ['"x\ny"', '"x\n""y"""\n\n', '"x\ny" \n'])
def test_a_last_value_may_have_several_lines(end: str, tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.csv").write_text(f"a,b\n1,w\n2,{end}")
    assert len(plain_ingested(str(tmp_path / "a.csv"), storage)) == 2


def test_features_without_attributes_are_no_plain_table(tmp_path: Path, storage: Path) -> None:
    source = saved(points(1)[["geometry"]], tmp_path / "a.geojson")
    assert failure(source, storage).startswith("a.geojson has no columns beside its geometry; use partition_geospatial")


def test_the_country_code_of_namibia_is_text(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.csv").write_text("country\nNA\nDE\n")
    assert plain_ingested(str(tmp_path / "a.csv"), storage)["country"].tolist() == ["NA", "DE"]


def test_tabs_separate_the_columns_of_a_tsv(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.tsv").write_text("a\tb\n1\t2\n")
    assert plain_ingested(str(tmp_path / "a.tsv"), storage).to_dict("list") == {"a": [1], "b": [2]}


def test_rows_keep_their_order(tmp_path: Path, storage: Path) -> None:
    source = saved(people(), tmp_path / "a.parquet")
    table = plain_ingested(source, storage, partitioning_maximum_per_file=4, partitioning_maximum_per_chunk=2)
    assert table["row"].tolist() == list(range(9))
    assert chunk_sizes(storage) == [[2, 2], [2, 2], [1]]


def test_a_chunk_holds_one_value_of_the_partition_column(tmp_path: Path, storage: Path) -> None:
    table = plain_ingested(saved(people(), tmp_path / "a.parquet"), storage, partition_col="town")
    assert chunk_sizes(storage) == [[3, 3, 3]]
    assert table["row"].tolist() == [0, 3, 6, 1, 4, 7, 2, 5, 8]


def test_a_value_of_many_rows_fills_several_chunks(tmp_path: Path, storage: Path) -> None:
    source = saved(people(), tmp_path / "a.parquet")
    plain_ingested(source, storage, partition_col="town", partitioning_maximum_per_chunk=2)
    assert chunk_sizes(storage) == [[2, 1, 2, 1, 2, 1]]


def test_missing_values_come_last(tmp_path: Path, storage: Path) -> None:
    frame = pd.DataFrame({"town": ["b", None, "a", None]})
    table = plain_ingested(saved(frame, tmp_path / "a.parquet"), storage, partition_col="town")
    assert table["town"].isna().tolist() == [False, False, True, True]
    assert chunk_sizes(storage) == [[1, 1, 2]]


def test_a_categorical_column_is_sorted_by_its_values(tmp_path: Path, storage: Path) -> None:
    frame = people().assign(town=lambda frame: frame["town"].astype("category").cat.reorder_categories(TOWNS))
    table = plain_ingested(saved(frame, tmp_path / "a.parquet"), storage, partition_col="town")
    assert table["town"].astype(str).tolist() == sorted(frame["town"].astype(str))


TOWNS = ["town2", "town0", "town1"]


def test_very_many_values_share_chunks(tmp_path: Path, storage: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "_MOST_VALUES", 5)
    source = saved(people(), tmp_path / "a.parquet")
    plain_ingested(source, storage, partition_col="row", partitioning_maximum_per_chunk=4)
    assert chunk_sizes(storage) == [[4, 4, 1]]


def test_the_table_is_read_back_by_its_chunks(tmp_path: Path, storage: Path) -> None:
    source = saved(people(), tmp_path / "a.parquet")
    plain_ingested(source, storage, partitioning_maximum_per_file=4, partitioning_maximum_per_chunk=2)
    chunks = get_chunks_metadata("fd://table")
    assert list(zip(chunks["file_id"], chunks["chunk_id"], strict=True))[:3] == [("0", 0), ("0", 1), ("1", 0)]
    assert get_chunk_from_table("fd://table/", "1", 1, columns=["row"])["row"].tolist() == [6, 7]


def test_the_sample_describes_chunks_without_boxes(tmp_path: Path, storage: Path) -> None:
    plain_ingested(saved(people(), tmp_path / "a.parquet"), storage)
    metadata = pq.read_schema(storage / "table" / "_sample").metadata
    chunks = pd.read_parquet(io.BytesIO(base64.b64decode(metadata[b"fused:_metadata"])))
    assert metadata[b"fused:format_version"] == b"5"
    assert list(chunks.columns) == ["file_id", "chunk_id", "num_rows"]


def test_the_second_table_numbers_the_rows(tmp_path: Path, storage: Path) -> None:
    source = saved(people(), tmp_path / "a.parquet")
    table = plain_ingested(source, storage, partition_col="town", output_metadata="fd://numbers")
    assert pd.read_parquet(storage / "numbers")["fused_index"].tolist() == table["row"].tolist()


@examples(25)
@given(
    values=st.lists(st.none() | st.integers(0, 4), min_size=1, max_size=30),
    per_file=st.none() | st.integers(1, 20),
    per_chunk=st.none() | st.integers(1, 20),
    column=st.sampled_from([None, "value"]),
)
def test_every_row_comes_out_exactly_once(
    values: list[int | None],
    per_file: int | None,
    per_chunk: int | None,
    column: str | None,
    tmp_path: Path,
    storage: Path,
) -> None:
    frame = pd.DataFrame({"row": range(len(values)), "value": pd.array(values, dtype="Int64")})
    caps = {"partitioning_maximum_per_file": per_file, "partitioning_maximum_per_chunk": per_chunk}
    table = plain_ingested(saved(frame, tmp_path / "a.parquet"), storage, partition_col=column, **caps)
    assert table.sort_values("row")["row"].tolist() == frame["row"].tolist()


def failure(source: str, storage: Path, **options: object) -> str:
    with pytest.raises(StepFailed) as caught:
        plain_ingested(source, storage, **options)
    return str(caught.value)


def test_an_unknown_partition_column_is_named_with_the_nearest(tmp_path: Path, storage: Path) -> None:
    text = failure(saved(people(), tmp_path / "a.parquet"), storage, partition_col="Town")
    assert text == "partition_col: there is no column Town; did you mean town?"


def test_a_column_of_lists_cannot_partition(tmp_path: Path, storage: Path) -> None:
    pq.write_table(pa.table({"tags": [["a"], ["b"]]}), tmp_path / "a.parquet")
    assert "cannot be sorted by tags" in failure(str(tmp_path / "a.parquet"), storage, partition_col="tags")


def test_text_in_another_encoding_is_refused(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.csv").write_bytes("town\nKöln\n".encode("latin-1"))
    assert failure(str(tmp_path / "a.csv"), storage) == (
        "a.csv cannot be read: line 2 has the byte 0xF6, which is no text in UTF-8; name its encoding in "
        "read.encoding, as cp1252, in which it is …Köln…, or convert the file to UTF-8"
    )


def test_two_columns_of_one_name_are_refused(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.csv").write_text("a,a\n1,2\n")
    assert failure(str(tmp_path / "a.csv"), storage).startswith("a.csv: two columns are named a, 1 and 2")


def test_a_ragged_csv_is_named(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n3\n")
    assert failure(str(tmp_path / "a.csv"), storage).startswith("a.csv cannot be read: ")


def test_an_empty_csv_is_named(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.csv").write_text("")
    assert failure(str(tmp_path / "a.csv"), storage).startswith("a.csv cannot be read: ")
