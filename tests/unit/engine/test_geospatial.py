"""Reading for the partition_geospatial step: formats, coordinates, columns, and what cannot be read."""

import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from fused_spec.engine.failures import StepFailed
from tests.unit.engine.building import areas, chunk_sizes, geo_step, grid, ingested, partition_geospatial, points, saved

# Reading


@pytest.mark.parametrize("name", ["a.parquet", "a.pq", "a.geojson", "a.gpkg", "a.fgb", "a.shp"])
def test_every_format_gives_the_same_rows(name: str, tmp_path: Path, storage: Path) -> None:
    table = ingested(saved(grid(3, 2), tmp_path / name), storage)
    assert sorted(table["row"]) == [0, 1, 2, 3, 4, 5]
    assert areas(table).tolist() == pytest.approx([0.25] * 6)


def test_a_zipped_shapefile_in_a_folder_is_read(tmp_path: Path, storage: Path) -> None:
    saved(grid(3, 2), tmp_path / "in" / "inner" / "a.shp")
    assert len(ingested(shutil.make_archive(str(tmp_path / "a"), "zip", tmp_path / "in"), storage)) == 6


def test_inputs_are_put_together(tmp_path: Path, storage: Path) -> None:
    sources = [saved(points(3), tmp_path / "a.parquet"), saved(points(4), tmp_path / "b.gpkg")]
    assert len(ingested(sources, storage)) == 7


def test_a_folder_gives_its_files_but_not_the_hidden_ones(tmp_path: Path, storage: Path) -> None:
    for name in ("a.parquet", "b.parquet", ".c.parquet", "_d.parquet"):
        saved(points(2), tmp_path / "in" / name)
    assert len(ingested(f"file://{tmp_path}/in", storage)) == 4


def test_a_folder_with_a_shapefile_gives_it_once(tmp_path: Path, storage: Path) -> None:
    saved(points(3), tmp_path / "in" / "a.shp")
    assert len(ingested(str(tmp_path / "in"), storage)) == 3


def test_only_inputs_with_the_suffix_are_kept(tmp_path: Path, storage: Path) -> None:
    saved(points(2), tmp_path / "in" / "a.parquet")
    saved(points(3), tmp_path / "in" / "b.gpkg")
    assert len(ingested(str(tmp_path / "in"), storage, file_suffix=".gpkg")) == 3


def test_an_ingested_table_can_be_ingested_again(tmp_path: Path, storage: Path) -> None:
    ingested(saved(points(9), tmp_path / "a.parquet"), storage, partitioning_maximum_per_file=2)
    partition_geospatial(geo_step("fd://table", output="fd://again"), storage, "job-2")
    assert chunk_sizes(storage, "again") == [[9]]


def test_points_are_made_of_two_columns(tmp_path: Path, storage: Path) -> None:
    frame = pd.DataFrame({"lon": [10.5, 11], "lat": [50, 51]})
    table = ingested(saved(frame, tmp_path / "a.csv"), storage, lonlat_cols=("lon", "lat"))
    assert {(point.x, point.y) for point in table.geometry} == {(10.5, 50), (11, 51)}


def test_a_row_without_a_coordinate_is_kept_without_geometry(tmp_path: Path, storage: Path) -> None:
    frame = pd.DataFrame({"lon": [10.5, None], "lat": [50, 51]})
    table = ingested(saved(frame, tmp_path / "a.parquet"), storage, lonlat_cols=("lon", "lat"))
    assert table.geometry.isna().sum() == 1


def test_coordinates_come_out_in_degrees(tmp_path: Path, storage: Path) -> None:
    table = ingested(saved(points(5).to_crs(3857), tmp_path / "a.gpkg"), storage)
    assert table.crs == "EPSG:4326"
    assert sorted(table.geometry.x) == pytest.approx([0, 1, 2, 3, 4])


def test_inputs_of_differing_coordinates_meet_in_degrees(tmp_path: Path, storage: Path) -> None:
    sources = [saved(points(2), tmp_path / "a.parquet"), saved(points(2).to_crs(32631), tmp_path / "b.parquet")]
    table = ingested(sources, storage)
    assert sorted(table.geometry.y) == pytest.approx([0, 0, 1, 1], abs=1e-9)


def test_height_survives_reprojection(tmp_path: Path, storage: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(500000, 0, 7)], crs=32631)
    table = ingested(saved(frame, tmp_path / "a.parquet"), storage)
    assert table.geometry[0].z == 7


def test_a_missing_coordinate_system_is_taken_as_degrees_and_said(
    tmp_path: Path, storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = points(3).set_crs(None, allow_override=True)
    assert ingested(saved(frame, tmp_path / "a.parquet"), storage).crs == "EPSG:4326"
    assert "a.parquet: 3 rows, no coordinate system given, taken as EPSG:4326" in capsys.readouterr().out


def test_the_log_tells_what_was_read_and_written(
    tmp_path: Path, storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingested(saved(points(4), tmp_path / "a.parquet"), storage, partitioning_maximum_per_chunk=2)
    assert capsys.readouterr().out.splitlines() == [
        "a.parquet: 4 rows, EPSG:4326",
        "wrote 4 rows in 1 file, 2 chunks to fd://table",
    ]


def test_an_input_named_by_its_digest_is_told_by_the_beginning(
    tmp_path: Path, storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingested(saved(points(4), tmp_path / f"{'5e36b01a' * 8}.parquet"), storage)
    assert capsys.readouterr().out.startswith("5e36b01a5e36….parquet: 4 rows")


def test_a_layer_is_chosen_by_name(tmp_path: Path, storage: Path) -> None:
    path = tmp_path / "a.gpkg"
    saved(points(2), path, layer="few")
    saved(points(5), path, layer="many", mode="a")
    assert len(ingested(str(path), storage, gdal_config={"layer": "many"})) == 5


def test_without_a_name_the_first_layer_is_read_and_the_log_names_the_others(
    tmp_path: Path, storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.gpkg"
    saved(points(2), path, layer="few")
    saved(points(5), path, layer="many", mode="a")
    assert len(ingested(str(path), storage)) == 2
    assert (
        "a.gpkg: lossy: of its layers few, many only few is read; gdal_config.layer names another"
        in capsys.readouterr().out
    )


def test_open_options_reach_gdal(tmp_path: Path, storage: Path) -> None:
    frame = pd.DataFrame({"easting": [1.0, 2.0], "northing": [3.0, 4.0]})
    options = {"X_POSSIBLE_NAMES": "easting", "Y_POSSIBLE_NAMES": "northing"}
    table = ingested(saved(frame, tmp_path / "a.csv"), storage, gdal_config={"open_options": options})
    assert sorted(table.geometry.x) == [1, 2]


def test_geometry_in_another_encoding_than_wkb_is_read(tmp_path: Path, storage: Path) -> None:
    source = saved(points(3), tmp_path / "a.parquet", geometry_encoding="geoarrow", schema_version="1.1.0")
    assert sorted(ingested(source, storage).geometry.x) == [0, 1, 2]


def test_points_take_the_place_of_a_geometry(tmp_path: Path, storage: Path) -> None:
    frame = points(2).assign(lon=[7.0, 8.0], lat=[1.0, 2.0])
    table = ingested(saved(frame, tmp_path / "a.parquet"), storage, lonlat_cols=("lon", "lat"))
    assert sorted(table.geometry.x) == [7, 8]


# Columns


def test_only_the_columns_asked_for_are_loaded(tmp_path: Path, storage: Path) -> None:
    table = ingested(saved(points(), tmp_path / "a.gpkg"), storage, load_columns=["word"])
    assert list(table.columns) == ["word", "geometry"]


@pytest.mark.parametrize("name", ["a.parquet", "a.gpkg"])
def test_a_table_may_be_geometry_alone(name: str, tmp_path: Path, storage: Path) -> None:
    table = ingested(saved(points(3), tmp_path / name), storage, load_columns=[])
    assert (list(table.columns), len(table)) == (["geometry"], 3)


def test_what_points_are_made_of_is_read_without_being_kept(tmp_path: Path, storage: Path) -> None:
    frame = pd.DataFrame({"lon": [10.5], "lat": [50], "name": ["x"]})
    source = saved(frame, tmp_path / "a.csv")
    table = ingested(source, storage, lonlat_cols=("lon", "lat"), load_columns=["name"])
    assert list(table.columns) == ["name", "geometry"]


def test_columns_can_be_removed(tmp_path: Path, storage: Path) -> None:
    table = ingested(saved(points(), tmp_path / "a.parquet"), storage, remove_cols=["word"])
    assert list(table.columns) == ["row", "geometry"]


def test_the_geometry_column_is_called_geometry(tmp_path: Path, storage: Path) -> None:
    source = saved(points().rename_geometry("shape"), tmp_path / "a.parquet")
    assert ingested(source, storage).geometry.name == "geometry"


def test_a_column_missing_in_one_input_is_null_there(tmp_path: Path, storage: Path) -> None:
    sources = [saved(points(2), tmp_path / "a.parquet"), saved(points(2)[["row", "geometry"]], tmp_path / "b.parquet")]
    assert ingested(sources, storage)["word"].isna().sum() == 2


# What cannot be done


def failure(source: str | list[str], storage: Path, **options: Any) -> str:
    with pytest.raises(StepFailed) as caught:
        ingested(source, storage, **options)
    return str(caught.value)


@pytest.mark.parametrize("field", ["load_columns", "remove_cols"])
def test_an_unknown_column_is_named_with_the_nearest(field: str, tmp_path: Path, storage: Path) -> None:
    text = failure(saved(points(), tmp_path / "a.parquet"), storage, **{field: ["wrod"]})
    assert text == f"{field}: there is no column wrod; did you mean word?"


def test_the_geometry_cannot_be_removed(tmp_path: Path, storage: Path) -> None:
    assert "cannot be removed" in failure(saved(points(), tmp_path / "a.parquet"), storage, remove_cols=["geometry"])


def test_a_table_without_geometry_says_what_to_do(tmp_path: Path, storage: Path) -> None:
    text = failure(saved(pd.DataFrame({"a": [1]}), tmp_path / "a.parquet"), storage)
    assert text.startswith("a.parquet has no geometry; name its two coordinate columns in lonlat_cols")


def test_coordinates_must_be_numbers(tmp_path: Path, storage: Path) -> None:
    frame = pd.DataFrame({"lon": ["east"], "lat": [50]})
    assert "a.csv, line 2: lonlat_cols: lon must be numbers, and 'east' is none" in failure(
        saved(frame, tmp_path / "a.csv"), storage, lonlat_cols=("lon", "lat")
    )


def test_a_missing_input_is_named(storage: Path) -> None:
    assert failure("fd://nothing.parquet", storage) == "input fd://nothing.parquet does not exist"


def test_a_file_that_is_no_table_is_named(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.parquet").write_text("no")
    assert failure(str(tmp_path / "a.parquet"), storage).startswith("a.parquet cannot be read: ")


def test_a_file_that_gdal_does_not_know_is_named(tmp_path: Path, storage: Path) -> None:
    (tmp_path / "a.geojson").write_text("no")
    assert failure(str(tmp_path / "a.geojson"), storage).startswith("a.geojson cannot be read: ")


def test_bytes_that_are_no_geometry_are_refused(tmp_path: Path, storage: Path) -> None:
    source = saved(pd.DataFrame({"geometry": [b"no"]}), tmp_path / "a.parquet")
    assert failure(source, storage).startswith("a.parquet: row 1: a geometry cannot be read: ")


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ("{", "a.parquet cannot be read: its GeoParquet metadata is broken"),
        (
            '{"primary_column": "geometry", "columns": {}}',
            "a.parquet cannot be read: its GeoParquet metadata is broken",
        ),
        (
            '{"primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB", "crs": "nowhere"}}}',
            "a.parquet: its coordinates cannot be turned into EPSG:4326",
        ),
    ],
)
def test_broken_metadata_are_named(metadata: str, problem: str, tmp_path: Path, storage: Path) -> None:
    table = pa.table({"geometry": pa.array([b""])}).replace_schema_metadata({"geo": metadata})
    pq.write_table(table, tmp_path / "a.parquet")
    assert failure(str(tmp_path / "a.parquet"), storage).startswith(problem)


def test_inputs_whose_types_do_not_fit_are_refused(tmp_path: Path, storage: Path) -> None:
    second = points(2).assign(row=["x", "y"])
    sources = [saved(points(2), tmp_path / "a.parquet"), saved(second, tmp_path / "b.parquet")]
    assert failure(sources, storage).startswith("b.parquet does not fit the inputs before it")


def test_nothing_to_ingest_is_a_failure(tmp_path: Path, storage: Path) -> None:
    assert "no rows" in failure(saved(points(0), tmp_path / "a.parquet"), storage)


def test_an_ingestion_needs_an_output(tmp_path: Path, storage: Path) -> None:
    text = failure(saved(points(), tmp_path / "a.parquet"), storage, output=None)
    assert text.startswith("output is not given")


@pytest.mark.parametrize(
    "thresholds",
    [
        {"subdivide_start": 1, "subdivide_stop": 2},
        {"subdivide_stop": 0},
        {"subdivide_start": 1, "subdivide_method": None},
    ],
)
def test_contradictory_thresholds_are_refused(thresholds: dict[str, Any], tmp_path: Path, storage: Path) -> None:
    assert failure(saved(grid(), tmp_path / "a.parquet"), storage, **thresholds).startswith("subdivide_")


def test_a_stop_that_would_cut_without_end_is_refused(tmp_path: Path, storage: Path) -> None:
    assert "raise it" in failure(saved(grid(), tmp_path / "a.parquet"), storage, subdivide_stop=1e-12)


def test_an_archive_of_several_tables_asks_which(tmp_path: Path, storage: Path) -> None:
    saved(points(2), tmp_path / "in" / "few.shp")
    saved(points(5), tmp_path / "in" / "inner" / "many.shp")
    archive = shutil.make_archive(str(tmp_path / "a"), "zip", tmp_path / "in")
    text = failure(archive, storage)
    assert text.startswith("a.zip holds the tables ")
    assert text.endswith("; name one in gdal_config.layer")
    assert len(ingested(archive, storage, gdal_config={"layer": "many"})) == 5


def test_an_unknown_layer_is_named(tmp_path: Path, storage: Path) -> None:
    text = failure(saved(points(2), tmp_path / "a.gpkg"), storage, gdal_config={"layer": "many"})
    assert text.startswith("a.gpkg cannot be read: ")


@pytest.mark.parametrize("name", ["a.gpkg", "a.fgb", "a.zip", "a.csv", "a.shp", "a.parquet"])
def test_broken_files_of_every_format_are_named(name: str, tmp_path: Path, storage: Path) -> None:
    (tmp_path / name).write_bytes(b"PK\x03\x04 SQLite format 3\0 fgb\x03 PAR1")
    assert failure(str(tmp_path / name), storage).startswith(f"{name} ")


def test_a_truncated_file_is_named(tmp_path: Path, storage: Path) -> None:
    source = Path(saved(points(5000), tmp_path / "a.parquet"))
    whole = source.read_bytes()
    source.write_bytes(whole[:200] + bytes(len(whole) - 5000) + whole[len(whole) - 4800 :])
    assert failure(str(source), storage).startswith("a.parquet cannot be read: ")


def test_geometry_of_parquet_itself_is_read(tmp_path: Path, storage: Path) -> None:
    metadata = {"ARROW:extension:name": "geoarrow.wkb", "ARROW:extension:metadata": '{"crs": "EPSG:3857"}'}
    field = pa.field("shape", pa.binary(), metadata=metadata)
    table = pa.table([pa.array([shapely.Point(111319.49079327357, 0).wkb])], schema=pa.schema([field]))
    pq.write_table(table, tmp_path / "a.parquet")
    assert ingested(str(tmp_path / "a.parquet"), storage).geometry.x.tolist() == pytest.approx([1])
