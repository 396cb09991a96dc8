"""What is written down of each task: as it ends, and what is known of a run that ends early."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from itertools import count, repeat
from pathlib import Path

import pytest

from fused_spec.engine.jobs.task_log import TaskLog
from fused_spec.engine.processes.task_process import Answer
from fused_spec.engine.processes.telling import Done, Running
from fused_spec.engine.reporting.durations import Durations
from fused_spec.engine.reporting.log import EventLog
from fused_spec.jobs.folder import JobDir, read_lines
from fused_spec.jobs.tasks import Standing, Task, TaskState, standing_in, tasks_in
from fused_spec.messages.redaction import MASK, Redactor
from tests.unit.engine.building import geo_step, points, saved
from tests.unit.engine.running import job_folder, run, udf_step


@pytest.fixture
def job(tmp_path: Path) -> JobDir:
    return JobDir(tmp_path)


Made = Callable[..., TaskLog]


@pytest.fixture
def log_of(job: JobDir) -> Iterator[Made]:
    with ExitStack() as made:

        def log(*, mask: Redactor | None = None, times: Iterable[float] = repeat(0.0)) -> TaskLog:
            moments = iter(times)
            return made.enter_context(
                closing(TaskLog(job, EventLog(job.events), 3, mask=mask, clock=lambda: next(moments)))
            )

        yield log


def done(index: int, error: str | None = None, seconds: float = 0.5) -> Done:
    return Done(index, seconds, Answer(error), f'"started": 1000, "seconds": {seconds}')


def tasks(job: JobDir) -> list[Task]:
    with job.tasks.open("rb") as lines:
        return list(tasks_in(lines))


def standing(job: JobDir) -> Standing:
    found = standing_in(job.progress.read_bytes())
    assert found is not None
    return found


def finished(job: JobDir) -> list[int]:
    return [event["finished"] for event, _ in read_lines(job.events)]


def test_a_task_is_written_down_when_it_ends(job: JobDir, log_of: Made) -> None:
    log = log_of()
    with log.step(2):
        log.ended([done(1)])
        assert tasks(job) == [Task(step=2, index=1, state=TaskState.SUCCEEDED, started=1000, seconds=0.5)]


def test_of_a_task_that_failed_it_is_told_why(job: JobDir, log_of: Made) -> None:
    log = log_of()
    with log.step(1):
        log.ended([done(0, 'KeyError: "geom"')])
    [task] = tasks(job)
    assert (task.state, task.error) == (TaskState.FAILED, 'KeyError: "geom"')


def test_no_secret_is_in_what_is_told_of_a_failure(job: JobDir, log_of: Made) -> None:
    log = log_of(mask=Redactor(("hunter2hunter2",)))
    with log.step(1):
        log.ended([done(0, "no login with hunter2hunter2")])
    assert tasks(job)[0].error == f"no login with {MASK}"


def test_a_task_that_runs_when_its_step_ends_was_cancelled(job: JobDir, log_of: Made) -> None:
    log = log_of()
    with log.step(1):
        log.look([Running(0, 1000, "71"), Running(1, 2000, "72")])
        log.ended([done(0, "no")])
    assert [(task.index, task.state, task.started) for task in tasks(job)] == [
        (0, TaskState.FAILED, 1000),
        (1, TaskState.CANCELLED, 2000),
    ]


def test_the_last_task_is_told_although_none_comes_after_it(job: JobDir, log_of: Made) -> None:
    log = log_of(times=(0.15 * number for number in range(100)))
    with log.step(1):
        log.ended([done(0)])
        log.look([Running(1, 1000, "71")])
        log.look([Running(1, 1000, "71")])
        assert finished(job) == [0, 1]


def test_nothing_is_told_twice(job: JobDir, log_of: Made) -> None:
    log = log_of(times=count())
    with log.step(1):
        log.look([])
        log.look([])
        assert finished(job) == [0]


def test_it_is_told_which_tasks_have_run_for_longest(job: JobDir, log_of: Made) -> None:
    log = log_of(times=count())
    with log.step(1):
        log.look([Running(0, 2000, "71"), Running(1, 1000, "72")])
        assert [one.index for one in standing(job).longest_running] == [1, 0]


def test_how_a_run_stands_at_its_end_is_told(job: JobDir, log_of: Made) -> None:
    log = log_of()
    with log.step(1):
        log.ended([done(0), done(1, "no")])
    log.close()
    found = standing(job)
    assert (found.total, found.succeeded, found.failed, found.running) == (3, 1, 1, 0)


def test_a_job_tells_of_its_tasks_with_rows_columns_and_bounds(tmp_path: Path) -> None:
    code = (
        "import geopandas as gpd\n"
        "def udf(x):\n"
        "    return gpd.GeoDataFrame({'a': [x, x]}, geometry=gpd.points_from_xy([x, x], [0, 1]), crs=4326)\n"
    )
    job = job_folder(tmp_path, udf_step(code, input=[5]))
    assert run(job)
    [task] = tasks(job)
    assert (task.rows, task.columns, task.bounds, task.crs) == (2, 2, (5.0, 0.0, 5.0, 1.0), "EPSG:4326")


def test_a_job_tells_of_the_tasks_of_all_its_steps(tmp_path: Path) -> None:
    job = job_folder(
        tmp_path,
        udf_step("def udf(x):\n    pass\n", input=[1, 2]),
        udf_step("def udf():\n    raise ValueError\n"),
    )
    assert not run(job)
    assert sorted((task.step, task.index, task.state.value) for task in tasks(job)) == [
        (1, 0, "succeeded"),
        (1, 1, "succeeded"),
        (2, 0, "failed"),
    ]


def test_an_ingestion_is_one_task(tmp_path: Path) -> None:
    job = job_folder(
        tmp_path,
        geo_step(saved(points(3), tmp_path / "points.parquet")).model_dump(mode="json", exclude_none=True),
    )
    assert run(job)
    assert [(task.index, task.state) for task in tasks(job)] == [(0, TaskState.SUCCEEDED)]


def test_a_process_that_dies_leaves_its_task_with_the_time_it_took(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("import os\ndef udf(x):\n    os._exit(3)\n", input=[1]))
    assert not run(job)
    [task] = tasks(job)
    assert task.error == "the process ended by itself with exit code 3"
    assert task.started is not None
    assert task.seconds is not None


def test_a_task_of_long_has_its_processor_time_and_its_peak(tmp_path: Path) -> None:
    code = "import time\ndef udf(x):\n    end = time.perf_counter() + 0.01\n    while time.perf_counter() < end: pass\n"
    job = job_folder(tmp_path, udf_step(code, input=[1]))
    assert run(job)
    [task] = tasks(job)
    assert task.cpu_seconds is not None
    assert task.cpu_seconds > 0
    assert task.peak_memory is None or task.peak_memory > 2**20


def test_a_line_that_is_no_task_is_left_out() -> None:
    task = b'{"step": 1, "index": 0, "state": "succeeded"}'
    lines = [b"{}", task, b"[1", task.replace(b"succeeded", b"odd"), task[:-1]]
    assert len(list(tasks_in(lines))) == 1


@pytest.mark.parametrize("seconds", [0.002, 0.3, 14.0, 5000.0])
def test_the_median_is_right_within_a_tenth(seconds: float) -> None:
    durations = Durations()
    for factor in (0.01, 1.0, 100.0):
        durations.add(seconds * factor)
    assert durations.median == pytest.approx(seconds, rel=0.1)
