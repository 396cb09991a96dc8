"""The service as a process: found, started once, closed to others, and over a restart the same."""

import contextlib
import fcntl
import json
import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from fused_spec.configuration.engine_choice import parse_engine
from fused_spec.errors import FileTrouble, FusedSpecError, Locked, Misconfigured, ServiceUnreachable
from fused_spec.service.jobs.schedules import Schedules
from fused_spec.service.server import Options, _held, serve
from fused_spec.service.state.database import open_database
from fused_spec.service.state.folder import is_held
from fused_spec.service.state.launch import ServiceAddress, answering, ensure_service
from fused_spec.service.udfs.registry import Udfs
from fused_spec.wire import UdfSave
from fused_spec.wire.schedules import CronJob
from tests.waiting import PATIENCE


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "service"
    yield folder
    if (address := answering(folder)) is not None:
        stop(address)


def stop(address: ServiceAddress, number: signal.Signals = signal.SIGTERM) -> None:
    process = psutil.Process(address.pid)
    process.send_signal(number)
    process.wait(PATIENCE)


def test_its_address_is_for_its_user_alone(state: Path) -> None:
    address = ensure_service(state)
    path = state / "service.json"
    assert json.loads(path.read_text(encoding="utf-8")) == address.as_json()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_many_who_need_it_at_once_get_the_same(state: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        assert len({address.pid for address in pool.map(ensure_service, [state] * 4)}) == 1


def test_a_stopped_service_leaves_no_address_and_keeps_its_token(state: Path) -> None:
    first = ensure_service(state)
    stop(first)
    assert not (state / "service.json").exists()
    assert ensure_service(state).token == first.token


def test_a_killed_service_is_started_again(state: Path) -> None:
    first = ensure_service(state)
    stop(first, signal.SIGKILL)
    assert (state / "service.json").exists()
    second = ensure_service(state)
    assert second.pid != first.pid


@pytest.mark.parametrize("host", ["192.0.2.1", "fused.example", "127.0.0.1.nip.example"])
def test_an_address_file_that_names_another_machine_is_not_followed(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    monkeypatch.setattr("http.client.HTTPConnection.request", lambda *given, **_: asked.append(given))
    written = {"url": f"http://{host}:1/server/v1", "token": "t", "pid": 1, "engine": "processes", "storage": "/"}
    (tmp_path / "service.json").write_text(json.dumps(written), encoding="utf-8")
    with _held(tmp_path):
        assert answering(tmp_path) is None
    assert asked == []


def test_the_token_of_a_killed_service_is_sent_to_nobody(state: Path) -> None:
    address = ensure_service(state)
    stop(address, signal.SIGKILL)
    with socket.create_server(("127.0.0.1", 0)) as other:
        url = f"http://127.0.0.1:{other.getsockname()[1]}/server/v1"
        (state / "service.json").write_text(json.dumps({**address.as_json(), "url": url}), encoding="utf-8")
        assert answering(state) is None
        other.settimeout(0)
        with pytest.raises(BlockingIOError):
            other.accept()


def test_a_service_starts_while_others_look_for_it(state: Path) -> None:
    state.mkdir(mode=0o700)
    (state / "service.lock").touch()
    with (state / "service.lock").open() as looked:
        fcntl.flock(looked, fcntl.LOCK_SH)
        threading.Timer(0.1, looked.close).start()
        with _held(state):
            assert is_held(state)


@pytest.mark.parametrize("mode", [0o770, 0o702])
def test_a_state_folder_that_others_can_write_to_is_refused(state: Path, mode: int) -> None:
    state.mkdir()
    state.chmod(mode)
    with pytest.raises(FusedSpecError, match="other users can write to it"):
        ensure_service(state)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_state_folder_of_another_user_is_refused(state: Path) -> None:
    state.mkdir()
    os.chown(state, 65534, -1)
    with pytest.raises(FusedSpecError, match="belongs to another user"):
        serve(Options(state=state))


def test_a_token_that_others_can_read_is_refused(state: Path) -> None:
    state.mkdir()
    (state / "token").write_text("t" * 40)
    (state / "token").chmod(0o644)
    with pytest.raises(FusedSpecError, match="no file that you alone can read"):
        serve(Options(state=state))


def test_a_token_that_is_a_link_is_refused(state: Path, tmp_path: Path) -> None:
    state.mkdir()
    (state / "token").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FusedSpecError, match="no file that you alone can read"):
        serve(Options(state=state))


def test_an_idle_service_stops_by_itself(state: Path) -> None:
    address = ensure_service(state, idle=0.1)
    with contextlib.suppress(psutil.NoSuchProcess):  # it may be even faster
        psutil.Process(address.pid).wait(PATIENCE)
    assert answering(state) is None


def test_a_service_with_an_enabled_schedule_is_not_idle(state: Path) -> None:
    state.mkdir()
    every = {"minute": [0], "hour": [3], "day_of_month": [1], "month": [1], "day_of_week": [0]}
    with closing(open_database(state / "service.db")) as database:
        udf = Udfs(database).save("points", UdfSave(udf_body="{}"))
        job = CronJob.model_validate({"name": "nightly", "udf": udf.id, **every})
        schedule = Schedules(database).save(job, "environment")
    process = psutil.Process(ensure_service(state, idle=0.1).pid)
    with pytest.raises(psutil.TimeoutExpired):
        process.wait(2)
    with closing(open_database(state / "service.db")) as database:
        Schedules(database).remove(schedule)
    process.wait(PATIENCE)


def test_a_second_service_on_the_same_state_is_refused(state: Path) -> None:
    ensure_service(state)
    with pytest.raises(Locked):
        serve(Options(state=state))


def test_a_port_in_use_is_told(state: Path, tmp_path: Path) -> None:
    port = int(ensure_service(state).url.split(":")[2].split("/")[0])
    with pytest.raises(FusedSpecError, match=f"cannot listen on 127.0.0.1 port {port}"):
        serve(Options(state=tmp_path / "other", port=port))


def test_a_service_that_cannot_start_says_why(state: Path) -> None:
    state.mkdir()
    (state / "service.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(ServiceUnreachable, match=r"service\.db cannot be used"):
        ensure_service(state)


@pytest.mark.parametrize("engine", ["dask=local:2", "dask=tcp://127.0.0.1:8786"])
def test_an_engine_whose_package_is_missing_is_told_at_once(
    state: Path, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Misconfigured, match=engine) as refused:
        serve(Options(state=state, engine=parse_engine(engine)))
    assert refused.value.hint == "pip install 'fused-spec[dask]'"


def test_a_state_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "service").write_text("", encoding="utf-8")
    with pytest.raises(FileTrouble, match="cannot use"):
        ensure_service(tmp_path / "service")


def test_an_address_that_something_else_has_taken_is_not_trusted(state: Path) -> None:
    address = ensure_service(state)
    other = {**address.as_json(), "token": "another-token-0123456789"}
    (state / "service.json").write_text(json.dumps(other), encoding="utf-8")
    assert answering(state) is None
    (state / "service.json").write_text(json.dumps(address.as_json()), encoding="utf-8")
    os.kill(address.pid, signal.SIGTERM)
