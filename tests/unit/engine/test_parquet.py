"""Parquet as all kinds of programs write it, and with footers that are wrong."""

import struct
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest
import shapely

from fused_spec.engine.failures import StepFailed
from fused_spec.wire import PartitionNongeospatialStep
from tests.unit.engine.building import (
    geo_step,
    grid,
    ingested,
    partition_geospatial,
    partition_nongeospatial,
    plain_ingested,
    points,
    saved,
)

PARQUET_TESTING = Path(__file__).parent / "data/parquet-testing"
NANOSECOND = 1
BEYOND = (datetime(9999, 12, 31), datetime(1500, 1, 1))


def account(source: str, storage: Path) -> Any:
    """What is told of the one input of a plain table."""
    step = PartitionNongeospatialStep(input=source, output="fd://table")
    return partition_nongeospatial(step, storage, "job-1")["inputs"][0]


def rows(storage: Path, name: str) -> list[Any]:
    column = pq.ParquetFile(storage / "table/0.parquet").read()[name]
    return column.cast(pa.int64()).to_pylist() if pa.types.is_timestamp(column.type) else column.to_pylist()


def int96(path: Path, column: pa.Array, **options: Any) -> str:
    pq.write_table(pa.table({"t": column}), path, use_deprecated_int96_timestamps=True, **options)
    return str(path)


def micro(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1)) // (datetime(1970, 1, 1, 0, 0, 0, 1) - datetime(1970, 1, 1))


def test_int96_of_spark_is_the_time_that_spark_reads(storage: Path) -> None:
    told = account(str(PARQUET_TESTING / "int96_from_spark.parquet"), storage)
    assert rows(storage, "a") == [
        1704141296123456,
        1704070800000000,
        253402225200000000,
        1735599600000000,
        None,
        9089380393200000000,  # in the year 290000
    ]
    assert (told["rows_declared"], told["lossy"]) == (6, [])


def test_int96_beyond_nanoseconds_is_the_time_that_was_written(tmp_path: Path, storage: Path) -> None:
    account(int96(tmp_path / "a.parquet", pa.array([*BEYOND, None], pa.timestamp("us"))), storage)
    assert rows(storage, "t") == [*map(micro, BEYOND), None]


def test_int96_is_the_same_in_both_steps(tmp_path: Path, storage: Path) -> None:
    table = pa.table({"t": pa.array(BEYOND, pa.timestamp("us")), "geometry": [shapely.Point(1, 2).wkb] * 2})
    pq.write_table(table, tmp_path / "a.parquet", use_deprecated_int96_timestamps=True)
    partition_geospatial(geo_step(str(tmp_path / "a.parquet")), storage, "job-1")
    assert sorted(rows(storage, "t")) == sorted(map(micro, BEYOND))


def test_int96_keeps_its_nanoseconds_where_all_of_it_has_them(tmp_path: Path, storage: Path) -> None:
    account(int96(tmp_path / "a.parquet", pa.array([NANOSECOND, None], pa.timestamp("ns"))), storage)
    assert rows(storage, "t") == [NANOSECOND, None]


def test_nanoseconds_beside_times_that_they_do_not_reach_are_told(tmp_path: Path, storage: Path) -> None:
    fine = int96(tmp_path / "a.parquet", pa.array([NANOSECOND, 0], pa.timestamp("ns")), compression="none")
    content = Path(fine).read_bytes()
    epoch = struct.pack("<qi", 0, 2_440_588)
    far = struct.pack("<qi", 0, 2_440_588 + 1_000_000)
    Path(fine).write_bytes(content.replace(epoch, far, 1))
    told = account(fine, storage)
    assert rows(storage, "t") == [0, 1_000_000 * 86_400 * 10**6]
    assert [one["what"] for one in told["lossy"]] == [
        "column t has times that only microseconds reach, so 1 time lose nanoseconds"
    ]


def test_int96_of_years_that_no_table_reaches_is_refused(tmp_path: Path, storage: Path) -> None:
    path = int96(tmp_path / "a.parquet", pa.array([0], pa.timestamp("us")), compression="none")
    content = Path(path).read_bytes()
    Path(path).write_bytes(content.replace(struct.pack("<qi", 0, 2_440_588), struct.pack("<qi", 0, 2**31 - 1)))
    with pytest.raises(StepFailed, match=r"a\.parquet cannot be read: column t has INT96 times that are none, or that"):
        account(path, storage)


def test_int96_within_columns_reaches_as_far(tmp_path: Path, storage: Path) -> None:
    column = pa.array([[{"at": BEYOND[0]}], None, []], pa.list_(pa.struct([("at", pa.timestamp("us"))])))
    account(int96(tmp_path / "a.parquet", column), storage)
    assert rows(storage, "t") == [[{"at": BEYOND[0]}], None, []]


def test_inputs_of_int96_near_and_far_make_one_table(tmp_path: Path, storage: Path) -> None:
    sources = [
        int96(tmp_path / "a.parquet", pa.array([BEYOND[0]], pa.timestamp("us"))),
        int96(tmp_path / "b.parquet", pa.array([datetime(2024, 1, 1)], pa.timestamp("us"))),
    ]
    assert len(plain_ingested(sources, storage)) == 2


def test_a_footer_with_fewer_rows_than_its_row_groups_is_refused(storage: Path) -> None:
    with pytest.raises(StepFailed, match="its footer says that it has 0 rows, and 6 in its row groups"):
        account(str(PARQUET_TESTING / "repeated_no_annotation.parquet"), storage)


@pytest.mark.parametrize("lie", [0, 1, 9])
def test_a_row_group_with_another_number_of_rows_than_values_is_refused(
    lie: int, tmp_path: Path, storage: Path
) -> None:
    pq.write_table(pa.table({"a": [0] * 50}), tmp_path / "a.parquet", write_statistics=False)
    content = (tmp_path / "a.parquet").read_bytes()
    footer = len(content) - 8 - struct.unpack("<i", content[-8:-4])[0]
    rows_in_varint, lie_in_varint = bytes([100]), bytes([2 * lie])  # zigzag of 50
    places = [place for place in range(footer, len(content)) if content[place : place + 1] == rows_in_varint]
    for place in places:
        (tmp_path / "a.parquet").write_bytes(content[:place] + lie_in_varint + content[place + 1 :])
        try:
            told = account(str(tmp_path / "a.parquet"), storage / str(place))
        except StepFailed:
            continue
        assert told["rows_read"] == 50  # the byte meant something else
    assert places


def test_a_column_with_two_names_in_the_footer_is_refused(tmp_path: Path, storage: Path) -> None:
    pq.write_table(pa.table({"share": [1]}), tmp_path / "a.parquet", store_schema=False)
    content = (tmp_path / "a.parquet").read_bytes()
    before, _, after = content.rpartition(b"share")
    (tmp_path / "a.parquet").write_bytes(before + b"3hare" + after)
    with pytest.raises(StepFailed, match=r"a\.parquet cannot be read: its footer names a column share, and 3hare"):
        account(str(tmp_path / "a.parquet"), storage)


def test_pages_are_checked_where_they_have_checksums(tmp_path: Path, storage: Path) -> None:
    options = {"write_page_checksum": True, "compression": "none", "use_dictionary": False}
    pq.write_table(pa.table({"word": ["hello", "world"]}), tmp_path / "a.parquet", **options)
    content = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(content.replace(b"\x05\0\0\0world", b"\x05\0\0\0wOrld"))
    with pytest.raises(StepFailed, match=r"a\.parquet cannot be read: .*(CRC|checksum)"):
        account(str(tmp_path / "a.parquet"), storage)


def test_text_that_is_no_utf_8_is_refused(tmp_path: Path, storage: Path) -> None:
    pq.write_table(pa.table({"word": ["hello", "w0rld"]}), tmp_path / "a.parquet", compression="none")
    content = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "a.parquet").write_bytes(content.replace(b"w0rld", b"w\xffrld"))
    with pytest.raises(StepFailed, match=r"a\.parquet.*column word.*UTF-8"):
        account(str(tmp_path / "a.parquet"), storage)


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "brotli", "lz4", "zstd"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_every_codec_is_read(codec: str, version: str, tmp_path: Path, storage: Path) -> None:
    table = pa.table({"n": range(1000), "word": [f"w{number % 7}" for number in range(1000)]})
    pq.write_table(table, tmp_path / "a.parquet", compression=codec, data_page_version=version)
    account(str(tmp_path / "a.parquet"), storage)
    assert rows(storage, "word") == table["word"].to_pylist()


def test_bloom_filters_do_no_harm(tmp_path: Path, storage: Path) -> None:
    source = str(tmp_path / "a.parquet")
    duckdb.sql(f"copy (select range % 50 as n from range(1000)) to '{source}' (write_bloom_filter true)")
    assert account(source, storage)["rows_read"] == 1000


class _NoKeys(pe.KmsClient):
    def __init__(self, _config: Any) -> None:
        super().__init__()

    def wrap_key(self, key_bytes: bytes, _master_key_identifier: str) -> bytes:
        return key_bytes

    def unwrap_key(self, wrapped_key: bytes, _master_key_identifier: str) -> bytes:
        return wrapped_key


@pytest.mark.parametrize("plaintext_footer", [True, False])
def test_an_encrypted_file_says_that_it_is(plaintext_footer: bool, tmp_path: Path, storage: Path) -> None:
    factory = pe.CryptoFactory(_NoKeys)
    config = pe.EncryptionConfiguration(
        footer_key="f", column_keys={"c": ["n"]}, plaintext_footer=plaintext_footer, double_wrapping=False
    )
    encryption = factory.file_encryption_properties(pe.KmsConnectionConfig(), config)
    table = pa.table({"n": [1, 2]})
    with pq.ParquetWriter(tmp_path / "a.parquet", table.schema, encryption_properties=encryption) as writer:
        writer.write_table(table)
    with pytest.raises(StepFailed, match=r"a\.parquet is encrypted; .*decrypt"):
        account(str(tmp_path / "a.parquet"), storage)


def test_a_file_without_row_groups_adds_no_rows_and_its_columns(tmp_path: Path, storage: Path) -> None:
    table = pa.table({"n": [1], "word": ["a"]})
    pq.write_table(table, tmp_path / "a.parquet")
    pq.write_table(table.slice(0, 0).append_column("more", pa.array([], pa.int64())), tmp_path / "b.parquet")
    assert pq.read_metadata(tmp_path / "b.parquet").num_row_groups in (0, 1)
    found = plain_ingested([str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")], storage)
    assert found.columns.tolist() == ["n", "word", "more"]


@pytest.mark.parametrize(
    "names", [["a.b", "a"], ["", " "], ["a.b", "a.c"], ["ä/ö", "x\ny"], ["geo", "__index_level_0__"]]
)
def test_columns_may_have_any_names(names: list[str], tmp_path: Path, storage: Path) -> None:
    table = pa.table({name: [number, number + 5] for number, name in enumerate(names)})
    pq.write_table(table, tmp_path / "a.parquet")
    account(str(tmp_path / "a.parquet"), storage)
    assert pq.ParquetFile(storage / "table/0.parquet").read().to_pydict() == table.to_pydict()


def test_a_column_with_a_dot_beside_one_with_parts_is_its_own(tmp_path: Path, storage: Path) -> None:
    table = pa.table({"a": [{"b": 1}], "a.b": [2]})
    pq.write_table(table, tmp_path / "a.parquet")
    account(str(tmp_path / "a.parquet"), storage)
    assert pq.ParquetFile(storage / "table/0.parquet").read().to_pydict() == table.to_pydict()


def test_two_columns_of_one_name_are_refused(tmp_path: Path, storage: Path) -> None:
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["n", "n"]), tmp_path / "a.parquet")
    with pytest.raises(StepFailed, match="two columns are named n"):
        account(str(tmp_path / "a.parquet"), storage)


def test_a_table_of_a_thousand_columns_is_read(tmp_path: Path, storage: Path) -> None:
    table = pa.table({f"c{number}": [number, None] for number in range(1000)})
    pq.write_table(table, tmp_path / "a.parquet")
    account(str(tmp_path / "a.parquet"), storage)
    assert pq.ParquetFile(storage / "table/0.parquet").read().equals(table)


def test_the_index_of_pandas_is_a_column_of_its_name(tmp_path: Path, storage: Path) -> None:
    frame = pd.DataFrame({"n": [1, 2]}, index=pd.Index(["x", "y"], name="key"))
    told = account(saved(frame, tmp_path / "a.parquet"), storage)
    assert (rows(storage, "key"), told["lossy"]) == (["x", "y"], [])


def test_an_index_of_pandas_that_is_no_column_is_told(tmp_path: Path, storage: Path) -> None:
    frame = pd.DataFrame({"n": [1, 2]}, index=pd.RangeIndex(10, 14, 2, name="key"))
    told = account(saved(frame, tmp_path / "a.parquet"), storage)
    [lost] = told["lossy"]
    assert lost["what"].startswith("the index of pandas, key from 10 in steps of 2, is no column of the file")


def test_values_of_every_depth_come_back(tmp_path: Path, storage: Path) -> None:
    parts = pa.struct([("at", pa.list_(pa.date32())), ("m", pa.map_(pa.int8(), pa.bool_()))])
    values = [[("a", [{"at": [date(1, 1, 1), None], "m": [(1, None)]}, None])], None, [("b", None)]]
    table = pa.table({"deep": pa.array(values, pa.map_(pa.string(), pa.list_(parts)))})
    pq.write_table(table, tmp_path / "a.parquet")
    account(str(tmp_path / "a.parquet"), storage)
    assert pq.ParquetFile(storage / "table/0.parquet").read()["deep"].to_pylist() == table["deep"].to_pylist()


@pytest.mark.parametrize("version", ["NONE", "V1", "V2", "BOTH"])
@pytest.mark.parametrize("name", ["geometry", "geom"])
def test_the_files_of_duckdb_are_reprojected(version: str, name: str, tmp_path: Path, storage: Path) -> None:
    crs = gpd.GeoSeries([], crs=32632).crs.to_json().replace("'", "''")
    source = tmp_path / "a.parquet"
    duckdb.sql(
        f"copy (select 1 as id, 'POINT (500000 5500000)'::GEOMETRY('{crs}') as {name}) to '{source}' "
        f"(format parquet, geoparquet_version '{version}')"
    )
    [found] = ingested(str(source), storage).geometry
    assert (found.x, found.y) == pytest.approx((9, 49.65), abs=0.01)


@pytest.mark.parametrize("encoding", ["WKB", "geoarrow"])
@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_the_files_of_geopandas_are_reprojected(encoding: str, version: str, tmp_path: Path, storage: Path) -> None:
    if (encoding, version) == ("geoarrow", "1.0.0"):
        pytest.skip("this version of GeoParquet has no such encoding")
    source = saved(grid(3, 3).to_crs(3857), tmp_path / "a.parquet", geometry_encoding=encoding, schema_version=version)
    assert ingested(source, storage).total_bounds == pytest.approx([0, 0, 2.5, 2.5], abs=1e-9)


def test_boxes_as_overture_has_them_are_no_column_and_others_are(tmp_path: Path, storage: Path) -> None:
    frame = points(2)
    frame["bbox"] = [{"xmin": 0.0, "xmax": 1.0, "ymin": 0.0, "ymax": 1.0}] * 2
    own = saved(frame, tmp_path / "own.parquet")
    assert "bbox" in ingested(own, storage).columns
    covered = saved(points(2), tmp_path / "covered.parquet", write_covering_bbox=True)
    assert "bbox" not in ingested(covered, storage, output="fd://table", overwrite=True).columns
