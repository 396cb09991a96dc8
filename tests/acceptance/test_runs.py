"""Runs in real worker processes: interrupted applies, cancelled jobs, workers and services that die."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.acceptance.command import Shell
from tests.waiting import PATIENCE, until

UNTIL_TOLD = '''\
@fused.udf
def udf(flag: str):
    """Runs until the file is there, with a process of its own below."""
    import subprocess
    import time
    from pathlib import Path

    child = subprocess.Popen(["sleep", "600"])
    print(f"child {child.pid}", flush=True)
    while not Path(flag).exists():
        time.sleep(0.02)
    child.kill()
    child.wait()
    return 1
'''


def job(flag: Path, name: str = "long", more: str = "") -> str:
    return f"""\
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: {name}}}
spec:
  config:
    steps:
      - type: udf
        udf: {{file: long.py, parameters: {{flag: {json.dumps(str(flag))}}}}}
{more}"""


@pytest.fixture
def flag(tmp_path: Path) -> Path:
    """The file that ends the job."""
    return tmp_path / "flag"


@pytest.fixture
def long(neighbour: Shell, flag: Path) -> Shell:
    neighbour.write("specs/long.py", UNTIL_TOLD)
    neighbour.write("specs/a.yaml", job(flag))
    return neighbour


@pytest.fixture
def alone(shell: Shell, flag: Path) -> Shell:
    """The same at a service of its own."""
    shell.write("specs/long.py", UNTIL_TOLD)
    shell.write("specs/a.yaml", job(flag))
    return shell


def read_until(process: "subprocess.Popen[str]", word: str) -> str:
    """The first line on stderr with this word."""
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if word in line:
            return line
    raise AssertionError("".join(seen))


def run_of(shell: Shell, name: str = "long") -> str:
    """The job id of the newest run."""
    found = re.search(r"job id +(\S+)", shell.run("show", name).out)
    assert found
    return found[1]


def known_jobs(shell: Shell) -> set[str]:
    """All runs that the service knows, of other tests, too."""
    return {run["job_id"] for run in shell.run("jobs", "--output", "json").document["jobs"]}


def child_of(shell: Shell) -> int:
    """The process that the UDF started."""
    found: list[str] = []

    def printed() -> bool:
        found.extend(re.findall(r"child (\d+)", shell.run("logs", "long").out))
        return bool(found)

    until(printed, "the UDF prints its child")
    return int(found[0])


def status_of(shell: Shell, name: str = "long") -> str:
    found = re.search(r"status +(\S+)", shell.run("show", name).out)
    return found[1] if found else "none"


def attached_outcome(shell: Shell, flag: Path) -> tuple[str, str]:
    """Apply again, let the job end once the apply waits for it, and say what it waited for and how that ended."""
    applying = shell.start("apply", "specs", "--output", "json")
    read_until(applying, "already running")
    flag.touch()
    out, _ = applying.communicate(timeout=PATIENCE)
    [outcome] = json.loads(out)["outcomes"]
    return outcome["job_id"], outcome["status"]


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.thorough)])
def test_an_interrupted_apply_leaves_its_run_and_the_next_one_attaches(
    long: Shell, flag: Path, number: signal.Signals
) -> None:
    before = known_jobs(long)
    applying = long.start("apply", "specs")
    read_until(applying, "running")
    applying.send_signal(number)
    _, err = applying.communicate(timeout=PATIENCE)
    assert applying.returncode == 130
    job_id = run_of(long)
    assert f"1 run goes on: long ({job_id})" in err
    assert attached_outcome(long, flag) == (job_id, "succeeded")
    assert known_jobs(long) - before == {job_id}


def test_without_waiting_apply_ends_at_once_and_wait_waits(long: Shell, flag: Path) -> None:
    started = long.run("apply", "specs", "--no-wait", "--output", "json")
    assert [one["status"] for one in started.document["outcomes"]] == ["running"]
    timed_out = long.run("wait", "long", "--timeout", "1s")
    assert timed_out.code == 5
    flag.touch()
    assert long.run("wait", "long").code == 0


@pytest.mark.thorough
def test_a_timeout_of_the_apply_ends_the_waiting_and_no_run(long: Shell, flag: Path) -> None:
    ended = long.run("apply", "specs", "--timeout", "2s", "--output", "json")
    assert (ended.code, ended.document["outcomes"][0]["status"]) == (5, "timeout")
    assert status_of(long) == "running"
    flag.touch()


def test_cancel_ends_every_process_of_the_job(long: Shell) -> None:
    long.run("apply", "specs", "--no-wait")
    child = child_of(long)
    cancelled = long.run("cancel", "long")
    assert cancelled.code == 0, cancelled.err
    assert status_of(long) == "cancelled"
    until(lambda: not psutil.pid_exists(child), "the child ends")
    held = long.run("apply", "specs", "--output", "json")
    assert (held.code, held.document["outcomes"][0]["status"]) == (1, "held")


def test_a_changed_spec_replaces_the_run_that_goes_on(long: Shell, flag: Path) -> None:
    long.run("apply", "specs", "--no-wait")
    first = run_of(long)
    flag.touch()
    long.write("specs/a.yaml", job(flag, more="  disk_size_gb: 5\n"))
    replaced = long.run("apply", "specs", "--output", "json")
    [outcome] = replaced.document["outcomes"]
    assert outcome["status"] == "succeeded"
    assert outcome["job_id"] != first


def test_a_worker_that_is_killed_ends_its_job_as_failed_and_says_so(long: Shell) -> None:
    long.run("apply", "specs", "--no-wait")
    child = psutil.Process(child_of(long))
    worker = psutil.Process(os.getpgid(child.pid))
    worker.kill()
    assert long.run("wait", "long").code == 1
    assert "ERROR: the worker ended by SIGKILL" in long.run("logs", "long").out
    until(lambda: not child.is_running(), "what the worker left is ended too")


@pytest.mark.thorough
def test_a_job_goes_on_when_its_service_is_killed_and_is_taken_up_again(alone: Shell, flag: Path) -> None:
    alone.run("apply", "specs", "--no-wait")
    child_of(alone)
    job_id = run_of(alone)
    service = psutil.Process(alone.service["pid"])
    service.kill()
    service.wait(PATIENCE)
    assert status_of(alone) == "running"
    assert attached_outcome(alone, flag) == (job_id, "succeeded")


@pytest.mark.thorough
def test_a_job_whose_worker_died_with_its_service_does_not_run_for_ever(alone: Shell) -> None:
    alone.run("apply", "specs", "--no-wait")
    child = psutil.Process(child_of(alone))
    service = psutil.Process(alone.service["pid"])
    service.kill()
    service.wait(PATIENCE)
    os.killpg(os.getpgid(child.pid), signal.SIGKILL)
    assert alone.run("wait", "long").code == 1
    assert "ERROR: the worker vanished" in alone.run("logs", "long").out


def test_logs_follow_a_run_to_its_end(long: Shell, flag: Path) -> None:
    long.run("apply", "specs", "--no-wait")
    following = long.start("logs", "long", "-f")
    assert following.stdout is not None
    lines = iter(following.stdout)
    assert "step 1 of 1" in next(lines)
    assert "child" in next(lines)
    flag.touch()
    rest = following.communicate(timeout=PATIENCE)[0]
    assert "udf: 1 done" in rest
    assert following.returncode == 0


def test_a_udf_that_fails_shows_its_last_lines_and_where(neighbour: Shell) -> None:
    neighbour.write(
        "specs/long.py", "@fused.udf\ndef udf(flag):\n    print('before')\n    raise ValueError('no such tile')\n"
    )
    neighbour.write("specs/a.yaml", job(Path("unused")))
    ended = neighbour.run("apply", "specs")
    assert ended.code == 1
    assert "ValueError: no such tile" in ended.out
    assert "Traceback" not in ended.err


@pytest.mark.thorough
def test_what_needs_a_failed_job_is_skipped_and_named_with_the_cause(neighbour: Shell) -> None:
    neighbour.write("specs/long.py", "@fused.udf\ndef udf(flag):\n    raise ValueError('no such tile')\n")
    second = job(Path("unused"), "second", "  needs: [long]\n")
    neighbour.write("specs/a.yaml", f"{job(Path('unused'))}---\n{second}")
    ended = neighbour.run("apply", "specs", "--output", "json")
    outcomes = {one["name"]: one for one in ended.document["outcomes"]}
    assert (outcomes["second"]["status"], outcomes["second"]["error"]) == ("skipped", "needs Job/long, which is failed")
    assert outcomes["second"]["job_id"] is None


def test_env_reaches_the_job_and_secrets_of_the_service_do_not(shell: Shell) -> None:
    code = "@fused.udf\ndef udf(flag):\n    import os\n    print(sorted({'LEVEL', 'MY_TOKEN'} & set(os.environ)))\n"
    shell.write("specs/long.py", code)
    shell.write("specs/a.yaml", job(Path("unused"), more="  env: {LEVEL: debug}\n"))
    ended = shell.run("apply", "specs", MY_TOKEN="canary-value-0123456789")
    assert ended.code == 0, ended.err
    assert "['LEVEL']" in shell.run("logs", "long").out


@pytest.mark.thorough
def test_serve_listens_where_it_says_and_refuses_other_machines(shell: Shell) -> None:
    refused = shell.run("serve", "--host", "0.0.0.0")
    assert refused.code == 2
    serving = shell.start("serve", "--state", "state")
    url = read_until(serving, "Listening on").split()[2]
    written = json.loads((shell.folder / "state/service.json").read_text(encoding="utf-8"))
    assert (written["url"], written["pid"]) == (url, serving.pid)
    serving.send_signal(signal.SIGINT)
    serving.communicate(timeout=PATIENCE)
    assert serving.returncode == 0
