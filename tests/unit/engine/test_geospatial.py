"""What the partition_geospatial step leaves: rows, columns, coordinates and layout."""

import json
import shutil
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.standin.tables import get_chunk_from_table, get_chunks_metadata
from tests.unit.engine.building import chunk_sizes, grid, ingested, points, saved


def geo_of(path: Path) -> dict[str, Any]:
    column: dict[str, Any] = json.loads(pq.read_schema(path).metadata[b"geo"])["columns"]["geometry"]
    return column


def areas(frame: pd.DataFrame) -> Any:
    """In square degrees, which geopandas would warn about."""
    return shapely.area(frame["geometry"].to_numpy())


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
    assert len(ingested("fd://table", storage)) == 9
    assert chunk_sizes(storage) == [[9]]


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


def test_a_layer_is_chosen_by_name(tmp_path: Path, storage: Path) -> None:
    path = tmp_path / "a.gpkg"
    saved(points(2), path, layer="few")
    saved(points(5), path, layer="many", mode="a")
    assert len(ingested(str(path), storage, gdal_config={"layer": "many"})) == 5


def test_open_options_reach_gdal(tmp_path: Path, storage: Path) -> None:
    frame = pd.DataFrame({"easting": [1.0, 2.0], "northing": [3.0, 4.0]})
    options = {"X_POSSIBLE_NAMES": "easting", "Y_POSSIBLE_NAMES": "northing"}
    table = ingested(saved(frame, tmp_path / "a.csv"), storage, gdal_config={"open_options": options})
    assert sorted(table.geometry.x) == [1, 2]


def test_geometry_in_another_encoding_than_wkb_is_read(tmp_path: Path, storage: Path) -> None:
    source = saved(points(3), tmp_path / "a.parquet", geometry_encoding="geoarrow", schema_version="1.1.0")
    assert sorted(ingested(source, storage).geometry.x) == [0, 1, 2]


# Columns


def test_only_the_columns_asked_for_are_loaded(tmp_path: Path, storage: Path) -> None:
    table = ingested(saved(points(), tmp_path / "a.gpkg"), storage, load_columns=["word"])
    assert list(table.columns) == ["word", "geometry"]


def test_columns_can_be_removed(tmp_path: Path, storage: Path) -> None:
    table = ingested(saved(points(), tmp_path / "a.parquet"), storage, remove_cols=["word"])
    assert list(table.columns) == ["row", "geometry"]


def test_the_geometry_column_is_called_geometry(tmp_path: Path, storage: Path) -> None:
    source = saved(points().rename_geometry("shape"), tmp_path / "a.parquet")
    assert ingested(source, storage).geometry.name == "geometry"


def test_a_column_missing_in_one_input_is_null_there(tmp_path: Path, storage: Path) -> None:
    sources = [saved(points(2), tmp_path / "a.parquet"), saved(points(2)[["row", "geometry"]], tmp_path / "b.parquet")]
    assert ingested(sources, storage)["word"].isna().sum() == 2


# Geometry


def test_exploded_parts_repeat_their_attributes(tmp_path: Path, storage: Path) -> None:
    several = shapely.MultiPoint([(0, 0), (1, 1), (2, 2)])
    frame = gpd.GeoDataFrame({"row": [7, 8]}, geometry=[several, shapely.Point(3, 3)], crs=4326)
    table = ingested(saved(frame, tmp_path / "a.parquet"), storage, explode_geometries=True)
    assert sorted(table["row"]) == [7, 7, 7, 8]
    assert set(table.geom_type) == {"Point"}


def test_exploding_keeps_rows_without_geometry(tmp_path: Path, storage: Path) -> None:
    frame = gpd.GeoDataFrame({"row": [7, 8]}, geometry=[None, shapely.MultiPoint()], crs=4326)
    table = ingested(saved(frame, tmp_path / "a.parquet"), storage, explode_geometries=True)
    assert sorted(table["row"]) == [7, 8]


def test_what_is_out_of_bounds_is_dropped_on_demand(tmp_path: Path, storage: Path) -> None:
    outside = [shapely.Point(200, 0), shapely.Point(0, 95), shapely.Point(180, 90), None]
    frame = gpd.GeoDataFrame({"row": range(4)}, geometry=outside, crs=4326)
    table = ingested(saved(frame, tmp_path / "a.parquet"), storage, drop_out_of_bounds=True)
    assert sorted(table["row"]) == [2, 3]


def test_large_geometries_are_cut_into_pieces_of_the_same_area(tmp_path: Path, storage: Path) -> None:
    frame = gpd.GeoDataFrame({"row": [7]}, geometry=[shapely.Point(0, 0).buffer(4)], crs=4326)
    table = ingested(saved(frame, tmp_path / "a.parquet"), storage, subdivide_start=5, subdivide_stop=2)
    assert areas(table).max() <= 2
    assert areas(table).sum() == pytest.approx(areas(frame).sum())


def test_geometries_below_the_start_are_not_cut(tmp_path: Path, storage: Path) -> None:
    table = ingested(
        saved(grid(2, 2, size=0.9), tmp_path / "a.parquet"), storage, subdivide_start=1, subdivide_stop=0.1
    )
    assert len(table) == 4


def test_a_cut_along_an_edge_leaves_only_surfaces(tmp_path: Path, storage: Path) -> None:
    comb = shapely.union_all([shapely.box(0, 0, 4, 1), shapely.box(0, 0, 1, 4), shapely.box(3, 0, 4, 2)])
    frame = gpd.GeoDataFrame({"row": [7]}, geometry=[comb], crs=4326)
    table = ingested(saved(frame, tmp_path / "a.parquet"), storage, subdivide_start=1)
    assert set(table.geom_type) <= {"Polygon", "MultiPolygon"}
    assert areas(table).sum() == pytest.approx(comb.area)


# Layout


def test_caps_on_rows_hold(tmp_path: Path, storage: Path) -> None:
    source = saved(grid(), tmp_path / "a.parquet")
    ingested(source, storage, partitioning_maximum_per_file=30, partitioning_maximum_per_chunk=8)
    sizes = chunk_sizes(storage)
    assert max(map(sum, sizes)) <= 30
    assert max(max(chunks) for chunks in sizes) <= 8


def test_without_caps_a_file_holds_a_tenth_and_a_chunk_a_hundredth(tmp_path: Path, storage: Path) -> None:
    source = saved(grid(20, 10), tmp_path / "a.parquet")
    ingested(source, storage, partitioning_maximum_per_file=None, partitioning_maximum_per_chunk=None)
    sizes = chunk_sizes(storage)
    assert max(map(sum, sizes)) <= 20
    assert max(max(chunks) for chunks in sizes) <= 2


def test_fewer_chunks_can_be_the_target(tmp_path: Path, storage: Path) -> None:
    caps = {"partitioning_maximum_per_file": None, "partitioning_maximum_per_chunk": None}
    ingested(saved(grid(16, 4), tmp_path / "a.parquet"), storage, target_num_chunks=4, **caps)
    assert sorted(chunk_sizes(storage)) == [[16], [16], [16], [16]]


def test_chunks_are_neighbours(tmp_path: Path, storage: Path) -> None:
    ingested(saved(grid(8, 8), tmp_path / "a.parquet"), storage, partitioning_maximum_per_chunk=16)
    assert areas(get_chunks_metadata("fd://table")).tolist() == pytest.approx([3.5 * 3.5] * 4)


def test_the_median_halves_rows_where_the_mean_halves_space(tmp_path: Path, storage: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=shapely.points([0, 1, 2, 3, 100, 101], 0), crs=4326)
    source = saved(frame, tmp_path / "a.parquet")
    ingested(source, storage, partitioning_maximum_per_chunk=4, partitioning_split_method="median")
    by_median = chunk_sizes(storage)
    ingested(source, storage, partitioning_maximum_per_chunk=4, partitioning_split_method="mean")
    assert (by_median, chunk_sizes(storage)) == ([[3, 3]], [[4, 2]])


@pytest.mark.parametrize(("ratio", "across"), [(2, "x"), (8, "y")])
def test_the_shape_limits_choose_the_axis(ratio: int, across: str, tmp_path: Path, storage: Path) -> None:
    options = {"partitioning_max_height_ratio": 0.1, "partitioning_max_width_ratio": ratio}
    ingested(saved(grid(8, 2), tmp_path / "a.parquet"), storage, partitioning_maximum_per_chunk=8, **options)
    first = get_chunks_metadata("fd://table").geometry[0].bounds
    assert ("x" if first[2] < 7 else "y") == across


def test_area_is_balanced_on_demand(tmp_path: Path, storage: Path) -> None:
    boxes = [shapely.box(0, 0, 4, 4), *(shapely.box(x, 0, x + 1, 1) for x in range(10, 26))]
    source = saved(gpd.GeoDataFrame(geometry=boxes, crs=4326), tmp_path / "a.parquet")
    ingested(source, storage, partitioning_method="area", partitioning_maximum_per_chunk=16)
    assert chunk_sizes(storage) == [[1, 16]]


@pytest.mark.parametrize(("method", "cap"), [("length", 20), ("coords", 50)])
def test_other_measures_are_balanced_on_demand(method: str, cap: int, tmp_path: Path, storage: Path) -> None:
    source = saved(grid(), tmp_path / "a.parquet")  # each 2 degrees around, of 5 coordinates
    ingested(source, storage, partitioning_method=method, partitioning_maximum_per_chunk=cap)
    assert max(chunk_sizes(storage)[0]) <= 10


def test_measures_in_utm_are_metres(tmp_path: Path, storage: Path) -> None:
    source = saved(gpd.GeoDataFrame(geometry=[shapely.box(3, 0, 4, 1)], crs=4326), tmp_path / "a.parquet")
    ingested(source, storage, partitioning_force_utm="chunk")
    chunk = get_chunks_metadata("fd://table").loc[0]
    assert chunk.sum_area_utm == pytest.approx(1.23e10, rel=0.01)
    assert chunk.sum_length_utm == pytest.approx(4 * 111_000, rel=0.01)


def test_a_country_that_spans_the_world_has_an_area_in_utm(tmp_path: Path, storage: Path) -> None:
    source = saved(gpd.GeoDataFrame(geometry=[shapely.box(-180, -90, 180, 89)], crs=4326), tmp_path / "a.parquet")
    ingested(source, storage, partitioning_force_utm="file", partitioning_method="area")
    assert get_chunks_metadata("fd://table").loc[0].sum_area_utm == pytest.approx(5.1e14, rel=0.01)


def test_coinciding_rows_stay_together_on_demand(tmp_path: Path, storage: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=shapely.points([0] * 6 + [1] * 2, 0), crs=4326)
    source = saved(frame, tmp_path / "a.parquet")
    ingested(source, storage, partitioning_maximum_per_chunk=2, split_identical_centroids=False)
    assert chunk_sizes(storage) == [[6, 2]]


def test_coinciding_rows_are_split_otherwise(tmp_path: Path, storage: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=shapely.points([0] * 6, 0), crs=4326)
    ingested(saved(frame, tmp_path / "a.parquet"), storage, partitioning_maximum_per_chunk=2)
    assert max(chunk_sizes(storage)[0]) == 2


def test_rows_without_geometry_come_last_in_a_file_of_their_own(tmp_path: Path, storage: Path) -> None:
    frame = gpd.GeoDataFrame({"row": [0, 1, 2]}, geometry=[None, shapely.Point(1, 1), shapely.Point()], crs=4326)
    ingested(saved(frame, tmp_path / "a.parquet"), storage)
    assert get_chunk_from_table("fd://table", 1, 0)["row"].tolist() == [0, 2]


# What describes the table


def test_a_chunk_is_described_by_what_is_in_it(tmp_path: Path, storage: Path) -> None:
    ingested(saved(grid(), tmp_path / "a.parquet"), storage, partitioning_maximum_per_chunk=20)
    for chunk in get_chunks_metadata("fd://table").itertuples():
        rows = get_chunk_from_table("fd://table", chunk.file_id, chunk.chunk_id)
        assert (len(rows), areas(rows).sum()) == (chunk.num_rows, pytest.approx(chunk.sum_area))
        assert chunk.geometry.bounds == pytest.approx(tuple(rows.total_bounds))


def test_each_file_says_its_box_types_and_coordinate_system(tmp_path: Path, storage: Path) -> None:
    ingested(saved(grid(2, 2), tmp_path / "a.parquet"), storage)
    geo = geo_of(storage / "table" / "0.parquet")
    assert (geo["bbox"], geo["geometry_types"], geo["encoding"]) == ([0, 0, 1.5, 1.5], ["Polygon"], "WKB")
    assert geo["crs"]["id"] == {"authority": "EPSG", "code": 4326}


def test_the_covering_box_is_written_on_demand(tmp_path: Path, storage: Path) -> None:
    ingested(saved(grid(2, 2), tmp_path / "a.parquet"), storage, write_covering_bbox=True)
    assert pq.read_table(storage / "table")["bbox"][0].as_py() == {"xmin": 0, "ymin": 0, "xmax": 0.5, "ymax": 0.5}
    found = gpd.read_parquet(storage / "table" / "0.parquet", bbox=(0, 0, 0.2, 0.2))
    assert found["row"].tolist() == [0]


def test_the_job_stands_in_every_file(tmp_path: Path, storage: Path) -> None:
    ingested(saved(points(4), tmp_path / "a.parquet"), storage, partitioning_maximum_per_chunk=2)
    meta = json.loads(pq.read_schema(storage / "table" / "0.parquet").metadata[b"fused:job_meta"])
    assert meta == {
        "job_id": "job-1",
        "num_files": 1,
        "num_chunks": 2,
        "num_rows": 4,
        "has_sample": True,
        "has_metadata": False,
    }


def test_the_second_table_numbers_and_measures_the_same_rows(tmp_path: Path, storage: Path) -> None:
    ingested(
        saved(grid(), tmp_path / "a.parquet"),
        storage,
        output_metadata="fd://measures",
        partitioning_maximum_per_file=40,
        partitioning_maximum_per_chunk=10,
    )
    assert chunk_sizes(storage, "measures") == chunk_sizes(storage)
    rows, measures = get_chunk_from_table("fd://table", 1, 2), get_chunk_from_table("fd://measures", 1, 2)
    assert measures["fused_index"].tolist() == rows["row"].tolist()
    assert measures["fused_area"].tolist() == pytest.approx(areas(rows).tolist())


# Whatever the options


def _any_geometry() -> st.SearchStrategy[Any]:
    degree = st.integers(-170, 170)
    located = st.builds(lambda x, y: shapely.Point(x, y / 2), degree, degree)
    squares = st.builds(lambda x, y: shapely.box(x, y / 2, x + 3, y / 2 + 2), degree, degree)
    several = st.lists(located, max_size=3).map(shapely.MultiPoint)
    return st.one_of(st.none(), located, squares, several, st.just(shapely.Point()))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    geometries=st.lists(_any_geometry(), min_size=1, max_size=30),
    options=st.fixed_dictionaries(
        {
            "partitioning_method": st.sampled_from(["rows", "area", "length", "coords"]),
            "partitioning_split_method": st.sampled_from(["mean", "median"]),
            "partitioning_maximum_per_file": st.none() | st.integers(1, 20),
            "partitioning_maximum_per_chunk": st.none() | st.integers(1, 20),
            "partitioning_force_utm": st.sampled_from([None, "file", "chunk"]),
            "split_identical_centroids": st.booleans(),
            "write_covering_bbox": st.booleans(),
            "partitioning_max_width_ratio": st.floats(0.1, 4),
        }
    ),
)
def test_every_row_comes_out_exactly_once(
    geometries: list[Any], options: dict[str, Any], tmp_path: Path, storage: Path
) -> None:
    frame = gpd.GeoDataFrame({"row": range(len(geometries))}, geometry=geometries, crs=4326)
    table = ingested(saved(frame, tmp_path / "a.parquet"), storage, **options).sort_values("row")
    assert table["row"].tolist() == frame["row"].tolist()
    assert table.geometry.to_wkb().tolist() == frame.geometry.to_wkb().tolist()


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
    assert "lon and lat must be numbers" in failure(
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
    assert "a geometry cannot be read" in failure(source, storage)


def test_inputs_whose_types_do_not_fit_are_refused(tmp_path: Path, storage: Path) -> None:
    second = points(2).assign(row=["x", "y"])
    sources = [saved(points(2), tmp_path / "a.parquet"), saved(second, tmp_path / "b.parquet")]
    assert failure(sources, storage).startswith("b.parquet does not fit the inputs before it")


def test_nothing_to_ingest_is_a_failure(tmp_path: Path, storage: Path) -> None:
    assert "no rows" in failure(saved(points(0), tmp_path / "a.parquet"), storage)


def test_an_ingestion_needs_an_output(tmp_path: Path, storage: Path) -> None:
    text = failure(saved(points(), tmp_path / "a.parquet"), storage, output=None)
    assert text.startswith("output is not given")


@pytest.mark.parametrize(("field", "value"), [("table_schema", {}), ("partitioning_schema_input", "fd://x")])
def test_what_is_not_supported_yet_says_so(field: str, value: Any, tmp_path: Path, storage: Path) -> None:
    text = failure(saved(points(), tmp_path / "a.parquet"), storage, **{field: value})
    assert text == f"{field} is not supported by the embedded service yet; leave it out"


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
