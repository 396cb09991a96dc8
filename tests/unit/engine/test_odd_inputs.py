"""Inputs that are unusual, and what an ingestion makes of them or says of them."""

import sys
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from fused_spec.engine.failures import StepFailed
from tests.unit.engine.building import geo_step, grid, ingested, partition_geospatial, plain_ingested, points, saved
from tests.unit.engine.test_geoparquet import problems


def parquet(path: Path, **columns: Any) -> str:
    pq.write_table(pa.table(columns), path)
    return str(path)


@pytest.mark.parametrize("text", ["POINT M (1 2 3)", "POINT ZM (1 2 3 4)", "LINESTRING M (0 0 1, 1 1 2)"])
def test_measures_are_left_out_since_geoparquet_has_none(text: str, tmp_path: Path, storage: Path) -> None:
    shape = shapely.from_wkt(text)
    ingested(parquet(tmp_path / "a.parquet", geometry=[shapely.to_wkb(shape, flavor="iso")]), storage)
    assert problems(storage / "table") == ""
    [found] = gpd.read_parquet(storage / "table").geometry
    assert (shapely.has_m(found), shapely.has_z(found)) == (False, shapely.has_z(shape))


def test_height_in_the_form_of_postgis_becomes_that_of_geoparquet(tmp_path: Path, storage: Path) -> None:
    height = shapely.Point(1, 2, 3)
    ingested(parquet(tmp_path / "a.parquet", geometry=[shapely.to_wkb(height, flavor="extended"), None]), storage)
    [_, found] = sorted(pq.read_table(storage / "table")["geometry"].to_pylist(), key=str)
    assert found == shapely.to_wkb(height, flavor="iso")


def test_the_coordinate_system_that_geometries_name_themselves_counts(tmp_path: Path, storage: Path) -> None:
    shape = shapely.set_srid(shapely.Point(111_319.49, 0), 3857)
    source = parquet(tmp_path / "a.parquet", geometry=[None, shapely.to_wkb(shape, include_srid=True)])
    assert ingested(source, storage).total_bounds.tolist() == pytest.approx([1, 0, 1, 0], abs=1e-6)


def test_views_of_text_are_text(tmp_path: Path, storage: Path) -> None:
    source = parquet(tmp_path / "a.parquet", a=pa.array(["x", None], pa.string_view()))
    assert plain_ingested(source, storage, partition_col="a")["a"].fillna("-").tolist() == ["x", "-"]


def test_dictionaries_and_text_of_several_inputs_meet_as_text(tmp_path: Path, storage: Path) -> None:
    sources = [
        parquet(tmp_path / "a.parquet", a=pa.array(["x"]).dictionary_encode()),
        parquet(tmp_path / "b.parquet", a=["y"]),
        parquet(tmp_path / "c.parquet", a=pa.array(["z"]).cast(pa.dictionary(pa.int8(), pa.string()))),
    ]
    assert plain_ingested(sources, storage)["a"].tolist() == ["x", "y", "z"]


def test_rows_that_have_no_order_are_not_grouped(tmp_path: Path, storage: Path) -> None:
    source = parquet(tmp_path / "a.parquet", a=[{"x": 1}])
    with pytest.raises(StepFailed, match="partition_col: rows cannot be sorted by a, a column of struct"):
        plain_ingested(source, storage, partition_col="a")


def test_boxes_that_came_with_the_geometry_are_not_kept_as_a_column(tmp_path: Path, storage: Path) -> None:
    source = saved(points(3).to_crs(3857), tmp_path / "a.parquet", write_covering_bbox=True)
    assert list(ingested(source, storage).columns) == ["row", "word", "geometry"]


def test_a_column_of_the_users_is_not_replaced_by_boxes(tmp_path: Path, storage: Path) -> None:
    source = saved(points(3).assign(bbox=7), tmp_path / "a.parquet")
    with pytest.raises(StepFailed, match="has a column named bbox, as write_covering_bbox would write; name it in"):
        ingested(source, storage, write_covering_bbox=True)
    assert "bbox" in pq.read_schema(_covered(source, storage) / "0.parquet").names


def _covered(source: str, storage: Path) -> Path:
    ingested(source, storage, write_covering_bbox=True, remove_cols=["bbox"])
    return storage / "table"


def test_one_column_is_no_pair_of_coordinates(tmp_path: Path, storage: Path) -> None:
    source = saved(pd.DataFrame({"lon": [1.0]}), tmp_path / "a.csv")
    with pytest.raises(StepFailed, match="lonlat_cols names lon twice"):
        ingested(source, storage, lonlat_cols=("lon", "lon"))


def test_text_that_gdal_makes_geometry_of_stays_beside_it(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.csv").write_text("n,shape\n1,POINT (1 2)\n")
    options = {"open_options": {"GEOM_POSSIBLE_NAMES": "shape"}}
    table = ingested(str(tmp_path / "a.csv"), storage, gdal_config=options)
    assert (table["shape"].tolist(), table.geometry.tolist()) == (["POINT (1 2)"], [shapely.Point(1, 2)])


@pytest.mark.parametrize("name", ["layer", "columns", "max_features", "where", "batch_size", "use_pyarrow"])
def test_what_is_no_option_of_gdal_is_refused(name: str, tmp_path: Path, storage: Path) -> None:
    source = saved(points(1), tmp_path / "a.geojson")
    with pytest.raises(StepFailed, match=rf"gdal_config\.open_options: {name} is no option of a GDAL driver"):
        ingested(source, storage, gdal_config={"open_options": {name: "1"}})


def test_options_of_gdal_count_for_text_with_coordinates_too(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.csv").write_text("lon,lat,code\n1,2,007\n")
    options = {"open_options": {"AUTODETECT_TYPE": "NO"}}
    table = ingested(str(tmp_path / "a.csv"), storage, lonlat_cols=("lon", "lat"), gdal_config=options)
    assert table["code"].tolist() == ["007"]


def test_integers_that_gdal_changes_are_told(tmp_path: Path, storage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv").write_text('WKT,id,n\n"POINT (1 2)",12345678901234567891,5\n')
    ingested(str(tmp_path / "a.csv"), storage, gdal_config={"open_options": {"AUTODETECT_TYPE": "YES"}})
    told = [line for line in capsys.readouterr().out.splitlines() if "64 bits" in line]
    assert [line.partition(": numbers")[0] for line in told] == ["a.csv: lossy: column id"]


def test_the_largest_coordinates_that_there_are_end_somewhere(tmp_path: Path, storage: Path) -> None:
    far = sys.float_info.max
    source = saved(pd.DataFrame({"lon": [-far, far, 0.0, 1.0] * 4, "lat": 0.0}), tmp_path / "a.parquet")
    caps = {"partitioning_maximum_per_file": 4, "partitioning_maximum_per_chunk": 2}
    assert len(ingested(source, storage, lonlat_cols=("lon", "lat"), **caps)) == 16


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_columns_may_be_parted_by_another_sign(separator: str, tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.csv").write_text(f"a{separator}b\n1{separator}2\n")
    assert plain_ingested(str(tmp_path / "a.csv"), storage).to_dict("list") == {"a": [1], "b": [2]}


def test_a_pattern_names_the_files_that_it_matches(tmp_path: Path, storage: Path) -> None:
    for name in ("part-1", "part-2", "other", "_part-3"):
        saved(points(2), tmp_path / f"{name}.parquet")
    assert len(ingested(f"{tmp_path}/*part-*.parquet", storage)) == 4


def test_a_pattern_may_reach_into_folders(tmp_path: Path, storage: Path) -> None:
    for name in ("a.parquet", "year=2024/b.parquet", "_old/c.parquet"):
        saved(points(2), storage / "raw" / name)
    assert len(ingested("fd://raw/**/*.parquet", storage)) == 4


def test_a_pattern_does_not_read_the_table_that_it_makes(tmp_path: Path, storage: Path) -> None:
    saved(points(2), storage / "data/raw/a.parquet")
    outputs = {"output": "fd://data/table", "output_metadata": "fd://data/fused"}
    for _ in range(2):
        partition_geospatial(geo_step("fd://data/**/*.parquet", **outputs), storage, "job-1")
    assert len(gpd.read_parquet(storage / "data/table")) == 2


def test_a_file_beside_the_table_below_a_pattern_is_an_input_that_is_not_removed(tmp_path: Path, storage: Path) -> None:
    saved(points(2), storage / "data/raw/a.parquet")
    step = geo_step("fd://data/**/*.parquet", output="fd://data/table", overwrite=True)
    partition_geospatial(step, storage, "job-1")
    saved(points(2), storage / "data/table/new.parquet")
    with pytest.raises(StepFailed, match="holds the input"):
        partition_geospatial(step, storage, "job-2")


def test_parquet_is_known_by_how_it_begins(tmp_path: Path, storage: Path) -> None:
    Path(saved(points(2), tmp_path / "a.parquet")).rename(tmp_path / "part-0")
    assert len(ingested(str(tmp_path / "part-0"), storage)) == 2


def test_points_and_lines_beside_a_surface_that_is_cut_are_kept(tmp_path: Path, storage: Path) -> None:
    line = shapely.LineString([(60, 60), (70, 70)])
    inner = shapely.GeometryCollection([shapely.Point(50, 50), line])
    mixed = gpd.GeoDataFrame(geometry=[shapely.GeometryCollection([shapely.box(0, 0, 9, 9), inner])], crs=4326)
    table = ingested(saved(mixed, tmp_path / "a.parquet"), storage, subdivide_start=20)
    assert shapely.equals(shapely.union_all(table.geometry.to_numpy()), shapely.union_all(mixed.geometry.to_numpy()))


def test_a_pattern_that_matches_nothing_says_so(tmp_path: Path, storage: Path) -> None:
    with pytest.raises(StepFailed, match=r"no file matches the input fd://parts/\*.parquet"):
        ingested("fd://parts/*.parquet", storage)


def test_parquet_in_an_archive_is_told_to_be_unpacked(tmp_path: Path, storage: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(saved(points(1), tmp_path / "a.parquet"), "a.parquet")
    with pytest.raises(StepFailed, match=r"a\.zip holds Parquet, which is not read within an archive; unpack it"):
        ingested(str(tmp_path / "a.zip"), storage)


def test_what_gdal_does_not_know_is_named_without_where_it_lies(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(StepFailed) as refused:
        ingested(str(tmp_path / "a.txt"), storage)
    known = (
        "convert it to GeoParquet, GeoPackage, GeoJSON or CSV, say in read.delimiter what separates its columns, or "
        "leave it out"
    )
    assert str(refused.value) == (
        f"a.txt cannot be read: 'a.txt' not recognized as being in a supported file format; {known}"
    )


def test_coordinates_of_no_place_on_earth_are_told_to_be_reprojected(tmp_path: Path, storage: Path) -> None:
    local = points(1).set_crs('LOCAL_CS["plan",UNIT["metre",1]]', allow_override=True)
    with pytest.raises(StepFailed, match=r"cannot be turned into EPSG:4326: .*; reproject the input first"):
        ingested(saved(local, tmp_path / "a.parquet"), storage)


def test_caps_that_leave_crumbs_are_told_with_their_unit(
    tmp_path: Path, storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {"partitioning_method": "area", "partitioning_force_utm": "file"}
    ingested(saved(grid(11, 11), tmp_path / "a.parquet"), storage, **options)
    assert "121 files for 121 rows: partitioning_maximum_per_file counts square degrees, or square metres with" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize("when", ["opened", "read"])
def test_what_a_library_did_not_foresee_names_the_file(
    when: str, tmp_path: Path, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unforeseen(*_: Any, **__: Any) -> Any:
        return {}["no such code"]

    where = {"opened": "formats.open_parquet", "read": "columnar.parquet._batches"}[when]
    monkeypatch.setattr(f"fused_spec.engine.ingest.reading.{where}", unforeseen)
    with pytest.raises(StepFailed, match=r"a\.parquet cannot be read: it is damaged, or .*KeyError: 'no such code'"):
        ingested(saved(points(2), tmp_path / "a.parquet"), storage)
