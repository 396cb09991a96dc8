"""Folders whose names are values, such as country=DE, are columns; and files of one name are told apart."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fused_spec.engine.failures import StepFailed
from fused_spec.wire import PartitionNongeospatialStep
from tests.unit.engine.building import (
    geo_step,
    ingested,
    partition_geospatial,
    partition_nongeospatial,
    plain_ingested,
    points,
    saved,
)


def files(folder: Path, *names: str, **columns: Any) -> list[Path]:
    """A small Parquet file at each of these paths, with a number of its own."""
    paths = [folder / name for name in names]
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"v": [number], **{name: [value] for name, value in columns.items()}}), path)
    return paths


def values(storage: Path, *names: str) -> list[Any]:
    """What the columns hold, in the order of the files that were written."""
    rows = sorted(pq.read_table(storage / "table").to_pylist(), key=lambda row: row["v"])
    return [row[names[0]] if len(names) == 1 else tuple(row[name] for name in names) for row in rows]


@pytest.mark.parametrize("url", ["fd://h/**/*.parquet", "fd://h/", "fd://h/*/*.parquet", "fd://h/country=*/*"])
def test_the_name_of_a_folder_is_a_column_however_it_is_found(url: str, storage: Path) -> None:
    files(storage / "h", "country=DE/part-0.parquet", "country=FR/part-0.parquet")
    plain_ingested(url, storage)
    assert values(storage, "country") == ["DE", "FR"]


def test_a_file_by_its_name_has_the_columns_of_its_folders(storage: Path) -> None:
    files(storage / "h", "country=DE/part-0.parquet")
    plain_ingested("fd://h/country=DE/part-0.parquet", storage)
    assert values(storage, "country") == ["DE"]


def test_features_have_the_columns_of_their_folders(tmp_path: Path, storage: Path) -> None:
    for year in (2023, 2024):
        saved(points(2), storage / f"h/year={year}/a.parquet")
    table = ingested("fd://h/", storage)
    assert sorted(table["year"]) == [2023, 2023, 2024, 2024]
    assert list(table.columns) == ["row", "word", "year", "geometry"]
    assert sorted(gpd.read_parquet(storage / "h")["year"].astype(int)) == sorted(table["year"])


def test_every_format_has_the_columns_of_its_folders(storage: Path) -> None:
    for suffix in ("csv", "geojson", "gpkg", "feather"):
        path = storage / f"h/kind={suffix}/a.{suffix}"
        path.parent.mkdir(parents=True)
        frame = points(1)[["row", "geometry"]]
        if suffix == "csv":
            path.write_text("row\n0\n")
        elif suffix == "feather":
            frame.to_feather(path)
        else:
            frame.to_file(path)
    plain_ingested("fd://h/", storage)
    assert sorted(pq.read_table(storage / "table")["kind"].to_pylist()) == ["csv", "feather", "geojson", "gpkg"]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["2023", "-5"], [2023, -5]),
        (["2024-02-29", "2023-01-31"], [date(2024, 2, 29), date(2023, 1, 31)]),
        (["2024-02-30", "2023-01-31"], ["2024-02-30", "2023-01-31"]),
        (["7", "x"], ["7", "x"]),
        (["1.5", "2"], ["1.5", "2"]),
        (["7", "__HIVE_DEFAULT_PARTITION__"], [7, None]),
        (["__HIVE_DEFAULT_PARTITION__"], [None]),
        (["a%2Fb", "K%C3%B6ln"], ["a/b", "Köln"]),
        (["a b", "c=d"], ["a b", "c=d"]),
        (["12345678901234567890", "1"], ["12345678901234567890", "1"]),
    ],
)
def test_names_of_folders_are_numbers_days_or_text(texts: list[str], expected: list[Any], storage: Path) -> None:
    files(storage / "h", *(f"key={text}/a.parquet" for text in texts))
    plain_ingested("fd://h/", storage)
    assert values(storage, "key") == expected


@pytest.mark.parametrize("texts", [["2023", "2024"], ["DE", "FR"], ["2024-01-01", "2024-01-02"], ["7", "x"]])
def test_duckdb_has_the_same_columns(texts: list[str], storage: Path) -> None:
    files(storage / "h", *(f"key={text}/a.parquet" for text in texts))
    plain_ingested("fd://h/", storage)
    rows = duckdb.sql(f"select key from '{storage}/h/**/*.parquet' order by v").fetchall()
    assert values(storage, "key") == [row[0] for row in rows]


def test_pandas_has_the_same_columns(storage: Path) -> None:
    files(storage / "h", "year=2023/kind=x/a.parquet", "year=2024/kind=y/a.parquet")
    plain_ingested("fd://h/", storage)
    read = pd.read_parquet(storage / "h").sort_values("v")
    assert values(storage, "year", "kind") == list(zip(read["year"].astype(int), read["kind"].astype(str), strict=True))


def test_zeros_before_a_number_are_told_and_kept_where_a_type_is_given(
    storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files(storage / "h", "state=01/a.parquet", "state=12/a.parquet")
    plain_ingested("fd://h/", storage)
    assert values(storage, "state") == [1, 12]
    assert "lossy: its folder state=01 is the number 1; read.types: {state: String} keeps" in capsys.readouterr().out
    read = {"fused-spec": {"read": {"types": {"state": "String"}}}}
    plain_ingested("fd://h/", storage, overwrite=True, metadata=read)
    assert values(storage, "state") == ["01", "12"]


def test_a_folder_that_is_not_of_the_type_that_was_given_is_refused(storage: Path) -> None:
    files(storage / "h", "state=XY/a.parquet")
    read = {"fused-spec": {"read": {"types": {"state": "Int64"}}}}
    with pytest.raises(StepFailed, match=r"the folder state=XY is no int64, as read\.types says"):
        plain_ingested("fd://h/", storage, metadata=read)


def test_names_of_folders_may_be_left_alone(storage: Path) -> None:
    files(storage / "h", "country=DE/a.parquet")
    plain_ingested("fd://h/**/*", storage, metadata={"fused-spec": {"read": {"hive": False}}})
    assert pq.read_schema(storage / "table/0.parquet").names == ["v"]


def test_files_at_other_depths_have_no_value_and_that_is_told(storage: Path) -> None:
    files(storage / "h", "a.parquet", "year=2024/b.parquet", "year=2024/month=5/c.parquet")
    step = PartitionNongeospatialStep(input="fd://h/**/*.parquet", output="fd://table")
    account = partition_nongeospatial(step, storage, "job-1")
    assert values(storage, "year", "month") == [(None, None), (2024, None), (2024, 5)]
    told = [[lost["what"].partition(" as ")[0] for lost in one["lossy"]] for one in account["inputs"]]
    year, month = "it lies in no folder year=…,", "it lies in no folder month=…,"
    assert told == [[year, month], [month], []]


@pytest.mark.parametrize(
    ("folder", "value"), [("key=DE", "DE"), ("key=7", 7), ("key=07", 7), ("key=__HIVE_DEFAULT_PARTITION__", None)]
)
def test_a_column_of_the_file_that_says_the_same_is_kept(folder: str, value: Any, storage: Path) -> None:
    files(storage / "h", f"{folder}/a.parquet", key=value)
    plain_ingested("fd://h/", storage)
    assert values(storage, "key") == [value]


@pytest.mark.parametrize("value", ["FR", 5, None])
def test_a_column_of_the_file_that_says_else_is_refused(value: Any, storage: Path) -> None:
    files(storage / "h", "key=DE/a.parquet", key=value)
    with pytest.raises(StepFailed, match=f"its column key has {value}, and its folder says DE; read.hive: false"):
        plain_ingested("fd://h/", storage)
    plain_ingested("fd://h/", storage, metadata={"fused-spec": {"read": {"hive": False}}})
    assert values(storage, "key") == [value]


def test_two_folders_of_one_name_are_refused(storage: Path) -> None:
    files(storage / "h", "key=1/key=2/a.parquet")
    with pytest.raises(StepFailed, match=r"a\.parquet lies in two folders named key=…"):
        plain_ingested("fd://h/", storage)


def test_of_the_columns_of_folders_those_are_read_that_were_asked_for(storage: Path) -> None:
    saved(points(1), storage / "h/year=2024/month=5/a.parquet")
    assert list(ingested("fd://h/", storage, load_columns=["month"]).columns) == ["month", "geometry"]


def test_what_an_ingestion_wrote_below_a_folder_is_no_input(storage: Path) -> None:
    saved(points(2), storage / "h/year=2024/a.parquet")
    step = geo_step("fd://h/", output="fd://h/kind=table", overwrite=True)
    for job in ("job-1", "job-2"):
        partition_geospatial(step, storage, job)
    assert len(gpd.read_parquet(storage / "h/kind=table")) == 2


def test_files_of_one_name_are_told_apart(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("x/a=1", "x/a=2", "y/a=1"):
        saved(points(2), storage / f"h/{folder}/part-0.parquet")
    account = partition_geospatial(geo_step("fd://h/**/*.parquet", load_columns=["a"]), storage, "job-1")
    names = ["x/a=1/part-0.parquet", "x/a=2/part-0.parquet", "y/a=1/part-0.parquet"]
    assert [one["path"] for one in account["inputs"]] == names
    told = capsys.readouterr().out
    assert all(f"{name}: 2 rows, EPSG:4326" in told for name in names)


def test_a_file_among_others_of_its_name_is_named_when_it_fails(storage: Path) -> None:
    for folder in ("a=1", "a=2"):
        saved(points(2), storage / f"h/{folder}/part-0.parquet")
    (storage / "h/a=2/part-0.parquet").write_bytes(b"PAR1 and more")
    with pytest.raises(StepFailed, match=r"^a=2/part-0\.parquet cannot be read: "):
        ingested("fd://h/", storage)


def test_a_file_that_is_named_twice_has_its_name(storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved(points(2), storage / "h/a.parquet")
    assert len(ingested(["fd://h/a.parquet"] * 2, storage)) == 4
    assert "\na.parquet: 2 rows, EPSG:4326" in capsys.readouterr().out
