"""A table is in its place whole or not at all, and nothing else is harmed."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
import pytest

from fused_spec.engine.failures import StepFailed
from fused_spec.engine.ingest.inputs.files import Input
from fused_spec.engine.ingest.writing.destination import free_place, new_table
from fused_spec.engine.storage import Remote
from tests.unit.engine.building import ingested, points, saved

BUCKET = Remote("memory://team", PurePosixPath())


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


def test_an_earlier_table_is_replaced_whole(tmp_path: Path, storage: Path) -> None:
    ingested(saved(points(9), tmp_path / "a.parquet"), storage, partitioning_maximum_per_file=2)
    ingested(saved(points(3), tmp_path / "b.parquet"), storage)
    assert sorted(path.name for path in (storage / "table").iterdir()) == ["0.parquet", "_sample"]


def test_nothing_but_the_table_is_left_beside_it(tmp_path: Path, storage: Path) -> None:
    for _ in range(2):
        ingested(saved(points(3), tmp_path / "a.parquet"), storage, output_metadata="fd://measures")
    assert sorted(path.name for path in storage.iterdir()) == ["measures", "table"]


def test_a_failure_leaves_the_earlier_table(tmp_path: Path) -> None:
    place = tmp_path / "table"
    place.mkdir()
    (place / "_sample").touch()
    with pytest.raises(ZeroDivisionError), new_table(place, "job") as folder:
        (folder / "0.parquet").touch()
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.rglob("*")] == ["table", "_sample"]


def test_what_a_killed_ingestion_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".table.old-job.partial").mkdir()
    with new_table(tmp_path / "table", "job"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["table"]


def test_what_a_running_ingestion_writes_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".table.other-job.partial").mkdir()
    with locked(tmp_path / ".table.other-job.partial"), new_table(tmp_path / "table", "job"):
        pass
    assert (tmp_path / ".table.other-job.partial").exists()


def test_an_empty_folder_is_free(storage: Path) -> None:
    (storage / "table").mkdir()
    assert free_place("fd://table", storage, [], overwrite=False) == (storage / "table").resolve()


@pytest.fixture
def foreign(storage: Path) -> Path:
    """A folder that no ingestion wrote."""
    folder = storage / "table"
    folder.mkdir()
    (folder / "letter.txt").write_text("dear")
    return folder


@pytest.mark.usefixtures("foreign")
def test_a_folder_of_other_files_is_refused(storage: Path) -> None:
    with pytest.raises(
        StepFailed, match=r"holds letter\.txt, which is no part of a table ingested there; name another"
    ):
        free_place("fd://table", storage, [], overwrite=False)


def test_overwriting_replaces_a_folder_of_other_files(foreign: Path, tmp_path: Path, storage: Path) -> None:
    ingested(saved(points(3), tmp_path / "a.parquet"), storage, overwrite=True)
    assert sorted(path.name for path in foreign.iterdir()) == ["0.parquet", "_sample"]


def test_overwriting_what_is_read_is_refused(foreign: Path, storage: Path) -> None:
    with pytest.raises(StepFailed, match="holds the input"):
        free_place("fd://table", storage, [Input(foreign / "letter.txt")], overwrite=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_table_is_not_made_where_its_input_lies(overwrite: bool, tmp_path: Path, storage: Path) -> None:
    ingested(saved(points(3), tmp_path / "a.parquet"), storage)
    with pytest.raises(StepFailed, match="holds the input"):
        ingested("fd://table/0.parquet", storage, overwrite=overwrite)


@pytest.mark.parametrize(
    "other", ["letter.txt", "roads/0.parquet", "0.parquet.d/0.parquet", ".roads.job.partial/_sample"]
)
def test_what_came_to_an_earlier_table_is_not_lost_with_it(other: str, tmp_path: Path, storage: Path) -> None:
    source = saved(points(3), tmp_path / "a.parquet")
    ingested(source, storage)
    (storage / "table" / other).parent.mkdir(exist_ok=True)
    (storage / "table" / other).touch()
    with pytest.raises(StepFailed, match=f"holds {other.partition('/')[0]}/?, which is no part of a table"):
        ingested(source, storage)


@pytest.fixture
def store() -> Iterator[Any]:
    memory = fsspec.filesystem("memory")
    yield memory
    memory.rm("/team", recursive=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_prefix_that_holds_the_input_is_refused(overwrite: bool, store: Any) -> None:
    store.pipe({"/team/table/_sample": b"", "/team/table/raw/a.parquet": b""})
    read = Input(Remote("memory://team", PurePosixPath("table/raw/a.parquet")))
    with pytest.raises(StepFailed, match="holds the input"):
        free_place("fd://table", BUCKET, [read], overwrite=overwrite)


def test_what_lies_below_the_prefix_of_a_table_is_not_lost_with_it(store: Any) -> None:
    store.pipe({"/team/table/_sample": b"", "/team/table/0.parquet": b"", "/team/table/roads/0.parquet": b""})
    with pytest.raises(StepFailed, match=r"holds roads/0\.parquet, which is no part of a table"):
        free_place("fd://table", BUCKET, [], overwrite=False)


@pytest.mark.parametrize("whole", ["_sample", ".fused-spec-sending"])
def test_a_prefix_of_nothing_but_a_table_is_free(whole: str, store: Any) -> None:
    store.pipe({f"/team/table/{whole}": b"", "/team/table/0.parquet": b""})
    assert free_place("fd://table", BUCKET, [], overwrite=False) == Remote("memory://team", PurePosixPath("table"))


def test_a_prefix_of_nothing_is_free(store: Any) -> None:
    store.pipe_file("/team/other", b"")
    assert free_place("fd://table", BUCKET, [], overwrite=False) == Remote("memory://team", PurePosixPath("table"))


def test_a_disk_is_never_an_output() -> None:
    with pytest.raises(StepFailed, match="is all that this machine has"):
        free_place("file:///", BUCKET, [], overwrite=True)


@pytest.mark.parametrize("url", ["fd://", "file:///"])
def test_the_storage_itself_is_never_an_output(url: str, storage: Path) -> None:
    with pytest.raises(StepFailed, match="is the whole storage or holds it"):
        free_place(url, storage, [], overwrite=True)


def test_a_file_is_never_an_output(storage: Path) -> None:
    (storage / "table").touch()
    with pytest.raises(StepFailed, match="is a file"):
        free_place("fd://table", storage, [], overwrite=True)


@pytest.mark.parametrize("other", ["fd://table", "fd://table/fused"])
def test_the_two_outputs_lie_side_by_side(other: str, tmp_path: Path, storage: Path) -> None:
    with pytest.raises(StepFailed, match="one inside the other"):
        ingested(saved(points(), tmp_path / "a.parquet"), storage, output_metadata=other)


_KILLED = """
import os, signal, sys
from pathlib import Path
from fused_spec.engine.ingest.passes import gather
from fused_spec.engine.ingest.passes import shelves
from tests.unit.engine.building import geo_step, partition_geospatial

calls = 0
def killed(*given):
    global calls
    calls += 1
    if calls == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return original(*given)

module, name = {"sorting": (shelves.DiskShelf, "put"), "writing": (gather, "write_file")}[sys.argv[3]]
original = getattr(module, name)
setattr(module, name, killed)
from fused_spec.engine.ingest.common import budget
budget.MOST_BATCH_ROWS = 5
step = geo_step(sys.argv[1], partitioning_maximum_per_file=5)
partition_geospatial(step, Path(sys.argv[2]), "job-2", 1)
"""


@pytest.mark.parametrize("moment", ["sorting", "writing"])
def test_a_killed_ingestion_leaves_no_half_table(moment: str, tmp_path: Path, storage: Path) -> None:
    source = saved(points(60), tmp_path / "a.parquet")
    command = [sys.executable, "-c", _KILLED, source, str(storage), moment]
    assert subprocess.run(command, check=False, cwd=Path(__file__).parents[3]).returncode == -signal.SIGKILL
    assert [path.name for path in storage.iterdir()] == [".table.job-2.partial"]
    assert len(ingested(source, storage)) == 60
    assert [path.name for path in storage.iterdir()] == ["table"]
