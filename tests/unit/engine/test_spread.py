"""An ingestion in many tasks on a Dask cluster of real processes writes, byte for byte, what one process writes."""

import os
import signal
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely

from fused_spec.engine.jobs import ingesting
from fused_spec.jobs.folder import JobDir
from tests.unit.engine.building import grid, points, saved
from tests.unit.engine.cluster import Cluster, cluster
from tests.unit.engine.running import end, ended, job_folder, log, run, started
from tests.waiting import until

pytestmark = [
    pytest.mark.xdist_group("dask"),
    # What distributed does with its sockets and warnings is its own.
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning:distributed"),
]

GEOSPATIAL = {
    "type": "partition_geospatial",
    "partitioning_method": "rows",
    "partitioning_split_method": "mean",
    "partitioning_maximum_per_file": 100,
    "output": "fd://table",
}


@pytest.fixture(autouse=True)
def small_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part of the inputs is a lot of its own."""
    monkeypatch.setattr(ingesting, "LOT_BYTES", 1)


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def scattered(folder: Path, *, number: int = 6, rows: int = 50) -> list[str]:
    """Files of points all over the world, some of them nowhere, with columns of several kinds."""
    random = np.random.default_rng(7)
    sources = []
    for file in range(number):
        frame = points(rows)
        places = shapely.points(random.uniform(-170, 170, rows), random.uniform(-80, 80, rows))
        places[file] = None
        frame["geometry"] = places
        frame["kind"] = pd.Series([f"{file % 2}{word}" for word in frame["word"]]).astype("category")
        sources.append(saved(frame, folder / f"{file:02}.parquet"))
    return sources


def several_files(folder: Path) -> dict[str, Any]:
    return {**GEOSPATIAL, "input": scattered(folder), "output_metadata": "fd://measures"}


def several_formats(folder: Path) -> dict[str, Any]:
    squares = grid().to_crs(32631)
    inputs = [saved(squares, folder / name) for name in ("a.gpkg", "b.fgb", "c.geojson", "d.shp", "e.parquet")]
    weighed = {"partitioning_method": "area", "partitioning_maximum_per_file": None, "partitioning_force_utm": "file"}
    return {**GEOSPATIAL, **weighed, "input": inputs, "write_covering_bbox": True}


def row_groups_of_one_file(folder: Path) -> dict[str, Any]:
    random = np.random.default_rng(7)
    x, y = random.uniform(-170, 170, 400_000), random.uniform(-80, 80, 400_000)
    table = pa.table({"x": x, "y": y, "row": np.arange(len(x))})
    pq.write_table(table, folder / "a.parquet", row_group_size=70_000)
    sizes = {"partitioning_split_method": "median", "partitioning_maximum_per_file": 30_000}
    return {**GEOSPATIAL, **sizes, "input": str(folder / "a.parquet"), "lonlat_cols": ["x", "y"]}


def tables_without_geometry(folder: Path) -> dict[str, Any]:
    frame = pd.DataFrame(points(300).drop(columns="geometry"))
    inputs = [saved(frame, folder / name) for name in ("a.csv", "b.parquet", "c.csv")]
    options = {"partition_col": "word", "partitioning_maximum_per_chunk": 50, "output_metadata": "fd://measures"}
    return {"type": "partition_nongeospatial", "input": inputs, "output": "fd://table", **options}


@pytest.mark.parametrize(
    "step_of",
    [
        several_files,
        pytest.param(several_formats, marks=pytest.mark.thorough),
        pytest.param(row_groups_of_one_file, marks=pytest.mark.thorough),
        tables_without_geometry,
    ],
    ids=lambda one: one.__name__,
)
def test_a_cluster_writes_and_says_what_one_process_does(step_of: Any, dask: Cluster, tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    step = step_of(tmp_path / "inputs")
    found = []
    for number, engine in enumerate((None, dask.address)):
        folder = tmp_path / str(number)
        folder.mkdir()
        job = job_folder(folder, step, engine=engine)
        assert run(job), "\n".join(log(job))
        found.append((files(folder / "storage"), log(job)))
    assert found[0] == found[1]


def executed(dask: Cluster) -> list[int]:
    """How many tasks each worker has run so far."""
    from distributed import Client

    with Client(dask.address, set_as_default=False) as client:
        return list(client.run(lambda dask_worker: dask_worker.state.executed_count).values())


@pytest.mark.thorough
def test_all_workers_take_part(dask: Cluster, tmp_path: Path) -> None:
    before = executed(dask)
    assert run(job_folder(tmp_path, {**GEOSPATIAL, "input": scattered(tmp_path)}, engine=dask.address))
    assert all(now - then > 5 for now, then in zip(executed(dask), before, strict=True))


def test_a_small_ingestion_is_one_task(dask: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    before = sum(executed(dask))
    assert run(job_folder(tmp_path, {**GEOSPATIAL, "input": scattered(tmp_path)}, engine=dask.address))
    assert sum(executed(dask)) - before == 2  # one brings the job to the worker


@pytest.mark.thorough
def test_a_table_outside_the_storage_is_written_by_one_worker(dask: Cluster, tmp_path: Path) -> None:
    before = sum(executed(dask))
    step = {**GEOSPATIAL, "input": scattered(tmp_path), "output": f"file://{tmp_path}/elsewhere"}
    assert run(job_folder(tmp_path, step, engine=dask.address))
    assert sum(executed(dask)) - before == 2
    assert (tmp_path / "elsewhere" / "_sample").is_file()


@pytest.mark.thorough
def test_what_a_task_finds_wrong_fails_the_job_and_leaves_nothing(dask: Cluster, tmp_path: Path) -> None:
    inputs = scattered(tmp_path)
    broken = pq.read_table(inputs[3])
    geometry = pa.array([b"no geometry"] * broken.num_rows)
    pq.write_table(broken.set_column(broken.schema.get_field_index("geometry"), "geometry", geometry), inputs[3])
    job = job_folder(tmp_path, {**GEOSPATIAL, "input": inputs}, engine=dask.address)
    assert not run(job)
    assert "a geometry cannot be read" in str(end(job)[1])
    assert list((tmp_path / "storage").iterdir()) == []


@pytest.mark.thorough
def test_a_table_that_is_not_as_expected_is_not_put_in_its_place(dask: Cluster, tmp_path: Path) -> None:
    expected = {"rows": 300, "not_null": ["kind", "geometry"]}
    step = {**GEOSPATIAL, "input": scattered(tmp_path), "metadata": {"fused-spec": {"expect": expected}}}
    job = job_folder(tmp_path, step, engine=dask.address)
    assert not run(job)
    assert "of geometry are missing" in str(end(job)[1])
    assert list((tmp_path / "storage").iterdir()) == []


@pytest.mark.thorough
def test_a_place_that_cannot_be_made_is_told(dask: Cluster, tmp_path: Path) -> None:
    job = job_folder(tmp_path, {**GEOSPATIAL, "input": scattered(tmp_path), "output": "fd://a/b"}, engine=dask.address)
    (tmp_path / "storage" / "a").touch()
    assert not run(job)
    assert str(end(job)[1]).startswith("step 1 of 1 (partition_geospatial) failed: /")
    assert not any("Traceback" in line for line in log(job))


def wait_for(storage: Path, pid: int, name: str) -> None:
    """Return when the tasks have left something of this name for each other."""
    assert reaches(storage, pid, name), "the job ended before it came so far"


def reaches(storage: Path, pid: int, name: str) -> bool:
    """Whether that was seen before the job ended, which a quick one may do between two looks."""
    seen: list[bool] = []

    def is_decided() -> bool:
        if any(storage.glob(f".table.*.partial/.exchange/{name}.*")):
            seen.append(True)
        elif os.waitpid(pid, os.WNOHANG) != (0, 0):
            seen.append(False)
        return bool(seen)

    until(is_decided, f"a {name}")
    return seen[0]


def begun(folder: Path, dask: Cluster) -> tuple[JobDir, int]:
    job = job_folder(folder, {**GEOSPATIAL, "input": scattered(folder / "inputs", number=12)}, engine=dask.address)
    return job, started(job)


@pytest.mark.thorough
@pytest.mark.parametrize("moment", ["survey", "table", "shelf"])
def test_a_lost_worker_changes_nothing(moment: str, tmp_path: Path) -> None:
    with cluster(tmp_path, workers=2) as dask:
        for folder in (tmp_path / str(number) for number in count()):
            folder.mkdir()
            job, pid = begun(folder, dask)
            if reaches(folder / "storage", pid, moment):
                break
        dask.processes[1].kill()
        assert ended(pid) == 0, "\n".join(log(job))
    written = files(folder / "storage")
    (tmp_path / "alone").mkdir()
    assert run(job_folder(tmp_path / "alone", {**GEOSPATIAL, "input": str(folder / "inputs")}))
    assert written == files(tmp_path / "alone" / "storage")


@pytest.mark.thorough
def test_a_job_that_is_ended_leaves_nothing(dask: Cluster, tmp_path: Path) -> None:
    _, pid = begun(tmp_path, dask)
    wait_for(tmp_path / "storage", pid, "shelf")
    os.kill(pid, signal.SIGTERM)
    assert ended(pid) == -signal.SIGTERM
    assert list((tmp_path / "storage").iterdir()) == []


@pytest.mark.thorough
def test_a_killed_job_leaves_no_table_and_the_next_one_clears_what_it_left(dask: Cluster, tmp_path: Path) -> None:
    _, pid = begun(tmp_path, dask)
    wait_for(tmp_path / "storage", pid, "shelf")
    os.kill(pid, signal.SIGKILL)
    assert ended(pid) == -signal.SIGKILL
    assert [path.name for path in (tmp_path / "storage").iterdir()] == [".table.job-1.partial"]
    (tmp_path / "job").rename(tmp_path / "killed")
    job = job_folder(tmp_path, {**GEOSPATIAL, "input": str(tmp_path / "inputs")}, engine=dask.address, job_id="job-2")
    assert run(job), "\n".join(log(job))
    assert [path.name for path in (tmp_path / "storage").iterdir()] == ["table"]
