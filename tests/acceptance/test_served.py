"""The real service under load, under attack and in time: through its socket, with real worker processes."""

import json
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.acceptance.command import COMMAND, Shell
from tests.acceptance.conftest import in_folder
from tests.acceptance.served import Served, serving
from tests.waiting import PATIENCE, until

GOOD = "@fused.udf\ndef udf(n: int = 1):\n    return n\n"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    for shell in in_folder(tmp_path_factory.mktemp("served") / "work"):
        with serving(shell) as service:
            yield service


# Logs

CHATTY = """\
@fused.udf
def udf(process: int, lines: int):
    import sys

    for start in range(0, lines, 1000):
        sys.stdout.write("".join(f"{process} {number}\\n" for number in range(start, start + 1000)))
    sys.stdout.flush()
"""


@pytest.mark.thorough
def test_a_million_lines_of_many_processes_arrive_complete_and_in_order_in_little_memory(served: Served) -> None:
    process = psutil.Process(served.process.pid)
    before = process.memory_info().rss
    job_id = served.start(CHATTY, [{"process": number, "lines": 125_000} for number in range(8)])
    assert served.wait(job_id) == "Done"
    nexts, last, middle = dict.fromkeys(map(str, range(8)), 0), 0, 0
    with served.ask("GET", f"/logs/{job_id}", stream=True) as answer:
        for count, line in enumerate(records(answer.iter_content(1024 * 1024))):
            assert line["timestamp"] >= last
            last = int(line["timestamp"])
            middle = last if count == 500_000 else middle
            speaker, _, number = str(line["message"]).partition(" ")
            if speaker in nexts:
                assert int(number) == nexts[speaker]
                nexts[speaker] += 1
    assert set(nexts.values()) == {125_000}
    tail = served.ask("GET", f"/logs/{job_id}?since_ms={middle}").json()
    assert 0 < len(tail) < 1_000_000
    assert all(line["timestamp"] >= middle for line in tail)
    assert process.memory_info().rss - before < 100 * 1024 * 1024


def records(pieces: Iterator[bytes]) -> Iterator[dict[str, object]]:
    """The records of a JSON list, without having it whole."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"},{")
        for one in whole:
            yield json.loads(b"{" + one.removeprefix(b"[").removeprefix(b"{") + b"}")
    yield json.loads(b"{" + rest.removesuffix(b"]").removeprefix(b"[").removeprefix(b"{"))


# Code that never ends, and code that looks around

ENDLESS = """\
@fused.udf
def udf():
    import subprocess

    subprocess.Popen(["sleep", "600"])
    while True:
        print("again")
"""
CURIOUS = """\
@fused.udf
def udf():
    import os

    print(sorted(os.environ.items()), open(f"/proc/{os.getppid()}/cmdline").read())
"""


def test_code_that_never_ends_is_cancelled_with_all_it_started(served: Served) -> None:
    job_id = served.start(ENDLESS)
    until(lambda: served.status(job_id)["status"] == "running", "the job runs")
    assert served.ask("POST", f"/run/by-id/{job_id}/cancel").status_code == 200
    assert served.wait(job_id) == "Canceled"
    assert served.ask("POST", f"/run/by-id/{job_id}/cancel").json()["job_status"] == "Canceled"


def test_a_job_sees_nothing_of_the_services_secrets(served: Served) -> None:
    job_id = served.start(CURIOUS)
    assert served.wait(job_id) == "Done"
    assert served.token not in served.ask("GET", f"/logs/{job_id}").text


# The socket


def raw(served: Served, *pieces: bytes, seconds: float = 30.0) -> bytes:
    """What comes back for some bytes, until the service closes the connection."""
    place = urlsplit(served.url)
    with socket.create_connection((str(place.hostname), place.port or 0), timeout=seconds) as line:
        for piece in pieces:
            line.sendall(piece)
        received = b""
        while piece := line.recv(65536):
            received += piece
    return received


def test_what_is_no_http_is_told_and_cut_off(served: Served) -> None:
    assert raw(served, b"\x16\x03\x01hello\r\n\r\n").startswith(b"HTTP/1.1 400 ")


def test_a_head_without_end_is_cut_off(served: Served) -> None:
    try:
        answer = raw(served, b"GET / HTTP/1.1\r\nA: " + b"b" * 200_000)
    except ConnectionError:
        answer = b""  # what was not read is thrown back
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")


def test_many_idle_connections_do_not_keep_others_out(served: Served) -> None:
    place = urlsplit(served.url)
    lines = [socket.create_connection((str(place.hostname), place.port or 0)) for _ in range(200)]
    try:
        assert served.ask("GET", "/health").status_code == 200
    finally:
        for line in lines:
            line.close()


def test_a_request_to_a_route_that_reads_no_body_leaves_the_connection_in_step(served: Served) -> None:
    import requests

    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {served.token}"
        for _ in range(3):
            answer = session.delete(f"{served.url}/files/delete?path=fd%3A%2F%2Fnone", json="{}")
            assert (answer.status_code, answer.json()) == (200, False)
            answer = session.delete(f"{served.url}/udf/by-id/none", data=b"x" * 100_000)
            assert answer.status_code == 404


def test_a_start_whose_caller_hung_up_while_the_service_stood_still_is_not_started(served: Served) -> None:
    place = urlsplit(served.url)
    udf = {"name": "ghost", "entrypoint": "udf", "code": GOOD}
    body = json.dumps({"config": {"name": "ghost", "steps": [{"type": "udf", "udf": udf}]}}).encode()
    head = (
        f"POST {place.path}/run HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {served.token}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    before = len(served.ask("GET", "/job/self?limit=1000").json())
    process = psutil.Process(served.process.pid)
    process.suspend()
    try:
        with socket.create_connection((str(place.hostname), place.port or 0)) as line:
            line.sendall(head.encode() + body)
    finally:
        process.resume()
    assert served.ask("GET", "/health").status_code == 200
    assert len(served.ask("GET", "/job/self?limit=1000").json()) == before


# Its folder, and its restart


def test_what_the_service_keeps_is_for_its_user_alone(served: Served) -> None:
    served.ask("PUT", "/files/upload?path=fd://private/a.txt", data=b"x")
    opened = [
        path
        for path in (served.state, *served.state.iterdir())
        if stat.S_IMODE(path.stat().st_mode) & 0o077 and path.suffix != ".lock"
    ]
    assert opened == []


@pytest.mark.thorough
def test_a_schedule_fires_by_the_real_clock_and_once_in_its_minute(shell: Shell) -> None:
    every = {
        "minute": list(range(60)),
        "hour": list(range(24)),
        "day_of_month": list(range(1, 32)),
        "month": list(range(1, 13)),
        "day_of_week": list(range(7)),
    }
    with serving(shell) as service:
        body = json.dumps({"name": "udf", "entrypoint": "udf", "code": GOOD})
        udf_id = service.ask("POST", "/udf/new", json={"slug": "udf", "udf_body": body}).json()["id"]
        made = service.ask("POST", "/cronjob/create", json={"name": "always", "udf": udf_id, **every}).json()
        assert made["last_run"] is None
    began = datetime.now(UTC).replace(second=0, microsecond=0)
    with serving(shell) as service:  # which looks at the clock when it starts
        runs = service.ask("GET", "/job/self").json()
        assert runs
        assert service.wait(runs[-1]["id"]) == "Done"
        last = datetime.fromisoformat(service.ask("GET", f"/cronjob/by-id/{made['id']}").json()["last_run"])
        assert began <= last <= datetime.now(UTC)
    with serving(shell) as service:
        minutes = int((datetime.now(UTC) - began).total_seconds() // 60) + 1
        assert 1 <= len(service.ask("GET", "/job/self").json()) <= minutes


def test_the_service_says_how_to_point_a_client_at_it_and_keeps_its_token_to_itself(shell: Shell) -> None:
    with serving(shell) as service:
        said = service.said + service.stop()
    words = ("--base-url", "settings.toml", "credentials", "FUSED_AUTH_TOKEN_TYPE", "fused.options.base_url")
    assert [word for word in words if word not in said] == []
    assert service.url in said
    assert service.token not in said


@pytest.mark.thorough
def test_the_command_line_that_serve_shows_works_as_it_is(shell: Shell) -> None:
    with serving(shell) as service:
        assert service.process.stderr is not None
        line = next(line for line in service.process.stderr if "--base-url" in line)
        env = shell.env(PATH=f"{COMMAND.parent}:{os.environ['PATH']}")
        done = subprocess.run(["sh", "-c", line], cwd=shell.home, env=env, capture_output=True, check=False)
        assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_folder_of_somebody_else_is_told(tmp_path: Path, shell: Shell) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    ended = shell.run("serve", "--state", str(locked / "state"))
    assert (ended.code, "cannot be used: Permission denied" in ended.err) == (1, True)


def test_a_port_in_use_is_told_and_the_state_stays_usable(shell: Shell, served: Served) -> None:
    port = str(urlsplit(served.url).port)
    ended = shell.run("serve", "--state", "state", "--port", port)
    assert (ended.code, f"cannot listen on 127.0.0.1 port {port}: Address already in use" in ended.err) == (1, True)
    assert "Traceback" not in ended.err
    with serving(shell) as service:
        assert service.wait(service.start(GOOD)) == "Done"


PROJECT = """\
apiVersion: fused-spec/v1
project: {name: p, id: 0d5b1c7e-52b5-4b8c-8c1e-6f1f4c0f7a3d}
storage: files
"""


@pytest.mark.thorough
def test_a_local_service_with_another_storage_than_the_project_asks_for_is_not_used(shell: Shell) -> None:
    shell.run("init")
    assert shell.run("apply", "specs").code == 0
    pid = shell.service["pid"]
    shell.write("fused-spec.yaml", PROJECT)
    refused = shell.run("apply", "specs")
    assert refused.code == 2
    assert f"and {shell.folder / 'fused-spec.yaml'} asks for {shell.folder / 'files'}" in refused.err
    assert f"stop it with `kill {pid}`" in refused.err
    service = psutil.Process(pid)
    service.terminate()
    service.wait(PATIENCE)
    assert shell.run("apply", "specs").code == 0
    assert shell.service["storage"] == str(shell.folder / "files")
    shell.write("fused-spec.yaml", PROJECT.replace("storage: files\n", ""))
    refused = shell.run("apply", "specs")
    assert (refused.code, "with nothing configured it would be" in refused.err) == (2, True)


@pytest.mark.thorough
def test_a_service_that_a_person_started_with_another_storage_is_used_where_nothing_else_is_asked_for(
    shell: Shell,
) -> None:
    shell.run("init")
    by_hand = shell.start("serve", "--storage", "files")
    try:
        assert by_hand.stderr is not None
        assert "Listening" in by_hand.stderr.readline()
        done = shell.run("apply", "specs")
        assert (done.code, shell.service["pid"]) == (0, by_hand.pid), done.err
    finally:
        by_hand.terminate()
        by_hand.communicate(timeout=PATIENCE)


@pytest.mark.thorough
def test_a_stopped_service_ends_with_its_signal_handled(shell: Shell) -> None:
    with serving(shell) as service:
        service.stop(signal.SIGINT)
        assert service.process.returncode == 0
