"""Inputs in a remote storage: found as in a folder, read where they lie or from a copy."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
import pytest

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.inputs import files as inputs
from fused_spec.engine.ingest.inputs.files import drop_copies, find_inputs
from fused_spec.engine.storage import Remote
from tests.unit.engine.building import geo_step, partition_geospatial, points, saved

ROOT = Remote("memory://team", PurePosixPath())


@pytest.fixture
def store() -> Iterator[Any]:
    memory = fsspec.filesystem("memory")
    yield memory
    drop_copies()
    memory.rm("/team", recursive=True)


def uploaded(store: Any, folder: Path, *names: str) -> None:
    """Points in files of these formats, each with what belongs to it."""
    for name in names:
        saved(points(30), folder / name)
    for path in folder.iterdir():
        store.put_file(str(path), f"/team/inputs/{path.name}")


def test_a_folder_stands_for_the_inputs_in_it(store: Any, tmp_path: Path) -> None:
    uploaded(store, tmp_path, "b.parquet", "a.shp")
    for name in ("_sample", ".hidden", "below/c.parquet"):
        store.pipe_file(f"/team/inputs/{name}", b"")
    assert [one.name.as_posix() for one in find_inputs("fd://inputs", ROOT)] == ["inputs/a.shp", "inputs/b.parquet"]


def test_a_pattern_does_not_match_the_table_that_it_makes(store: Any) -> None:
    store.pipe({f"/team/{name}": b"" for name in ("raw/a.parquet", "table/0.parquet", "table/_sample")})
    found = find_inputs("fd://**/*.parquet", ROOT, outputs=["fd://table"])
    assert [one.name.as_posix() for one in found] == ["raw/a.parquet"]


def test_what_is_not_there_is_told(store: Any) -> None:
    store.pipe_file("/team/other", b"")
    with pytest.raises(StepFailed, match="input fd://inputs does not exist"):
        find_inputs("fd://inputs", ROOT)


@pytest.mark.parametrize("name", ["a.parquet", "a.shp", "a.gpkg"])
def test_a_remote_input_makes_the_table_that_a_local_one_makes(
    name: str, store: Any, tmp_path: Path, storage: Path
) -> None:
    uploaded(store, tmp_path / "inputs", name)
    partition_geospatial(geo_step(str(tmp_path / "inputs" / name)), storage, "job-1")
    partition_geospatial(geo_step(f"fd://inputs/{name}"), ROOT, "job-1")
    found = {path.rpartition("/")[2]: store.cat_file(path) for path in store.find("/team/table")}
    assert found == {path.name: path.read_bytes() for path in (storage / "table").iterdir()}


def test_parquet_is_read_where_it_lies(store: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uploaded(store, tmp_path, "a.parquet")
    monkeypatch.delattr(inputs, "copy_of")
    partition_geospatial(geo_step("fd://inputs/a.parquet"), ROOT, "job-1")
    assert store.exists("/team/table/_sample")


def test_a_copy_is_made_once_and_dropped(store: Any, tmp_path: Path) -> None:
    uploaded(store, tmp_path, "a.gpkg")
    [one] = find_inputs("fd://inputs/a.gpkg", ROOT)
    assert one.here() == one.here()
    copy = one.here()
    drop_copies()
    assert not copy.parent.exists()
