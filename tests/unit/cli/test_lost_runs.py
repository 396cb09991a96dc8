"""`wait` and `cancel` for a run whose machine is gone while its work is said to go on."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fused_spec.api.http.transport import Transport
from fused_spec.api.reading import FusedReader
from fused_spec.cli import main
from fused_spec.cli.runs.following import ended_status
from fused_spec.cli.runs.lookup import FoundRun
from fused_spec.configuration.settings import Credentials
from fused_spec.errors import WaitTimeout
from fused_spec.jobs.status import LOST_AFTER, RunStatus
from fused_spec.system.polling import Deadline
from tests.unit.api.conftest import TOKEN, FakeTime
from tests.unit.api.loopback import Loopback, leads_to, says

JOB = "8f9c2f4e-58b1-4f3e-9f6c-0d5b1c7e52b5"
RUN = {"job_id": JOB, "job_name": "n", "job_status": "In Progress", "finished_job_status": False}
THERE = {**RUN, "status": "running", "terminal_status": False}
GONE = {**RUN, "status": "terminated", "terminal_status": True}
STATUS = f"GET /run/by-id/{JOB}"
LONG_AGO = "2020-05-01T10:00:00Z"

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as loopback:
        loopback.on(f"GET /job/by-id/{JOB}/config", leads_to(f"{loopback.host}/config"))
        loopback.on("GET /job/self", says([]))
        loopback.on("GET //config", says({"steps": [], "metadata": {}}))
        yield loopback


@pytest.fixture
def reader(server: Loopback) -> Iterator[FusedReader]:
    transport = Transport(server.url, Credentials(access_token=TOKEN))
    yield FusedReader.over(transport)
    transport.close()


@pytest.fixture
def command(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> Command:
    """Run the command there; returns its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FUSED_AUTH_TOKEN", TOKEN)
    monkeypatch.setenv("FUSED_AUTH_TOKEN_TYPE", "Bearer")

    def run(*arguments: str) -> tuple[int, str]:
        code = main.run([*arguments, "--base-url", server.url])
        return code, capfd.readouterr().out.strip()

    return run


def test_wait_ends_with_1_where_the_last_heartbeat_is_old(server: Loopback, command: Command) -> None:
    server.on(STATUS, says({**GONE, "last_heartbeat": LONG_AGO}))
    assert command("wait", JOB) == (1, f"{JOB} lost ({JOB})")


def test_wait_says_that_it_took_too_long_where_the_machine_may_yet_come_back(
    server: Loopback, command: Command
) -> None:
    server.on(STATUS, says(GONE))
    assert command("wait", JOB, "--timeout", "0") == (5, "")


def test_cancel_sends_nothing_for_a_run_that_is_lost(server: Loopback, command: Command) -> None:
    server.on(STATUS, says({**GONE, "last_heartbeat": LONG_AGO}))
    assert command("cancel", JOB) == (0, f"{JOB} has ended before ({JOB})")
    assert all(call.startswith("GET ") for call in server.calls)


def test_cancel_is_sent_for_a_run_that_may_yet_have_a_machine(server: Loopback, command: Command) -> None:
    server.on(STATUS, says(GONE), says({**GONE, "job_status": "Canceled", "finished_job_status": True}))
    server.on(f"POST /run/by-id/{JOB}/cancel", says(GONE))
    assert command("cancel", JOB) == (0, f"{JOB} cancelled ({JOB})")
    assert [call for call in server.calls if call.startswith("POST ")] == [f"POST /run/by-id/{JOB}/cancel"]


def ended(reader: FusedReader, time: FakeTime, seconds: float | None) -> RunStatus:
    found = FoundRun(job_id=JOB, name="areas")
    return ended_status(reader, found, Deadline(seconds, time.clock), sleep=time.sleep, clock=time.clock)


def test_a_machine_that_has_been_gone_for_minutes_is_not_waited_for(server: Loopback, reader: FusedReader) -> None:
    time = FakeTime()
    server.on(STATUS, says(THERE), says(GONE))
    assert ended(reader, time, None) is RunStatus.LOST
    assert LOST_AFTER <= time.now < 2 * LOST_AFTER


def test_a_machine_that_comes_back_is_waited_for(server: Loopback, reader: FusedReader) -> None:
    server.on(STATUS, says(GONE), says(GONE), says(THERE), says({**GONE, "job_status": "Done"}))
    assert ended(reader, FakeTime(), None) is RunStatus.SUCCEEDED


def test_a_limit_before_that_says_that_the_run_goes_on(server: Loopback, reader: FusedReader) -> None:
    server.on(STATUS, says(GONE))
    with pytest.raises(WaitTimeout, match="goes on"):
        ended(reader, FakeTime(), 60)
