"""What an independent validator and GeoPandas say of the files that an ingestion leaves."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests.depth import examples
from tests.unit.engine.building import grid, ingested, points, saved

_VALIDATOR = shutil.which("geoparquet-validator", path=str(Path(sys.executable).parent))


def problems(path: Path, conformance: str = "core") -> str:
    """What is wrong with a GeoParquet file; empty when nothing is."""
    assert _VALIDATOR is not None
    command = [_VALIDATOR, "check", "--class", conformance, str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_validator_finds_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("no")
    assert problems(tmp_path / "a.parquet")


def _any_geometry() -> st.SearchStrategy[Any]:
    degree = st.floats(-175, 175)
    located = st.builds(lambda x, y: shapely.Point(x, y / 2), degree, degree)
    high = st.builds(lambda x, y: shapely.Point(x, y / 2, 7), degree, degree)
    lines = st.builds(lambda x, y: shapely.LineString([(x, y / 2), (x + 1, y / 2)]), degree, degree)
    squares = st.builds(lambda x, y: shapely.box(x, y / 2, x + 3, y / 2 + 2), degree, degree)
    across = st.builds(
        lambda y: shapely.MultiPolygon([shapely.box(178, y, 180, y + 2), shapely.box(-180, y, -178, y + 2)]),
        st.floats(-80, 80),
    )
    holed = st.just(shapely.Point(0, 0).buffer(3).difference(shapely.Point(0, 0).buffer(1)))
    several = st.lists(st.one_of(located, squares, lines), max_size=3).map(shapely.GeometryCollection)
    nowhere = st.sampled_from([None, shapely.Point(), shapely.Polygon()])
    return st.one_of(located, high, lines, squares, across, holed, several, nowhere)


@examples(15)
@given(
    geometries=st.lists(_any_geometry(), min_size=1, max_size=40),
    covering=st.booleans(),
    caps=st.tuples(st.none() | st.integers(1, 20), st.none() | st.integers(1, 20)),
)
def test_whatever_is_ingested_is_valid_and_complete(
    geometries: list[Any], covering: bool, caps: tuple[int | None, int | None], tmp_path: Path, storage: Path
) -> None:
    frame = gpd.GeoDataFrame({"row": range(len(geometries))}, geometry=geometries, crs=4326)
    options = {"partitioning_maximum_per_file": caps[0], "partitioning_maximum_per_chunk": caps[1]}
    table = ingested(saved(frame, tmp_path / "a.parquet"), storage, write_covering_bbox=covering, **options)
    assert problems(storage / "table") == ""
    table = table.sort_values("row")
    assert table["row"].tolist() == frame["row"].tolist()
    assert table.geometry.to_wkb().tolist() == frame.geometry.to_wkb().tolist()


def test_the_covering_is_valid_too(tmp_path: Path, storage: Path) -> None:
    source = saved(grid(30, 30), tmp_path / "a.parquet")
    ingested(source, storage, write_covering_bbox=True, partitioning_maximum_per_chunk=100)
    assert problems(storage / "table" / "0.parquet", "all") == ""


def test_a_box_asks_for_its_rows_alone(tmp_path: Path, storage: Path) -> None:
    ingested(saved(points(20), tmp_path / "a.parquet"), storage, write_covering_bbox=True)
    found = gpd.read_parquet(storage / "table" / "0.parquet", bbox=(2.5, 2.5, 5.5, 5.5))
    assert sorted(found["row"]) == [3, 4, 5]
