"""An ingestion that does not fit in memory, or not on one machine, writes byte for byte what one that fits writes."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.common import budget
from fused_spec.engine.ingest.geospatial import geospatial
from fused_spec.engine.ingest.ingestion import Ingestion
from fused_spec.engine.ingest.nongeospatial import nongeospatial
from fused_spec.engine.ingest.passes import shelves
from fused_spec.engine.ingest.reading.text import delimited
from fused_spec.engine.ingest.spreading import shared_shelf
from fused_spec.engine.ingest.spreading.sharing import shared_tables
from fused_spec.engine.ingest.spreading.stages import Spread
from fused_spec.wire import PartitionNongeospatialStep
from tests.depth import examples
from tests.unit.engine.building import geo_step, partition_geospatial, partition_nongeospatial, points, saved

_NONE = 1  # a limit under which nothing is held in memory


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of seven rows, and buckets and shelves of a few, so that a small table passes through many of all."""
    monkeypatch.setattr(budget, "MOST_BATCH_ROWS", 7)
    monkeypatch.setattr(shelves, "BUCKET_BYTES", 600)
    monkeypatch.setattr(shared_shelf, "LOT_BYTES", 1200)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def all_ways(source: str | list[str], storage: Path, **options: Any) -> list[dict[str, bytes]]:
    """The files of the table, ingested in memory, by way of the disk, and in the tasks of a cluster."""
    step = geo_step(source, **options)
    found = []
    for ingest in (
        lambda: partition_geospatial(step, storage, "job-1"),
        lambda: partition_geospatial(step, storage, "job-1", _NONE),
        lambda: spread(geospatial(step, storage, "job-1")),
    ):
        ingest()
        found.append(contents(storage / "table"))
    return found


def spread(ingestion: Ingestion) -> None:
    """All tasks of a cluster, each with nothing but what travels; of those that may run in any order the last first."""
    lots = ingestion.source.lots(1)
    with shared_tables(ingestion.outputs, ingestion.job_id) as exchange:

        def tasks() -> Spread:
            travelled: Spread = pickle.loads(pickle.dumps(Spread(ingestion=ingestion, lots=lots, exchange=exchange)))
            return travelled

        for lot in reversed(range(len(lots))):
            tasks().survey(lot)
        files = tasks().lay_out()
        for lot in reversed(range(len(lots))):
            tasks().scatter(lot)
        tasks().sum_up()
        for file_id in reversed(range(files)):
            tasks().gather(file_id)
        tasks().finish()


def _geometry() -> st.SearchStrategy[Any]:
    degree = st.integers(-170, 170)
    located = st.builds(lambda x, y: shapely.Point(x, y / 2), degree, degree)
    high = st.builds(lambda x, y: shapely.Point(x, y / 2, 7), degree, degree)
    squares = st.builds(lambda x, y: shapely.box(x, y / 2, x + 3, y / 2 + 2), degree, degree)
    several = st.lists(located, max_size=3).map(shapely.MultiPoint)
    return st.one_of(st.none(), located, high, squares, several, st.just(shapely.Point(np.nan, np.nan)))


@pytest.mark.usefixtures("small")
@examples(40)
@given(
    geometries=st.lists(_geometry(), min_size=1, max_size=60),
    options=st.fixed_dictionaries(
        {
            "partitioning_method": st.sampled_from(["rows", "area", "length", "coords"]),
            "partitioning_split_method": st.sampled_from(["mean", "median"]),
            "partitioning_maximum_per_file": st.none() | st.integers(1, 40),
            "partitioning_maximum_per_chunk": st.none() | st.integers(1, 20),
            "partitioning_force_utm": st.sampled_from([None, "file", "chunk"]),
            "explode_geometries": st.booleans(),
            "subdivide_stop": st.sampled_from([None, 1.5]),
            "write_covering_bbox": st.booleans(),
        }
    ),
)
def test_all_ways_write_the_same_bytes(
    geometries: list[Any], options: dict[str, Any], tmp_path: Path, storage: Path
) -> None:
    words = pd.Series([f"word{number % 3}" for number in range(len(geometries))])
    columns = {"row": range(len(geometries)), "word": words, "kind": words.astype("category")}
    frame = gpd.GeoDataFrame(columns, geometry=geometries, crs=4326)
    sources = [saved(frame, tmp_path / "a.parquet", row_group_size=5), saved(frame[:9], tmp_path / "b.parquet")]
    within, beyond, apart = all_ways(sources, storage, **options)
    assert within == beyond == apart


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["a.gpkg", "a.fgb", "a.geojson", "a.shp"])
def test_formats_of_gdal_stream_too(name: str, tmp_path: Path, storage: Path) -> None:
    source = saved(points(50), tmp_path / name)
    within, beyond, apart = all_ways(source, storage, partitioning_maximum_per_chunk=9)
    assert within == beyond == apart


@pytest.mark.usefixtures("small")
def test_inputs_without_a_row_change_nothing(tmp_path: Path, storage: Path) -> None:
    beyond_the_world = points(20).set_geometry(points(20).translate(500))
    frames = [points(20), beyond_the_world, points(20)[:0], points(20)]
    sources = [saved(frame, tmp_path / f"{number}.parquet") for number, frame in enumerate(frames)]
    within, beyond, apart = all_ways(sources, storage, drop_out_of_bounds=True, partitioning_maximum_per_file=11)
    assert within == beyond == apart


@pytest.mark.usefixtures("small")
def test_the_table_of_measures_is_the_same(tmp_path: Path, storage: Path) -> None:
    all_ways(saved(points(50), tmp_path / "a.parquet"), storage, output_metadata="fd://measures")
    rows = pd.read_parquet(storage / "table")
    measures = pd.read_parquet(storage / "measures")
    assert measures["fused_index"].tolist() == rows["row"].tolist()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("column", [None, "word"])
def test_tables_without_geometry_are_the_same(column: str | None, tmp_path: Path, storage: Path) -> None:
    source = saved(pd.DataFrame(points(60).drop(columns="geometry")), tmp_path / "a.parquet")
    found = []
    step = PartitionNongeospatialStep(
        input=source, output="fd://table", partition_col=column, partitioning_maximum_per_chunk=8
    )
    for limit in (None, _NONE):
        partition_nongeospatial(step, storage, "job-1", limit)
        found.append(contents(storage / "table"))
    spread(nongeospatial(step, storage, "job-1"))
    assert found[0] == found[1] == contents(storage / "table")


def test_nothing_but_the_table_is_left(tmp_path: Path, storage: Path) -> None:
    partition_geospatial(geo_step(saved(points(50), tmp_path / "a.parquet")), storage, "job-1", _NONE)
    assert sorted(path.name for path in storage.rglob("*")) == ["0.parquet", "_sample", "table"]


def test_a_column_of_a_long_csv_is_what_all_of_its_rows_are(
    tmp_path: Path, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "BLOCK_BYTES", 4096)
    lines = [f"{number},{number},,{'true' if number % 2 else 'false'}" for number in range(2000)]
    source = tmp_path / "a.csv"
    source.write_text("\n".join(["number,mixed,late,truth", *lines, "7,A1,2.5,false", "8,0.5,3,true", ""]))
    step = PartitionNongeospatialStep(input=str(source), output="fd://table")
    partition_nongeospatial(step, storage, "job-1", _NONE)
    schema = pq.read_schema(storage / "table/0.parquet")
    assert [field.type for field in schema] == [pa.int64(), pa.string(), pa.float64(), pa.bool_()]


def test_an_input_that_changes_while_it_is_read_is_a_failure(
    tmp_path: Path, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "a.parquet"
    saved(points(50), source)
    from fused_spec.engine.ingest import geospatial

    def laid_out(*given: Any) -> Any:
        saved(points(20), source)
        return original(*given)

    original = geospatial.partition
    monkeypatch.setattr(geospatial, "partition", laid_out)
    with pytest.raises(StepFailed, match="an input changed while it was read"):
        partition_geospatial(geo_step(str(source)), storage, "job-1", _NONE)


_MEASURED = """
import sys
from pathlib import Path
from tests.unit.engine.building import geo_step, partition_geospatial

def peak():
    return int(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))) * 1024

before = peak()
step = geo_step(sys.argv[1], lonlat_cols=("x", "y"))
partition_geospatial(step, Path(sys.argv[2]), "job-1", int(sys.argv[3]))
print("grew", peak() - before)
"""


@pytest.mark.thorough
def test_beyond_the_limit_memory_does_not_grow_with_the_table(tmp_path: Path, storage: Path) -> None:
    x = np.random.default_rng(5).uniform(-170, 170, 1_000_000)
    text = pa.array(["a text that takes no room in the file and much in memory " * 12] * 1000)
    table = pa.table({"text": text.take(pa.array(np.arange(len(x)) % 1000)), "x": x, "y": x / 2})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=50_000)
    size = table.nbytes
    del table, text

    command = [sys.executable, "-c", _MEASURED, str(tmp_path / "a.parquet"), str(storage), str(_NONE)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert int(done.stdout.split("grew ")[1]) < 0.75 * size
    assert sum(pq.read_metadata(path).num_rows for path in (storage / "table").glob("*.parquet")) == len(x)
