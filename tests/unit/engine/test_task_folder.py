"""The folder in which each task starts: empty, its own, and gone with the task, however that ends."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from fused_spec.engine.processes import task_folder
from fused_spec.engine.processes.task_folder import words_of
from tests.unit.engine.running import content, end, job_folder, log, results, run, udf_step

MIB = 2**20


def returned(tmp_path: Path, code: str, *elements: Any, **request: Any) -> list[Any]:
    """What the tasks return, in their order."""
    job = job_folder(tmp_path, udf_step(code, input=list(elements)), **request)
    assert run(job), "\n".join(log(job))
    return [json.loads(content(job, str(result.name))) for result in results(job)]


def test_a_task_starts_in_an_empty_folder_below_the_scratch(tmp_path: Path) -> None:
    code = "import os\ndef udf(x):\n    return [os.getcwd(), os.listdir('.')]\n"
    [[place, names]] = returned(tmp_path, code, 0)
    assert tmp_path / "scratch" in Path(place).parents
    assert names == []


def test_temporary_files_and_caches_are_below_the_scratch(tmp_path: Path) -> None:
    names = ["TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"]
    names += ["XDG_RUNTIME_DIR", "MPLCONFIGDIR", "NUMBA_CACHE_DIR", "JOBLIB_TEMP_FOLDER", "CPL_TMPDIR"]
    code = "import os, tempfile\ndef udf(names):\n    return [tempfile.gettempdir(), *(os.environ[n] for n in names)]\n"
    [places] = returned(tmp_path, code, {"names": names})
    assert all(tmp_path / "scratch" in Path(place).parents for place in places)


def test_the_temporary_folder_is_there_and_empty_for_each_task(tmp_path: Path) -> None:
    code = "import tempfile\ndef udf(x):\n    open(tempfile.gettempdir() + '/same', 'x').close()\n    return x\n"
    assert returned(tmp_path, code, *range(20)) == list(range(20))


def test_a_variable_that_the_job_sets_stays(tmp_path: Path) -> None:
    code = "import os\ndef udf(x):\n    return [os.environ['XDG_CACHE_HOME']]\n"
    assert returned(tmp_path, code, 0, env={"XDG_CACHE_HOME": "/mnt/cache"}) == [["/mnt/cache"]]


ONE_NAME = """\
import os
def udf(n):
    assert os.listdir(".") == []
    with open("out.csv", "x") as stream:
        stream.write(str(n))
    with open("out.csv") as stream:
        return int(stream.read())
"""


def test_relative_writes_of_many_tasks_to_one_name_do_not_meet(tmp_path: Path) -> None:
    assert returned(tmp_path, ONE_NAME, *range(20)) == list(range(20))


def test_they_do_not_meet_where_the_system_tells_nothing_of_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(task_folder._Notice, "_watching", lambda _self, _folders: None)
    assert returned(tmp_path, ONE_NAME, *range(20)) == list(range(20))


def test_what_a_task_left_is_told_with_what_to_do_instead(tmp_path: Path) -> None:
    code = "import os\ndef udf(x):\n    open('out.csv', 'w').close()\n    os.makedirs('parts/deep')\n"
    job = job_folder(tmp_path, udf_step(code, input=[5]))
    assert run(job)
    said = "task 0 left out.csv, parts/ in its folder, which is removed with the task; return what is to be kept, "
    assert f"{said}or write it to fd://" in log(job)


def test_a_task_that_left_nothing_is_not_told_of(tmp_path: Path) -> None:
    code = "import os\ndef udf(x):\n    open('out.csv', 'w').close()\n    os.remove('out.csv')\n"
    job = job_folder(tmp_path, udf_step(code, input=[5]))
    assert run(job)
    assert not [line for line in log(job) if " left " in line]


def test_a_failed_task_is_told_of_as_well(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf(x):\n    open('out.csv', 'w').close()\n    1 / 0\n", input=[5]))
    assert not run(job)
    assert any(line.startswith("task 0 left out.csv in its folder") for line in log(job))


def test_what_a_killed_task_left_is_told_and_removed(tmp_path: Path) -> None:
    code = "import os\ndef udf(x):\n    open('half.csv', 'w').close()\n    os.kill(os.getpid(), 9)\n"
    job = job_folder(tmp_path, udf_step(code, input=[5]))
    assert not run(job)
    assert any(line.startswith("task 0 left half.csv in its folder") for line in log(job))
    assert not (tmp_path / "scratch").exists()


def test_of_many_names_the_log_shows_a_few() -> None:
    said = words_of([f"{number}.csv" for number in range(10, 30)], "task 3")
    assert said.startswith("task 3 left 10.csv, 11.csv, 12.csv, 13.csv, 14.csv, 15 more in its folder")


@pytest.mark.parametrize("name", ["a\nERROR: b", "\x1b[2J", " a", "\u202eb"])
def test_a_name_that_would_act_on_a_log_is_shown_in_letters(name: str) -> None:
    assert ascii(name) in words_of([name], "task 3")


def test_of_many_tasks_that_leave_files_the_log_tells_some(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf(x):\n    open('a', 'w').close()\n", input=list(range(100))), cpus=1)
    assert run(job)
    told = [line for line in log(job) if " left a in its folder" in line]
    assert len(told) == 20
    assert told[-1].endswith("; what later tasks leave is not told")


LATE = """\
import os
def udf(n, go, told):
    if n == 0 and os.fork() == 0:
        open(go).close()  # until the next task is at work
        try:
            open("late.csv", "w").close()
            answer = "written"
        except FileNotFoundError:
            answer = "gone"
        with open(told, "w") as stream:
            stream.write(answer)
        os._exit(0)
    if n == 1:
        open(go, "w").close()
        with open(told) as stream:
            return [stream.read(), os.listdir(".")]
"""


def test_what_a_task_started_and_left_behind_writes_into_the_folder_of_no_other(tmp_path: Path) -> None:
    pipes = {name: str(tmp_path / name) for name in ("go", "told")}
    for pipe in pipes.values():
        os.mkfifo(pipe)
    job = job_folder(tmp_path, udf_step(LATE, input=[{"n": 0, **pipes}, {"n": 1, **pipes}]), cpus=1)
    assert run(job), "\n".join(log(job))
    assert json.loads(content(job, "1.json")) == ["gone", []]


def test_a_folder_that_a_task_removed_is_there_for_the_next(tmp_path: Path) -> None:
    code = "import os, shutil\ndef udf(x):\n    here = os.getcwd()\n    shutil.rmtree(here)\n    return [here]\n"
    assert len({place for [place] in returned(tmp_path, code, 0, 1, 2, cpus=1)}) == 3


@pytest.mark.parametrize("what", ["os.path.dirname(os.getcwd())", "os.environ['FUSED_SPEC_SCRATCH']"])
def test_a_task_that_removes_what_its_folder_lies_in_harms_no_later_one(tmp_path: Path, what: str) -> None:
    code = (
        f"import os, shutil, tempfile\ndef udf(x):\n    tempfile.mkstemp()\n    shutil.rmtree({what})\n    return x\n"
    )
    assert returned(tmp_path, code, 0, 1, 2, cpus=1) == [0, 1, 2]


def test_a_task_that_moves_what_its_folder_lies_in_harms_no_later_one(tmp_path: Path) -> None:
    code = "import os, tempfile\ndef udf(x):\n    tempfile.mkstemp()\n    here = os.path.dirname(os.getcwd())\n"
    code += "    os.rename(here, f'{here}-{x}')\n    return x\n"
    assert returned(tmp_path, code, 0, 1, 2, cpus=1) == [0, 1, 2]


SWAP = """\
import os
def udf(place):
    scratch = os.environ["FUSED_SPEC_SCRATCH"]
    os.makedirs(os.path.join(place, str(os.getpid())))
    os.rename(scratch, scratch + "-moved")
    os.symlink(place, scratch)
    os._exit(1)
"""


def test_what_a_task_leaves_is_not_removed_through_a_link_in_the_place_of_the_scratch(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    assert not run(job_folder(tmp_path, udf_step(SWAP, input=[{"place": str(place)}])))
    assert len(list(place.iterdir())) == 1


def test_files_that_loading_leaves_are_there_in_each_call(tmp_path: Path) -> None:
    code = "import os, tempfile\nos.makedirs('out')\nkept = tempfile.mkdtemp()\n"
    code += "def udf(x):\n    open('out/a', 'x').close()\n    open(kept + '/a', 'x').close()\n    return x\n"
    assert returned(tmp_path, code, 0, 1, 2, cpus=1) == [0, 1, 2]


def test_processes_of_a_library_go_on_from_task_to_task(tmp_path: Path) -> None:
    code = "import multiprocessing\ncontext = multiprocessing.get_context('forkserver')\n"
    code += "def udf(x):\n    with context.Manager() as manager:\n        return list(manager.list([x]))\n"
    assert returned(tmp_path, code, 0, 1, cpus=1) == [[0], [1]]


def test_the_disk_of_a_job_counts_the_folder_of_a_task(tmp_path: Path) -> None:
    code = f"""\
import time
def udf():
    for number in range(4):
        with open(str(number), "wb") as stream:
            stream.write(bytes({20 * MIB}))
    time.sleep(600)
"""
    job = job_folder(tmp_path, udf_step(code), disk_limit=50 * MIB)
    assert not run(job)
    assert "over its limit of 50 MiB; give it a larger disk_size_gb" in str(end(job)[1])
    assert not (tmp_path / "scratch").exists()


LINKS = """\
import os
def udf(place):
    os.symlink(place, "out")
    os.symlink(os.path.join(place, "kept.txt"), "file")
    here = os.getcwd()
    os.chdir("..")
    os.rename(here, here + "-moved")
    os.symlink(place, here)
"""


def test_removing_follows_no_link(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "kept.txt").write_text("kept")
    job = job_folder(tmp_path, udf_step(LINKS, input=[{"place": str(place)}] * 3), cpus=1)
    assert run(job), "\n".join(log(job))
    assert (place / "kept.txt").read_text() == "kept"
    assert stat.S_IMODE(place.stat().st_mode) == 0o755
    assert not (tmp_path / "scratch").exists()


def test_a_folder_that_nobody_may_look_into_is_removed(tmp_path: Path) -> None:
    code = "import os\ndef udf(x):\n    os.makedirs('a/b')\n    os.chmod('a', 0)\n    os.chmod('.', 0o500)\n"
    assert run(job_folder(tmp_path, udf_step(code, input=[0, 1])))
    assert not (tmp_path / "scratch").exists()


def test_files_of_fused_download_are_the_jobs_and_not_the_tasks(tmp_path: Path) -> None:
    code = "import os\ndef udf(x):\n    path = fused.file_path('a.txt')\n    had = os.path.exists(path)\n"
    code += "    open(path, 'w').close()\n    return had\n"
    assert returned(tmp_path, code, 0, 1, cpus=1) == [False, True]
