"""What keeps money safe, through the installed command: locks, plans that hold, histories that forget."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from tests.acceptance.command import Shell
from tests.acceptance.test_runs import UNTIL_TOLD, job, known_jobs, read_until
from tests.waiting import PATIENCE, until

UDF = "@fused.udf\ndef udf(n: int = 1):\n    print(f'n={n}')\n    return n\n"
PROJECT = "apiVersion: fused-spec/v1\nproject: {name: roads, id: 0d5b1c7e-52b5}\n"


def quick(name: str, more: str = "", metadata: str = "") -> str:
    return f"""\
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: {name}{metadata}}}
spec:
  config: {{steps: [{{type: udf, udf: {{file: quick.py}}}}]}}
{more}"""


@pytest.fixture
def project(neighbour: Shell) -> Shell:
    neighbour.write("specs/quick.py", UDF)
    neighbour.write("specs/a.yaml", quick("areas"))
    return neighbour


@pytest.fixture
def alone(shell: Shell) -> Shell:
    """The same at a service of its own, which may forget."""
    shell.write("fused-spec.yaml", PROJECT)
    shell.write("specs/quick.py", UDF)
    shell.write("specs/a.yaml", quick("areas"))
    return shell


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    """The file that ends a long job."""
    return tmp_path / "flag"


def add_long(shell: Shell, flag: Path, more: str = "") -> None:
    shell.write("specs/long.py", UNTIL_TOLD)
    shell.write("specs/long.yaml", job(flag, more=more))


# One apply at a time


def test_a_second_apply_is_refused_and_told_who_holds_the_lock(project: Shell, flag: Path) -> None:
    add_long(project, flag)
    first = project.start("apply", "specs")
    read_until(first, "started as")
    second = project.run("apply", "specs")
    assert second.code == 7
    assert f"process {first.pid} on " in second.err
    flag.touch()
    first.communicate(timeout=PATIENCE)


@pytest.mark.thorough
def test_a_lock_whose_holder_was_killed_is_free(project: Shell, flag: Path) -> None:
    add_long(project, flag)
    first = project.start("apply", "specs")
    read_until(first, "started as")
    first.send_signal(signal.SIGKILL)
    first.communicate()
    flag.touch()
    assert project.run("apply", "specs").code == 0


@pytest.mark.thorough
def test_reading_needs_no_lock(project: Shell, flag: Path) -> None:
    add_long(project, flag)
    first = project.start("apply", "specs")
    read_until(first, "started as")
    assert project.run("plan", "specs").code == 0
    flag.touch()
    first.communicate(timeout=PATIENCE)


@pytest.mark.thorough
def test_the_second_signal_ends_the_process_at_once(project: Shell, flag: Path) -> None:
    add_long(project, flag)
    first = project.start("apply", "specs")
    read_until(first, "started as")
    first.send_signal(signal.SIGSTOP)
    first.send_signal(signal.SIGTERM)
    first.send_signal(signal.SIGINT)
    first.send_signal(signal.SIGCONT)
    first.communicate(timeout=PATIENCE)
    assert first.returncode == 130
    flag.touch()
    assert project.run("apply", "specs").code == 0


@pytest.mark.thorough
def test_a_folder_that_machines_share_is_locked_for_all_of_them(project: Shell, flag: Path, tmp_path: Path) -> None:
    add_long(project, flag)
    shared = str(tmp_path / "shared")
    first = project.start("apply", "specs", "--archive", shared)
    read_until(first, "started as")
    elsewhere = Shell(folder=tmp_path / "elsewhere", home=project.home)
    shutil.copytree(project.folder, elsewhere.folder, ignore=shutil.ignore_patterns(".fused-spec"))
    service = project.service
    logged_in = {"FUSED_AUTH_TOKEN": service["token"], "FUSED_AUTH_TOKEN_TYPE": "Bearer"}
    second = elsewhere.run("apply", "specs", "--archive", shared, "--base-url", service["url"], **logged_in)
    assert second.code == 7
    assert f"process {first.pid} on " in second.err
    flag.touch()
    first.communicate(timeout=PATIENCE)
    assert first.returncode == 0


# Plans that hold


def test_a_kept_plan_is_carried_out_once(project: Shell) -> None:
    before = known_jobs(project)
    assert project.run("plan", "specs", "--out", "tf.plan").code == 0
    first = project.run("apply", "--plan", "tf.plan")
    assert (first.code, "1 succeeded" in first.out) == (0, True), first.err
    again = project.run("apply", "--plan", "tf.plan")
    assert again.code == 6
    assert len(known_jobs(project) - before) == 1


@pytest.mark.thorough
def test_a_kept_plan_is_refused_when_the_specs_changed(project: Shell) -> None:
    project.run("plan", "specs", "--out", "tf.plan")
    project.write("specs/quick.py", UDF.replace("n={n}", "n is {n}"))
    done = project.run("apply", "--plan", "tf.plan")
    assert done.code == 6
    assert "Job/areas" in done.err


@pytest.mark.thorough
def test_a_kept_plan_is_refused_when_the_history_moved(project: Shell) -> None:
    project.write("specs/b.yaml", quick("others"))
    project.run("plan", "specs", "--out", "tf.plan")
    project.run("apply", "specs/a.yaml", "specs/b.yaml", "--select", "others")
    assert project.run("apply", "--plan", "tf.plan").code == 6


@pytest.mark.thorough
def test_a_kept_plan_holds_while_other_projects_run_their_jobs(alone: Shell) -> None:
    alone.run("plan", "specs", "--out", "tf.plan")
    alone.write("fused-spec.yaml", PROJECT.replace("0d5b1c7e-52b5", "77777777-0000"))
    assert alone.run("apply", "specs").code == 0
    alone.write("fused-spec.yaml", PROJECT)
    assert alone.run("apply", "--plan", "tf.plan").code == 0


@pytest.mark.thorough
def test_a_kept_plan_is_refused_elsewhere(project: Shell) -> None:
    project.run("plan", "specs", "--out", "tf.plan")
    project.write("fused-spec.yaml", PROJECT.replace("0d5b1c7e-52b5", "77777777-0000"))
    assert project.run("apply", "--plan", "tf.plan").code == 6


@pytest.mark.thorough
def test_a_kept_plan_that_was_changed_by_hand_is_refused(project: Shell) -> None:
    project.run("plan", "specs", "--out", "tf.plan")
    path = project.folder / "tf.plan"
    path.write_text(path.read_text(encoding="utf-8").replace('"start"', '"none"'), encoding="utf-8")
    assert project.run("apply", "--plan", "tf.plan").code == 6


@pytest.mark.thorough
def test_what_is_no_plan_is_refused(project: Shell) -> None:
    project.write("tf.plan", "{}")
    done = project.run("apply", "--plan", "tf.plan")
    assert done.code == 6
    assert "Traceback" not in done.err


# Histories that forget


@pytest.mark.thorough
def test_a_purged_history_is_no_reason_to_run_again(alone: Shell) -> None:
    alone.run("apply", "specs")
    alone.forget_history()
    planned = alone.run("plan", "specs", "--detailed-exitcode")
    assert planned.code == 0
    assert "finished earlier, known from the archive" in planned.out


@pytest.mark.thorough
def test_logs_are_read_from_the_archive_when_the_service_forgot(alone: Shell) -> None:
    alone.run("apply", "specs")
    alone.forget_history()
    assert "n=1" in alone.run("logs", "areas", "--attempt", "1").out


@pytest.mark.thorough
def test_a_forgotten_run_without_a_receipt_is_asked_about(alone: Shell) -> None:
    alone.run("apply", "specs")
    alone.forget_history()
    shutil.rmtree(alone.folder / ".fused-spec/archive/0d5b1c7e-52b5/runs")
    held = alone.run("apply", "specs")
    assert held.code == 1
    assert "--adopt areas" in held.out + held.err
    assert alone.run("apply", "specs", "--adopt", "areas").code == 0
    assert alone.run("plan", "specs", "--detailed-exitcode").code == 0


@pytest.mark.thorough
def test_a_forgotten_run_can_be_run_again(alone: Shell) -> None:
    alone.run("apply", "specs")
    alone.forget_history()
    shutil.rmtree(alone.folder / ".fused-spec/archive/0d5b1c7e-52b5/runs")
    again = alone.run("apply", "specs", "--rerun", "areas")
    assert (again.code, "1 succeeded" in again.out) == (0, True)


@pytest.mark.thorough
def test_an_archive_may_be_shared_by_url(alone: Shell, tmp_path: Path) -> None:
    url = f"local://{tmp_path}/shared"
    assert alone.run("apply", "specs", "--archive", url).code == 0
    assert alone.run("archive", "verify", "--archive", url).out.strip() == "Archive: 1 run, 0 problems."
    alone.forget_history()
    assert "1 unchanged" in alone.run("apply", "specs", "--archive", url).out


def test_a_damaged_log_is_found(project: Shell) -> None:
    project.run("apply", "specs")
    [log] = (project.folder / ".fused-spec/archive").rglob("logs.jsonl.gz")
    os.truncate(log, log.stat().st_size - 1)
    checked = project.run("archive", "verify", "--output", "json")
    assert checked.code == 1
    assert not checked.document["verified"]


# Policies


def test_select_takes_what_it_needs_along_and_nothing_else(project: Shell) -> None:
    project.write("specs/b.yaml", quick("last", "  needs: [areas]\n"))
    project.write("specs/c.yaml", quick("aside"))
    done = project.run("apply", "specs", "--select", "last", "--output", "json")
    assert {one["name"] for one in done.document["outcomes"]} == {"areas", "last"}


@pytest.mark.thorough
def test_prune_ends_what_no_spec_declares_but_not_what_is_protected(alone: Shell, flag: Path) -> None:
    add_long(alone, flag)
    alone.write("specs/kept.py", UNTIL_TOLD)
    kept = job(flag, "kept").replace("long.py", "kept.py").replace("{name: kept}", "{name: kept, protect: true}")
    alone.write("specs/kept.yaml", kept)
    alone.run("apply", "specs", "--no-wait")
    for name in ("long", "kept"):
        (alone.folder / f"specs/{name}.yaml").unlink()
    done = alone.run("apply", "specs", "--prune")
    assert "Job/long" in done.out
    listed = alone.run("jobs", "--output", "json").document["jobs"]
    states = {one["key"]: one["status"] for one in listed}
    assert (states["Job/long"], states["Job/kept"]) == ("cancelled", "running")
    flag.touch()


@pytest.mark.thorough
def test_prune_of_more_than_a_share_needs_to_be_allowed(project: Shell, flag: Path) -> None:
    project.write("specs/long.py", UNTIL_TOLD)
    for number in range(7):
        project.write(f"specs/long-{number}.yaml", job(flag, f"long-{number}"))
    project.run("apply", "specs", "--no-wait")
    for number in range(7):
        (project.folder / f"specs/long-{number}.yaml").unlink()
    refused = project.run("apply", "specs", "--prune")
    assert refused.code != 0
    assert "--prune-limit 7" in refused.err
    assert project.run("apply", "specs", "--prune", "--prune-limit", "7").code == 0


@pytest.mark.thorough
def test_a_job_past_its_longest_time_is_cancelled_and_says_why(alone: Shell, flag: Path) -> None:
    add_long(alone, flag, "  run: {max_duration: 1s}\n")
    done = alone.run("apply", "specs", "--select", "long")
    assert done.code == 1
    assert "it took longer than its max_duration of 1 seconds" in done.out
    shown = alone.run("jobs", "--output", "json").document["jobs"][0]
    assert shown["status"] == "cancelled"


@pytest.mark.thorough
def test_an_apply_past_its_longest_time_cancels_its_runs(project: Shell, flag: Path) -> None:
    add_long(project, flag)
    done = project.run("apply", "specs", "--select", "long", "--max-duration", "1s")
    assert done.code == 1
    until(lambda: "cancelled" in project.run("status").out, "the run is cancelled")


@pytest.mark.thorough
def test_the_log_of_each_attempt_can_be_read(project: Shell) -> None:
    project.write("specs/quick.py", "@fused.udf\ndef udf():\n    import os\n    raise ValueError(str(os.getpid()))\n")
    assert project.run("apply", "specs").code == 1
    assert project.run("apply", "specs", "--retry").code == 1
    logs = [project.run("logs", "areas", *asked).out for asked in ((), ("--attempt", "2"), ("--attempt", "1"))]
    assert logs[0] == logs[1] != logs[2]
    assert project.run("plan", "specs", "--output", "json").document["changes"][0]["action"] == "hold"
