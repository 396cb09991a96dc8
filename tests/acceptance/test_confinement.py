"""What a job touches is its own: the real service, and jobs that try to write where they may not."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from fused_spec.system.landlock import version
from tests.acceptance.command import Shell
from tests.acceptance.conftest import in_folder
from tests.acceptance.served import Served, serving

pytestmark = [
    pytest.mark.xdist_group("confinement"),
    pytest.mark.skipif(version() == 0, reason="this system has no Landlock"),
]

PROJECT = "apiVersion: fused-spec/v1\nproject: {name: roads, id: 0d5b1c7e-52b5}\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Its state lies in the folder of the specs, and both below a folder that all jobs may write to."""
    for shell in in_folder(tmp_path_factory.mktemp("confined") / "work"):
        shell.write("fused-spec.yaml", PROJECT)
        shell.write("specs/a.yaml", "# nothing yet\n")
        (shell.folder.parent / "open").mkdir()
        with serving(shell, "--allow-write", str(shell.folder.parent / "open")) as service:
            yield service


def udf(body: str) -> str:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{BEFORE}{lines}"


# A call of the C library fails without an exception of its own.
BEFORE = """\
import ctypes, os, shutil, subprocess
libc = ctypes.CDLL(None, use_errno=True)
def called(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
@fused.udf
def udf(file: str):
    folder, name = os.path.split(file)
"""

# Ways to change a file that is there, its folder, or what else is in it; each has to fail.
ATTEMPTS = {
    "removes the folder": "shutil.rmtree(folder)",
    "removes the file": "os.remove(file)",
    "writes it anew": "open(file, 'w')",
    "appends to it": "open(file, 'a')",
    "cuts it": "os.truncate(file, 0)",
    "makes one beside it": "open(file + '.new', 'w')",
    "makes a folder beside it": "os.mkdir(file + '.new')",
    "makes a link beside it": "os.symlink('/', file + '.new')",
    "moves it away": "os.rename(file, 'mine')",
    "moves the folder away": "os.rename(folder, 'mine')",
    "puts another in its place": "open('mine', 'w').close()\nos.replace('mine', file)",
    "makes it its own by a link": "os.link(file, 'mine')\nopen('mine', 'w')",
    "goes through a link": "os.symlink(folder, 'there')\nopen(os.path.join('there', name), 'w')",
    "goes upwards": "os.chdir('..')\nopen(os.path.relpath(file), 'w')",
    "goes there": "os.chdir(folder)\nopen(name, 'w')",
    "goes by its own process": "open(f'/proc/self/cwd/{os.path.relpath(file)}', 'w')",
    "goes by the root of its own process": "open(f'/proc/self/root{file}', 'w')",
    "goes by a descriptor": "there = os.open(folder, os.O_RDONLY)\nos.open(name, os.O_WRONLY, dir_fd=there)",
    "goes by the worker": "open(f'/proc/{os.getppid()}/cwd/{os.path.relpath(file, \"/\")}', 'w')",
    "asks a shell": "subprocess.run(f'echo x > {file}', shell=True, check=True)",
    "asks a shell to remove it": "subprocess.run(['rm', '-rf', folder], check=True)",
    "asks another process": (
        "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(1) as pool:\n"
        "    pool.starmap(os.truncate, [(file, 0)])"
    ),
    "opens it natively": "called(libc.open(file.encode(), os.O_WRONLY | os.O_TRUNC))",
    "removes it natively": "called(libc.unlink(file.encode()))",
    "writes with Arrow": (
        "import pyarrow as pa, pyarrow.parquet as pq\npq.write_table(pa.table({'a': [1]}), file + '.parquet')"
    ),
    "writes with GDAL": (
        "import geopandas as gpd\nfrom shapely import Point\n"
        "gpd.GeoDataFrame({'a': [1]}, geometry=[Point(0, 0)], crs=4326).to_file(file + '.gpkg')"
    ),
    "writes with SQLite": "import sqlite3\nsqlite3.connect(file + '.db').execute('CREATE TABLE a (b)')",
}

# One of each kind: by the name, by another name, by a descriptor, by another process, past Python, and by libraries.
IN_BREADTH = {
    "removes the folder",
    "writes it anew",
    "moves it away",
    "makes it its own by a link",
    "goes by a descriptor",
    "asks a shell",
    "opens it natively",
    "writes with GDAL",
}


def beside(path: Path) -> set[str]:
    return {one.name for one in path.parent.iterdir()}


@pytest.fixture(scope="module")
def kept(served: Served) -> dict[str, Path]:
    """Files of the service, of another job and of the repository."""
    other = served.start("def udf():\n    return 1\n")
    assert served.wait(other) == "Done"
    return {
        "the token": served.state / "token",
        "the database": served.state / "service.db",
        "another job": served.state / "jobs" / other / "results.jsonl",
        "the specs": served.state.parent / "specs" / "a.yaml",
    }


@pytest.mark.parametrize(
    "attempt", [pytest.param(one, marks=[] if one in IN_BREADTH else pytest.mark.thorough) for one in ATTEMPTS]
)
def test_nothing_of_the_service_of_another_job_or_of_the_specs_is_written(
    served: Served, kept: dict[str, Path], attempt: str
) -> None:
    before = [path.read_bytes() for name, path in kept.items() if name != "the database"]
    names = [beside(kept[name]) for name in ("another job", "the specs")]
    step = {"udf": {"name": "case", "entrypoint": "udf", "code": udf(ATTEMPTS[attempt])}, "ignore_chunk_error": True}
    config = {"steps": [{"type": "udf", **step, "input": [str(path) for path in kept.values()]}]}
    job_id = str(served.ask("POST", "/run", json={"config": config}).json()["job_id"])
    assert served.wait(job_id) == "Done", served.last_line(job_id)
    refused = [line["message"] for line in served.ask("GET", f"/logs/{job_id}").json()]
    assert sum("(ignored, as ignore_chunk_error asks)" in line for line in refused) == len(kept), "\n".join(refused)
    assert not any("the engine failed" in line for line in refused), "\n".join(refused)
    assert [path.read_bytes() for name, path in kept.items() if name != "the database"] == before
    assert [beside(kept[name]) for name in ("another job", "the specs")] == names
    assert not list(served.state.glob("*.new*"))
    with closing(sqlite3.connect(f"file:{kept['the database']}?mode=ro", uri=True)) as database:
        assert database.execute("PRAGMA quick_check").fetchone() == ("ok",)


def test_a_refused_write_is_an_error_at_its_line_that_names_the_rule(served: Served) -> None:
    token = served.state / "token"
    job_id = served.start(f"def udf():\n    open({str(token)!r}, 'w')\n")
    assert served.wait(job_id) == "Failed"
    lines = [line["message"] for line in served.ask("GET", f"/logs/{job_id}").json()]
    assert '  File "<udf case>", line 2, in udf' in lines
    rule = "a job writes to its own folder, fd://, /tmp, /dev/shm, /mnt, "
    assert f"PermissionError: [Errno 13] Permission denied: '{token}'; {rule}" in lines[-1]
    assert lines[-1].endswith(f"{token} is the service's own; write to fd://, or return what is to be kept")


def test_a_realtime_call_is_held_as_well(served: Served) -> None:
    token = served.state / "token"
    code = f"def udf():\n    open({str(token)!r}, 'w')\n"
    step = {"type": "udf", "udf": {"name": "case", "entrypoint": "udf", "code": code}}
    answer = served.ask(
        "POST", "/realtime/self/api/v1/run/udf", json={"step_config": json.dumps(step), "format": "json"}
    )
    assert answer.status_code == 422
    assert "is the service's own" in answer.json()["detail"]
    assert token.read_text(encoding="utf-8") == served.token


OWN_FILES = """\
import os
def udf(jobs):
    job = os.path.join(jobs, os.path.basename(os.environ["FUSED_SPEC_SCRATCH"]).removeprefix("fused-spec-"))
    written = []
    for name in ("request.json", "log.jsonl", "events.jsonl", "results.jsonl", "claimed", "new", "results/new"):
        try:
            open(os.path.join(job, name), "a").close()
            written.append(name)
        except PermissionError:
            pass
    print("wrote", written)
"""


def test_of_its_own_files_a_task_writes_to_its_results_alone(served: Served) -> None:
    job_id = served.start(OWN_FILES, [{"jobs": str(served.state / "jobs")}])
    assert served.wait(job_id) == "Done", served.last_line(job_id)
    assert "wrote ['results/new']" in [line["message"] for line in served.ask("GET", f"/logs/{job_id}").json()]


def test_what_a_job_may_write_to_it_can(served: Served, tmp_path: Path) -> None:
    code = """\
import fsspec, os, tempfile
def udf(place):
    with fsspec.open("fd://notes/a.txt", "w") as stream:
        stream.write("kept")
    open("here.txt", "w").close()
    tempfile.mkstemp()
    tempfile.mkstemp(dir="/dev/shm")
    os.makedirs(place + "/deep/er")
    os.rename("here.txt", place + "/deep/there.txt")
    open("/dev/null", "w").close()
    os.system("echo said > /dev/stdout")
"""
    place = served.state.parent.parent / "open"
    job_id = served.start(code, [{"place": str(place)}])
    assert served.wait(job_id) == "Done", served.last_line(job_id)
    assert (served.state / "storage" / "notes" / "a.txt").read_text() == "kept"
    assert (place / "deep" / "there.txt").exists()


def test_no_process_of_the_service_or_of_the_engine_is_in_the_state_folder_or_writes_there_from_a_task(
    served: Served, tmp_path: Path
) -> None:
    pipes = [str(tmp_path / name) for name in ("told", "go")]
    for pipe in pipes:
        os.mkfifo(pipe)
    code = "import os\ndef udf(told, go):\n    open(told, 'w').write(str(os.getpid()))\n    open(go).read()\n"
    job_id = served.start(code, [dict(zip(("told", "go"), pipes, strict=True))])
    task = psutil.Process(int(Path(pipes[0]).read_text()))
    service = psutil.Process(served.process.pid)
    try:
        above = {one.cwd() for one in (service, *service.children(recursive=True)) if one != task}
        files = [one.path for one in task.open_files() if one.mode != "r"]
        place = Path(task.cwd())
    finally:
        Path(pipes[1]).write_text("go")
    assert served.wait(job_id) == "Done"
    assert above == {"/"}
    assert f"fused-spec-{job_id}" in place.parts
    assert not [path for path in files if Path(path).is_relative_to(served.state)]


def test_nothing_remains_of_a_job_that_is_cancelled(served: Served, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code = f"""\
import os, subprocess, time
def udf():
    subprocess.Popen(["sleep", "600"], start_new_session=True)
    open("left.csv", "w").close()
    with open({str(pipe)!r}, "w") as stream:
        stream.write(os.getcwd())
    time.sleep(600)
"""
    job_id = served.start(code)
    place = Path(pipe.read_text())
    served.ask("POST", f"/run/by-id/{job_id}/cancel")
    assert served.wait(job_id) == "Canceled"
    assert not any(one.exists() for one in (place, *place.parents) if f"fused-spec-{job_id}" in one.parts)


WRITER = """\
import fused
@fused.udf
def udf(name, lon, lat, radius_km):
    open({path!r}, "a").close()
"""


def test_a_service_that_apply_starts_lets_jobs_write_where_the_variable_says_and_says_so_in_its_log(
    shell: Shell,
) -> None:
    shell.run("init")
    out = shell.folder / "out"
    out.mkdir()
    shell.write("udfs/hello.py", WRITER.format(path=str(out / "a.txt")))
    done = shell.run("apply", "specs", FUSED_SPEC_ALLOW_WRITE=str(out))
    assert done.code == 0, done.err
    assert (out / "a.txt").exists()
    log = (shell.folder / ".fused-spec/service/service.log").read_text("utf-8")
    assert f"jobs write to their own folders, fd://, /tmp, /dev/shm, /mnt, {out}" in log


def test_the_specs_that_are_applied_cannot_be_written_by_their_job(shell: Shell) -> None:
    shell.run("init")
    project = shell.folder / "fused-spec.yaml"
    shell.write("udfs/hello.py", WRITER.format(path=str(project)))
    done = shell.run("apply", "specs")
    assert done.code == 1
    assert f"{project} is that of the specs; write to fd://, or return what is to be kept" in done.err + done.out


@pytest.mark.parametrize("place", ["state", pytest.param("state/jobs", marks=pytest.mark.thorough), "nowhere"])
def test_what_cannot_be_allowed_is_refused_before_the_service_listens(shell: Shell, place: str) -> None:
    (shell.folder / "state" / "jobs").mkdir(parents=True, mode=0o700)
    ended = shell.run("serve", "--state", "state", "--allow-write", place)
    assert ended.code == 2
    assert f"--allow-write {shell.folder / place}" in ended.err
    assert "Traceback" not in ended.err
