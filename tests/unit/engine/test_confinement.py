"""What of the folders that all jobs may write to is left, where they hold what no job may write to."""

from pathlib import Path

import pytest

from fused_spec.engine.processes import confinement
from fused_spec.engine.processes.confinement import Confinement
from fused_spec.system.landlock import version
from tests.unit.engine.building import grid, saved
from tests.unit.engine.running import end, job_folder, log, run, udf_step

INGESTION = {"type": "partition_geospatial", "partitioning_method": "rows", "partitioning_split_method": "mean"}
needs_landlock = pytest.mark.skipif(version() == 0, reason="this system has no Landlock")


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that all jobs may write to."""
    folder = tmp_path / "shared"
    folder.mkdir()
    monkeypatch.setattr(confinement, "SHARED", (folder,))
    return folder


def made(*folders: Path) -> None:
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)


def allowed(bounds: Confinement, *own: Path, outputs: tuple[Path, ...] = ()) -> list[Path]:
    """Of the places, those that are no devices."""
    return sorted(place for place in bounds.places(own, outputs) if Path("/dev") not in place.parents)


def test_a_shared_folder_that_holds_nothing_of_the_service_is_open(shared: Path, tmp_path: Path) -> None:
    assert allowed(Confinement(state=tmp_path / "state")) == [shared]


def test_of_one_that_holds_the_state_its_other_entries_are_open_all_the_way(shared: Path) -> None:
    state = shared / "a" / "b" / "state"
    made(state / "jobs", shared / "other", shared / "a" / "beside", shared / "a" / "b" / "near")
    open_places = [shared / "a" / "b" / "near", shared / "a" / "beside", shared / "other"]
    assert allowed(Confinement(state=state)) == open_places


def test_what_is_a_jobs_own_in_the_state_is_open(shared: Path) -> None:
    made(own := shared / "state" / "jobs" / "1" / "results")
    assert allowed(Confinement(state=shared / "state"), own) == [own]


def test_a_folder_of_specs_is_closed_with_what_is_in_it(shared: Path, tmp_path: Path) -> None:
    made(shared / "specs" / "deep", shared / "other")
    assert allowed(Confinement(state=tmp_path / "state", kept=(shared / "specs",))) == [shared / "other"]


def test_a_folder_in_that_of_the_specs_can_be_allowed(shared: Path, tmp_path: Path) -> None:
    made(out := tmp_path / "specs" / "out")
    bounds = Confinement(state=tmp_path / "specs" / "state", kept=(tmp_path / "specs",), allowed=(out,))
    assert allowed(bounds) == [shared, out]


def test_the_state_cannot_be_allowed(shared: Path, tmp_path: Path) -> None:
    made(tmp_path / "state" / "jobs")
    bounds = Confinement(state=tmp_path / "state", allowed=(tmp_path / "state", tmp_path / "state" / "jobs"))
    assert allowed(bounds, outputs=(tmp_path / "state" / "table",)) == [shared]


def test_a_storage_that_holds_the_state_is_open_around_it(shared: Path, tmp_path: Path) -> None:
    made(tmp_path / "files" / "state", tmp_path / "files" / "a")
    assert allowed(Confinement(state=tmp_path / "files" / "state"), tmp_path / "files") == [
        tmp_path / "files" / "a",
        shared,
    ]


def test_a_link_opens_nothing(shared: Path) -> None:
    made(shared / "state")
    (shared / "link").symlink_to(shared / "state")
    assert allowed(Confinement(state=shared / "state")) == []


@needs_landlock
def test_a_declared_output_outside_of_the_storage_is_written(tmp_path: Path) -> None:
    source = saved(grid(), tmp_path / "a.parquet")
    output = tmp_path / "new" / "tables" / "x"
    step = {**INGESTION, "input": source, "output": f"file://{output}"}
    bounds = {"state": str(tmp_path / "state"), "kept": [str(tmp_path)], "allowed": []}
    job = job_folder(tmp_path, step, confinement=bounds)
    assert run(job), "\n".join(log(job))
    assert (output / "_sample").is_file()


@needs_landlock
@pytest.mark.parametrize("place", ["specs/x", "x"])
def test_an_output_directly_in_what_holds_the_specs_is_refused_with_a_place_that_works(
    tmp_path: Path, place: str
) -> None:
    source = saved(grid(), tmp_path / "a.parquet")
    made(tmp_path / "specs")
    output = tmp_path / place
    step = {**INGESTION, "input": source, "output": f"file://{output}"}
    bounds = {"state": str(tmp_path / "state"), "kept": [str(tmp_path / "specs")], "allowed": []}
    assert not run(job := job_folder(tmp_path, step, confinement=bounds))
    better = f"file://{output.parent}/tables/x"
    assert f"{output.parent} holds what no job may write to" in str(end(job)[1])
    assert better in str(end(job)[1])
    (again := tmp_path / "again").mkdir()
    assert run(job_folder(again, {**step, "output": better}, confinement=bounds))


@needs_landlock
def test_an_output_in_the_state_folder_is_refused_by_the_rule(tmp_path: Path) -> None:
    source = saved(grid(), tmp_path / "a.parquet")
    made(tmp_path / "state")
    step = {**INGESTION, "input": source, "output": f"file://{tmp_path / 'state' / 'x'}"}
    bounds = {"state": str(tmp_path / "state"), "kept": [], "allowed": []}
    job = job_folder(tmp_path, step, confinement=bounds)
    assert not run(job)
    assert "is the service's own; write to fd://" in str(end(job)[1])
    assert list((tmp_path / "state").iterdir()) == []


REFUSED = {
    "in the state folder": ("open('STATE/a', 'w')", "STATE/a is the service's own"),
    "moved out of it": ("import os\n    os.rename('STATE/kept', 'a')", "STATE/kept is the service's own"),
    "linked out of it": ("import os\n    os.link('STATE/kept', 'a')", "STATE/kept is the service's own"),
    "in the folder of the specs": ("open('SPECS/a', 'w')", "SPECS/a is that of the specs"),
    "by Arrow": ("import pandas as pd\n    pd.DataFrame({'a': [1]}).to_parquet('SPECS/a')", "SPECS/a is that of"),
    "by SQLite": ("import sqlite3\n    sqlite3.connect('SPECS/a')", "if this was to write, then a job writes to"),
    "as the cause of another": (
        "try:\n        open('SPECS/a', 'w')\n    except OSError as error:\n        raise ValueError('no') from error",
        "SPECS/a is that of the specs",
    ),
    "relative to a folder": ("import os, shutil\n    shutil.rmtree('SPECS')", "a job writes to its own folder, fd://"),
}


@needs_landlock
@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_write_says_by_which_rule(tmp_path: Path, case: str) -> None:
    places = {"STATE": str(tmp_path / "state"), "SPECS": str(tmp_path / "specs")}
    for place in places.values():
        made(Path(place))
        Path(place, "kept").touch()
    code, said = REFUSED[case]
    for name, place in places.items():
        code, said = code.replace(name, place), said.replace(name, place)
    job = job_folder(
        tmp_path,
        udf_step(f"def udf():\n    {code}\n"),
        confinement={"state": places["STATE"], "kept": [places["SPECS"]], "allowed": []},
    )
    assert not run(job)
    assert said in str(end(job)[1])
    assert any(said in line for line in log(job)[:-1])
    assert all([one.name for one in Path(place).iterdir()] == ["kept"] for place in places.values())


@needs_landlock
def test_for_a_new_file_beside_the_specs_the_words_name_what_can_be_allowed(shared: Path, tmp_path: Path) -> None:
    made(tmp_path / "specs")
    bounds = {"state": str(shared / "state"), "kept": [str(tmp_path / "specs")], "allowed": []}
    step = udf_step(f"def udf():\n    open({str(tmp_path / 'new')!r}, 'w')\n")
    assert not run(job := job_folder(tmp_path, step, confinement=bounds))
    assert f"start the service with --allow-write and a folder in {tmp_path}" in str(end(job)[1])


SWAP = """\
import os
def udf(n):
    scratch = os.environ["FUSED_SPEC_SCRATCH"]
    if n == 0:
        os.rename(scratch, scratch + "-moved")
        os.symlink("PLACE", scratch)
        os._exit(1)
    open("PLACE/kept", "w")
"""


@needs_landlock
@pytest.mark.parametrize("name", ["state", "elsewhere"])
def test_a_link_in_the_place_of_the_scratch_opens_nothing_to_the_next_process(tmp_path: Path, name: str) -> None:
    made(place := tmp_path / name, open_place := tmp_path / "open")
    (place / "kept").write_text("kept")
    bounds = {"state": str(tmp_path / "state"), "kept": [str(place)], "allowed": [str(open_place)]}
    step = udf_step(SWAP.replace("PLACE", str(place)), input=[0, 1], ignore_chunk_error=True)
    run(job_folder(tmp_path, step, confinement=bounds, scratch=str(open_place / "scratch"), cpus=1))
    assert (place / "kept").read_text() == "kept"


NOT_REFUSED = {
    "a file that is not there": ("open('/no/such/file')", "No such file or directory: '/no/such/file'"),
    "an error of the UDF's own": ("raise PermissionError('ask the owner')", "PermissionError: ask the owner"),
    "a value": ("int('/etc')", "invalid literal"),
}


@needs_landlock
@pytest.mark.parametrize("case", NOT_REFUSED)
def test_any_other_error_says_nothing_of_the_rule(tmp_path: Path, case: str) -> None:
    code, said = NOT_REFUSED[case]
    bounds = {"state": str(tmp_path / "state"), "kept": [], "allowed": []}
    job = job_folder(tmp_path, udf_step(f"def udf():\n    {code}\n"), confinement=bounds)
    assert not run(job)
    assert said in str(end(job)[1])
    assert not [line for line in log(job) if "a job writes to" in line]
