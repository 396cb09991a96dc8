"""Parquet of every type, and of every writer of geometry, comes back as it was."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, reject
from hypothesis import strategies as st

from tests.properties import parquets
from tests.properties.duck import rows_lacking, write_geoparquet
from tests.properties.engine import apart, ingested
from tests.properties.layers import layers
from tests.properties.round_trip import trips, unlike
from tests.properties.seen import Seen, seen

_REFUSED = ["Nested data conversions not implemented"]  # what pyarrow itself does not read in batches


def read(paths: list[Path]) -> pa.Table:
    return pa.concat_tables([pq.ParquetFile(path, coerce_int96_timestamp_unit="us").read() for path in paths])


def files_of(folder: Path) -> list[Path]:
    return sorted((folder / "storage/table").glob("*.parquet"), key=lambda path: int(path.stem))


@trips(20)
@given(table=parquets.tables(), ways=parquets.WAYS, data=st.data())
def test_values_of_every_type_come_back_in_their_order(
    table: pa.Table, ways: dict[str, Any], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("trip")
    path = folder / "a.parquet"
    parquets.write(table, path, ways)
    came = ingested(path, folder, is_plain=True)
    if came.message is not None:
        assert unlike(came, _none, path, _REFUSED) is None
        return
    assert came.broken is None
    before, after = read([path]), read(files_of(folder))
    assert after.column_names == before.column_names
    assert repr(after.to_pydict()) == repr(before.to_pydict())  # text, since not a number is not equal to itself


@trips(20)
@given(table=parquets.tables(), ways=parquets.WAYS)
def test_duckdb_finds_the_same_rows_in_the_input_and_in_the_table(
    table: pa.Table, ways: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("trip")
    path = folder / "a.parquet"
    parquets.write(table, path, ways)
    came = ingested(path, folder, is_plain=True)
    if came.table is None:
        assert unlike(came, _none, path, _REFUSED) is None
        return
    assert apart(lambda: rows_lacking(path, folder / "storage/table")) == ([], "")


def _none(path: Path) -> Seen:
    raise NotImplementedError


def _by_duckdb(frame: gpd.GeoDataFrame, path: Path, version: str) -> None:
    frame = frame.rename(columns={"": "empty"})  # DuckDB names such a column itself
    frame.to_wkb().to_parquet(path.with_name("wkb.parquet"))
    crs = None if frame.crs is None else frame.crs.to_json()
    _, why = apart(lambda: write_geoparquet(path.with_name("wkb.parquet"), path, crs=crs, version=version))
    assert why == ""


WRITERS = {
    "geopandas": lambda frame, path: frame.to_parquet(path, row_group_size=3),
    "geopandas, GeoParquet 1.0": lambda frame, path: frame.to_parquet(path, schema_version="1.0.0"),
    "geopandas, boxes": lambda frame, path: frame.to_parquet(path, write_covering_bbox=True),
    "geopandas, GeoArrow": lambda frame, path: frame.to_parquet(path, geometry_encoding="geoarrow"),
    "pyarrow, extension type": lambda frame, path: pq.write_table(pa.table(frame.to_arrow()), path),
    "DuckDB, GeoParquet": lambda frame, path: _by_duckdb(frame, path, "V1"),
    "DuckDB, GeoParquet and Parquet's type": lambda frame, path: _by_duckdb(frame, path, "BOTH"),
    "DuckDB, Parquet's type": lambda frame, path: _by_duckdb(frame, path, "NONE"),
}


@pytest.mark.parametrize("writer", WRITERS)
@trips(5)
@given(frame=layers())
def test_geometry_of_every_writer_comes_back_in_degrees(
    writer: str, frame: gpd.GeoDataFrame, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("trip")
    path = folder / "a.parquet"
    frame = frame.drop(columns="bbox", errors="ignore")
    try:
        WRITERS[writer](frame, path)
    except (NotImplementedError, ValueError):
        reject()  # GeoArrow has no collections and no mixed kinds
    named = frame.rename(columns={"": "empty"}) if writer.startswith("DuckDB") else frame
    columns = {name: named[name].tolist() for name in named.columns if name != "geometry"}
    shapes = frame.geometry.tolist()
    if writer.endswith("GeoArrow") and any(one is not None and one.geom_type in _MULTIPLE for one in shapes):
        shapes = [_multiple(one) for one in shapes]  # a column of it has one kind
    came = ingested(path, folder, is_plain=False)
    assert unlike(came, lambda _: seen(columns, shapes, frame.crs), path) is None


_MULTIPLE = ("MultiPoint", "MultiLineString", "MultiPolygon")


def _multiple(one: Any) -> Any:
    if one is None or one.geom_type in _MULTIPLE:
        return one
    return getattr(shapely, f"Multi{one.geom_type}")([] if one.is_empty else [one])
