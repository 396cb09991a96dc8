"""A disk that is full or may not be written: a clear answer, and everything that was there stays."""

import io
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import requests

from fused_spec.api.client import FusedAPI
from fused_spec.api.errors import ApiError
from fused_spec.api.http.transport import Transport, new_session
from fused_spec.configuration.settings import Credentials
from fused_spec.errors import FusedSpecError
from fused_spec.service.app import create_app
from fused_spec.service.server import Options, serve
from fused_spec.service.workers.machine import Machine, this_machine
from tests.asgi import AsgiAdapter
from tests.waiting import PATIENCE

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
    ended = api.wait_for_job(run, poll_interval_seconds=0.05, timeout=PATIENCE)
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


METHOD = {"partitioning_method": "rows", "partitioning_split_method": "mean"}


def points(rows: int) -> bytes:
    """A table of about 24 bytes for each row."""
    numbers = np.random.default_rng(1).random((rows, 3))
    table = gpd.GeoDataFrame({"n": numbers[:, 2]}, geometry=gpd.points_from_xy(*numbers.T[:2]), crs=4326)
    buffer = io.BytesIO()
    table.to_parquet(buffer)
    return buffer.getvalue()


def test_an_ingestion_that_does_not_fit_fails_and_leaves_no_half_table(small_disk: Path) -> None:
    with AsgiAdapter(create_app(small_disk / "state", TOKEN)) as service:
        api = connect(service)
        content = points(600_000)
        api.upload("fd://points.parquet", content)
        step = {"type": "partition_geospatial", "input": "fd://points.parquet", "output": "fd://table/", **METHOD}
        status, last = end_of(api, api.start_job(step))
        assert (status, "No space left on device" in last) == ("Failed", True)
        storage = small_disk / "state/storage"
        left = [file for file in storage.rglob("*") if file.is_file()]
        assert [(file.name, file.read_bytes() == content) for file in left] == [("points.parquet", True)]
        api.upload("fd://points.parquet", points(1000))
        assert end_of(api, api.start_job(step))[0] == "Done"
        assert not service.crashes


def test_a_result_that_does_not_fit_fails_and_the_others_are_kept(small_disk: Path) -> None:
    with AsgiAdapter(create_app(small_disk / "state", TOKEN)) as service:
        api = connect(service)
        code = "@fused.udf\ndef udf(n: int):\n    return 'x' * n\n"
        step = {"type": "udf", "udf": {"name": "p", "entrypoint": "udf", "code": code}, "input": [30_000_000, 3]}
        run = api.start_job({**step, "ignore_chunk_error": True})
        assert end_of(api, run)[0] == "Done"
        said = "".join(line.message for line in api.get_logs(run))
        assert "input 0: the result cannot be kept: No space left on device" in said
        assert [result.read() for result in api.get_job_results(run)] == [b"", b"xxx"]
        assert not service.crashes


def test_a_call_over_its_memory_is_told_so_and_the_service_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = Machine(processors=this_machine().processors, memory=700 * 2**20)
    monkeypatch.setattr("fused_spec.service.app.this_machine", lambda: small)
    code = "import time\ndef udf(n: int):\n    kept = bytearray(b'x') * n\n    time.sleep(n / 10**6)\n    return n\n"

    def called(n: int) -> requests.Response:
        udf = {"name": "eats", "entrypoint": "udf", "code": code, "parameters": {"n": n}}
        body = {"step_config": json.dumps({"type": "udf", "udf": udf}), "format": "json"}
        address = "http://127.0.0.1:8000/server/v1/realtime/self/api/v1/run/udf"
        return session.post(address, json=body, headers={"Authorization": f"Bearer {TOKEN}"})

    with AsgiAdapter(create_app(tmp_path / "state", TOKEN)) as service:
        session = new_session()
        session.mount("http://", service)
        eaten = called(800 * 2**20)
        assert eaten.status_code == 422
        assert "over its limit of 0.7 GiB (a realtime call, cut to what this machine has" in eaten.json()["detail"]
        assert called(1).json() == 1


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
