"""The table that the partition_geospatial step writes: its rows, files, chunks and metadata."""

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.engine.standin.tables import get_chunk_from_table, get_chunks_metadata
from tests.depth import examples
from tests.unit.engine.building import areas, chunk_sizes, grid, ingested, points, saved


def geo_of(path: Path) -> dict[str, Any]:
    column: dict[str, Any] = json.loads(pq.read_schema(path).metadata[b"geo"])["columns"]["geometry"]
    return column


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


def test_points_have_no_area_to_balance_and_the_log_says_so(
    tmp_path: Path, storage: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ingested(saved(points(), tmp_path / "a.parquet"), storage, partitioning_method="area")
    assert chunk_sizes(storage) == [[20]]
    assert "the area of every row is 0" in capsys.readouterr().out


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
    broken = st.sampled_from(
        [shapely.Point(np.nan, 1), shapely.Point(np.inf, 1), shapely.LineString([(0, 0), (np.inf, 1)])]
    )
    high = st.just(shapely.Polygon([(0, 0, 1), (0, 1, 2), (1, 1, 3)]))
    across = st.just(shapely.box(178, 0, 182, 1))
    return st.one_of(st.none(), located, squares, several, broken, high, across, st.just(shapely.Point()))


@examples(40)
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


def surface(frame: gpd.GeoDataFrame) -> float:
    found = areas(frame)
    return float(found[np.isfinite(found)].sum())


@examples(20)
@given(
    geometries=st.lists(_any_geometry(), min_size=1, max_size=20),
    options=st.fixed_dictionaries(
        {
            "explode_geometries": st.booleans(),
            "subdivide_start": st.none() | st.floats(1, 10),
            "subdivide_stop": st.sampled_from([None, 0.7]),
            "partitioning_maximum_per_chunk": st.integers(1, 20),
        }
    ),
)
def test_taking_geometries_apart_loses_no_row_and_no_area(
    geometries: list[Any], options: dict[str, Any], tmp_path: Path, storage: Path
) -> None:
    frame = gpd.GeoDataFrame({"row": range(len(geometries))}, geometry=geometries, crs=4326)
    table = ingested(saved(frame, tmp_path / "a.parquet"), storage, **options)
    assert set(table["row"]) == set(frame["row"])
    assert surface(table) == pytest.approx(surface(frame))
