"""Whole jobs, run from their folder; the tasks are real processes."""

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.unit.engine.building import grid, points, saved
from tests.unit.engine.running import content, end, events, job_folder, log, metadata, results, run, udf_step

DOUBLE = "def udf(x):\n    return {'value': 2 * x}\n"


def test_a_job_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf():\n    print('hello')\n    return 7\n"))
    done = subprocess.run(
        [sys.executable, "-m", "fused_spec.engine.jobs.worker", str(job.path)], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert content(job, "0.json").decode() == "7"
    assert end(job) == ("Done", None)


def test_each_element_of_the_input_has_a_result(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step(DOUBLE, input=[1, 2, 3]))
    assert run(job)
    values = [json.loads(content(job, str(result.name)))["value"] for result in results(job)]
    assert values == [2, 4, 6]


def test_the_log_tells_the_steps_and_what_was_printed(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf():\n    print('hello')\n", name="greet"))
    run(job)
    assert log(job) == ["step 1 of 1: udf greet", "hello", "areas: 1 done"]


def test_events_tell_the_process_and_the_progress(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step(DOUBLE, input=[1, 2, 3]))
    run(job)
    told = events(job)
    assert (told[0]["event"], told[0]["pid"] == os.getpid()) == ("running", False)
    assert (told[1]["finished"], told[1]["total"]) == (0, 3)
    assert (told[-2]["finished"], told[-2]["total"]) == (3, 3)


def test_the_environment_of_the_job_reaches_the_udf(tmp_path: Path) -> None:
    code = "import os\ndef udf():\n    return os.environ['COLOUR']\n"
    job = job_folder(tmp_path, udf_step(code), env={"COLOUR": "red"})
    run(job)
    assert content(job, "0.html").decode() == "red"


def test_a_failing_udf_fails_the_job_with_its_own_traceback(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf():\n    x = 1\n    return x / 0\n"))
    assert not run(job)
    assert end(job) == ("Failed", "step 1 of 1 (udf) failed: ZeroDivisionError: division by zero")
    assert log(job)[1:] == [
        "Traceback (most recent call last):",
        '  File "<udf areas>", line 3, in udf',
        "    return x / 0",
        "           ~~^~~",
        "ZeroDivisionError: division by zero",
        "ERROR: step 1 of 1 (udf) failed: ZeroDivisionError: division by zero",
    ]


def test_a_failure_names_the_element(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf(x):\n    return 1 / x\n", input=[1, 0]))
    run(job)
    assert end(job)[1] == "step 1 of 1 (udf) failed: input 1: ZeroDivisionError: division by zero"


def test_failing_elements_can_be_ignored(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf(x):\n    return 1 / x\n", input=[1, 0, 2], ignore_chunk_error=True))
    assert run(job)
    assert [result.error is None for result in results(job)] == [True, False, True]
    assert log(job)[-1] == "areas: 2 of 3 done"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("def udf(:\n", "SyntaxError: invalid syntax"),
        ("def main(): pass\n", "the code defines no function udf; it defines main"),
        ("import nothing_like_it\ndef udf(): pass\n", "ModuleNotFoundError: No module named 'nothing_like_it'"),
        ("def udf(x): pass\n", "no value for x; the UDF takes x"),
        ("def udf():\n    raise SystemExit('enough')\n", "SystemExit: enough"),
        ("import os\ndef udf():\n    os._exit(4)\n", "the process ended by itself with exit code 4"),
        ("def udf():\n    return object()\n", "a builtins.object cannot be stored"),
        ("class Odd(Exception):\n    __str__ = None\ndef udf():\n    raise Odd\n", "step 1 of 1 (udf) failed: Odd"),
        ("def udf():\n    raise ValueError('x' * 10**6 + 'end')\n", f"ValueError: {'x' * 1000} … {'x' * 997}end"),
    ],
)
def test_every_way_to_fail_has_words(code: str, problem: str, tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step(code))
    assert not run(job)
    assert problem in str(end(job)[1])


def test_the_word_at_which_clients_stop_comes_once_and_last(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf():\n    raise ValueError('x')\n"))
    run(job)
    assert ["ERROR:" in line for line in log(job)].index(True) == len(log(job)) - 1


def test_beside_a_result_stands_what_was_printed(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf():\n    print('hello')\n    return 7\n"))
    run(job)
    known = metadata(job, "0.json")
    assert (known["stdout"], known["has_exception"]) == ("hello\n", False)


def test_beside_a_failure_stands_its_line(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf():\n    return 1 / 0\n"))
    run(job)
    known = metadata(job, "0.none")
    assert (known["exception_class"], known["lineno"]) == ("ZeroDivisionError", 2)


def test_a_later_step_reads_the_table_of_an_earlier_one(tmp_path: Path) -> None:
    code = (
        "import fused\n@fused.udf\ndef udf():\n"
        "    chunks = fused.get_chunks_metadata('fd://table')\n"
        "    ids = zip(chunks.file_id, chunks.chunk_id)\n"
        "    return sum(len(fused.get_chunk_from_table('fd://table', *one)) for one in ids)\n"
    )
    ingest = {
        "type": "partition_geospatial",
        "input": saved(grid(), tmp_path / "a.parquet"),
        "output": "fd://table",
        "partitioning_method": "rows",
        "partitioning_split_method": "mean",
        "partitioning_maximum_per_chunk": 10,
    }
    job = job_folder(tmp_path, ingest, udf_step(code))
    assert run(job)
    assert content(job, "0.json").decode() == "100"
    assert "wrote 100 rows in 1 file, 12 chunks to fd://table" in log(job)


def test_an_ingestion_that_cannot_be_done_fails_the_job(tmp_path: Path) -> None:
    step = {"type": "partition_nongeospatial", "input": "fd://nothing.csv", "output": "fd://table"}
    job = job_folder(tmp_path, step)
    assert not run(job)
    message = "step 1 of 1 (partition_nongeospatial) failed: input fd://nothing.csv does not exist"
    assert end(job) == ("Failed", message)
    assert log(job)[-1] == f"ERROR: {message}"


def test_a_table_that_is_not_as_expected_fails_the_job(tmp_path: Path) -> None:
    expected = {"fused-spec": {"expect": {"rows": {"min": 5}}}}
    source = saved(pd.DataFrame({"a": [1, 2]}), tmp_path / "a.csv")
    step = {"type": "partition_nongeospatial", "input": source, "output": "fd://table", "metadata": expected}
    job = job_folder(tmp_path, step)
    assert not run(job)
    said = "the table is not what the spec expects: 2 rows, expected at least 5; fd://table is left as it was"
    assert end(job) == ("Failed", f"step 1 of 1 (partition_nongeospatial) failed: {said}")
    assert list((tmp_path / "storage").iterdir()) == []


def test_a_large_result_has_a_file_of_its_own(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf():\n    return 'x' * 1_000_000\n"))
    run(job)
    assert (job.results / "0.html").stat().st_size == len(content(job, "0.html")) == 1_000_000
    assert metadata(job, "0.html")["has_exception"] is False


def test_a_udf_that_forks_and_returns_twice_has_one_result(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("import os\ndef udf(x):\n    os.fork()\n    return x\n", input=[1, 2, 3]))
    assert run(job)
    assert [content(job, str(result.name)) for result in results(job)] == [b"1", b"2", b"3"]


def test_finished_results_are_there_after_every_process_was_killed(tmp_path: Path) -> None:
    code = "import os, signal\ndef udf(x):\n    if x == 5:\n        os.killpg(0, signal.SIGKILL)\n    return x\n"
    job = job_folder(tmp_path, udf_step(code, input=[0, 1, 2, 3, 4, 5]), cpus=1)
    command = [sys.executable, "-m", "fused_spec.engine.jobs.worker", str(job.path)]
    assert subprocess.run(command, start_new_session=True, check=False).returncode == -signal.SIGKILL
    kept = [content(job, str(result.name)) for result in results(job)]
    assert kept == [str(number).encode() for number in range(len(kept))]
    assert kept


def test_a_failed_step_is_the_last(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step("def udf():\n    return 1 / 0\n"), udf_step(DOUBLE, input=[1]))
    run(job)
    assert not job.result_index.exists()


def test_only_the_last_step_leaves_results(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step(DOUBLE, input=[1, 2, 3]), udf_step(DOUBLE, input=[9]))
    run(job)
    assert [result.name for result in results(job)] == ["0.json"]


def test_a_format_can_be_forced_on_results(tmp_path: Path) -> None:
    code = f"import geopandas\ndef udf():\n    return geopandas.read_parquet({saved(points(2), tmp_path / 'a.pq')!r})\n"
    job = job_folder(tmp_path, udf_step(code), output_format="csv")
    run(job)
    assert len(pd.read_csv(io.BytesIO(content(job, "0.csv")))) == 2


def test_a_job_is_run_by_one_worker_only(tmp_path: Path) -> None:
    job = job_folder(tmp_path, udf_step(DOUBLE, input=[1]))
    assert run(job)
    before = events(job)
    assert run(job)
    assert events(job) == before


def test_a_fault_of_the_engine_ends_the_job_and_is_logged(tmp_path: Path) -> None:
    job = job_folder(tmp_path, {"type": "no such step"})
    assert not run(job)
    assert str(end(job)[1]).startswith("the engine failed: ValidationError")
    assert "Traceback (most recent call last):" in log(job)
