"""An ingestion writes the table that its spec expects, or none."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from fused_spec.engine.failures import StepFailed
from tests.unit.engine.building import grid, ingested, plain_ingested, points, saved


def expecting(**expect: Any) -> dict[str, Any]:
    return {"metadata": {"fused-spec": {"expect": expect}}}


@pytest.mark.parametrize(
    "expect",
    [
        {"rows": 100},
        {"rows": {"min": 1, "max": 100}},
        {"columns": ["row", "geometry"], "not_null": ["row", "geometry"]},
        {"crs": "EPSG:4326", "bounds": [0, 0, 10, 10]},
    ],
)
def test_a_table_that_is_as_expected_is_written(expect: dict[str, Any], tmp_path: Path, storage: Path) -> None:
    source = saved(grid(), tmp_path / "a.parquet")
    assert len(ingested(source, storage, partitioning_maximum_per_file=30, **expecting(**expect))) == 100


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ({"rows": {"min": 101}}, "100 rows, expected at least 101"),
        ({"columns": ["height"]}, r"no column height \(it has row, geometry\)"),
        ({"crs": "EPSG:27700"}, "crs EPSG:4326, expected EPSG:27700"),
        ({"bounds": [0, 0, 5, 5]}, r"bounds \[0, 0, 9.5, 9.5\], expected within \[0, 0, 5, 5\]"),
        ({"rows": 1, "columns": ["x"]}, "100 rows, expected 1; no column x"),
    ],
)
def test_another_table_is_refused_with_what_differs(
    expect: dict[str, Any], said: str, tmp_path: Path, storage: Path
) -> None:
    source = saved(grid(), tmp_path / "a.parquet")
    with pytest.raises(
        StepFailed, match=f"the table is not what the spec expects: {said}.*; fd://table is left as it was"
    ):
        ingested(source, storage, **expecting(**expect))
    assert list(storage.iterdir()) == []


def test_the_table_before_stays_when_the_new_one_is_not_as_expected(tmp_path: Path, storage: Path) -> None:
    ingested(saved(points(3), tmp_path / "a.parquet"), storage)
    with pytest.raises(StepFailed):
        ingested(saved(points(2), tmp_path / "b.parquet"), storage, overwrite=True, **expecting(rows=3))
    assert len(gpd.read_parquet(storage / "table")) == 3


def test_the_table_of_measures_is_not_written_either(tmp_path: Path, storage: Path) -> None:
    source = saved(points(3), tmp_path / "a.parquet")
    with pytest.raises(StepFailed):
        ingested(source, storage, output_metadata="fd://fused", **expecting(rows=4))
    assert list(storage.iterdir()) == []


def test_missing_values_are_counted_through_all_files(tmp_path: Path, storage: Path) -> None:
    frame = points(20).assign(height=[1.5, None] * 10)
    caps = {"partitioning_maximum_per_file": 5, "partitioning_maximum_per_chunk": 2}
    with pytest.raises(StepFailed, match="10 of 20 values of height are missing"):
        ingested(saved(frame, tmp_path / "a.parquet"), storage, **caps, **expecting(not_null=["height"]))


def test_a_row_without_geometry_is_missing_one(tmp_path: Path, storage: Path) -> None:
    frame = gpd.GeoDataFrame({"row": [1, 2]}, geometry=[None, shapely.Point()], crs=4326)
    with pytest.raises(StepFailed, match="1 of 2 values of geometry are missing"):
        ingested(saved(frame, tmp_path / "a.parquet"), storage, **expecting(not_null=["geometry"]))


def test_rows_are_counted_after_geometries_were_taken_apart(tmp_path: Path, storage: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.MultiPoint([(0, 0), (1, 1)])], crs=4326)
    source = saved(frame, tmp_path / "a.parquet")
    assert len(ingested(source, storage, explode_geometries=True, **expecting(rows=2))) == 2


def test_a_plain_table_is_checked_too(tmp_path: Path, storage: Path) -> None:
    source = saved(pd.DataFrame({"a": [1.0, None]}), tmp_path / "a.parquet")
    with pytest.raises(StepFailed, match="1 of 2 values of a are missing, none may be"):
        plain_ingested(source, storage, **expecting(not_null=["a"]))
