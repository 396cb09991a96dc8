"""A disk that is full or may not be written: a clear answer, and everything that was there stays."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fused_spec.api.client import FusedAPI
from fused_spec.api.errors import ApiError
from fused_spec.api.transport import Transport, new_session
from fused_spec.errors import FusedSpecError
from fused_spec.service.app import create_app
from fused_spec.service.server import Options, serve
from fused_spec.settings import Credentials
from tests.asgi import AsgiAdapter

TOKEN = "no-room-token-0123456789"
PRINTING = """\
@fused.udf
def udf(n: int):
    for number in range(n):
        print("x" * 1000, number)
    return n
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 24 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", folder], capture_output=True)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if mounted.returncode != 0:
        pytest.skip("only root can mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def connect(service: AsgiAdapter) -> FusedAPI:
    session = new_session()
    session.mount("http://", service)
    return FusedAPI.over(Transport("http://127.0.0.1:8000/server/v1", Credentials(access_token=TOKEN), session=session))


def job(n: int) -> dict[str, Any]:
    return {"type": "udf", "udf": {"name": "p", "entrypoint": "udf", "code": PRINTING}, "input": [n]}


def fill(folder: Path) -> Path:
    """Take all the room there is."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as stream:
        for size in (1024 * 1024, 4096):
            try:
                while stream.write(b"x" * size) == size:
                    pass
            except OSError:
                continue
    return ballast


def end_of(api: FusedAPI, run: Any) -> tuple[str | None, str]:
    ended = api.wait_for_job(run, poll_interval_seconds=0.05, timeout=60)
    return ended.job_status, "".join(line.message for line in api.get_logs(run)[-1:])


def test_a_service_on_a_full_disk_says_so_and_works_again_when_there_is_room(small_disk: Path) -> None:
    with AsgiAdapter(create_app(small_disk / "state", TOKEN)) as service:
        api = connect(service)
        api.upload("fd://kept.bin", b"kept" * 1000)
        assert end_of(api, api.start_job(job(3)))[0] == "Done"
        with pytest.raises(ApiError) as too_much:
            api.upload("fd://large.bin", b"x" * 25 * 1024 * 1024)
        assert (too_much.value.status_code, "No space left" in str(too_much.value)) == (507, True)

        ballast = fill(small_disk)
        with pytest.raises(ApiError) as no_room:
            api.upload("fd://kept.bin", b"new" * 9999)
        assert no_room.value.status_code == 507
        assert api.get("fd://kept.bin") == b"kept" * 1000

        ballast.unlink()
        assert [Path(url).name for url in api.list("fd://")] == ["kept.bin"]
        assert end_of(api, api.start_job(job(3)))[0] == "Done"
        assert not service.crashes


def test_a_job_that_fills_the_disk_fails_and_says_so(small_disk: Path) -> None:
    with AsgiAdapter(create_app(small_disk / "state", TOKEN)) as service:
        api = connect(service)
        run = api.start_job(job(100_000))
        status, last = end_of(api, run)
        assert status == "Failed"
        assert "disk is full" in last or "No space left" in last
        assert not service.crashes
        log = small_disk / f"state/jobs/{run.job_id}/log.jsonl"
        assert log.stat().st_size > 10 * 1024 * 1024
        os.truncate(log, 0)
        assert end_of(api, api.start_job(job(3)))[0] == "Done"


def test_a_folder_that_may_not_be_written_is_told(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(FusedSpecError, match="cannot be used: Read-only file system"):
        serve(Options(state=small_disk / "state"))


def test_a_state_folder_that_became_read_only_is_told_and_stays(small_disk: Path) -> None:
    with AsgiAdapter(create_app(small_disk / "state", TOKEN)) as service:
        connect(service).upload("fd://kept.bin", b"kept")
    before = {path: path.read_bytes() for path in small_disk.rglob("*") if path.is_file()}
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(FusedSpecError, match="cannot be used"):
        serve(Options(state=small_disk / "state"))
    assert {path: path.read_bytes() for path in small_disk.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("place", ["state", "state/deeper", "state/service.lock/x"])
def test_a_path_that_is_a_file_is_told_and_left(tmp_path: Path, place: str) -> None:
    (tmp_path / "state").write_text("a file", encoding="utf-8")
    with pytest.raises(FusedSpecError, match="cannot be used: "):
        serve(Options(state=tmp_path / place))
    assert (tmp_path / "state").read_text(encoding="utf-8") == "a file"
