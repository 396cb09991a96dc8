"""`dask=local:N`: the service keeps a cluster on this machine, which ends when nobody needs it."""

import json
import os
import signal
import stat
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from fused_spec.service.state.launch import ensure_service
from tests.waiting import PATIENCE, until


def listening(process: psutil.Process) -> list[int]:
    """The ports of a process and of those below it."""
    family = [process, *process.children(recursive=True)]
    return [line.laddr.port for one in family for line in one.net_connections() if line.status == "LISTEN"]


def answers_http(port: int) -> bool:
    try:
        requests.get(f"http://127.0.0.1:{port}/health", timeout=10)
    except requests.RequestException:
        return False
    return True


@pytest.mark.xdist_group("dask")
@pytest.mark.thorough
def test_a_map_runs_on_the_local_cluster_which_ends_after_the_service(tmp_path: Path) -> None:
    from distributed import Client  # it takes a second, which every worker of the tests would
    from distributed.security import Security

    state = tmp_path / "state"
    address = ensure_service(state, engine="dask=local:2")
    headers = {"Authorization": f"Bearer {address.token}"}
    code = "def udf(x):\n    import psutil\n    return [one.cmdline() for one in psutil.Process().parents()]\n"
    step = {"type": "udf", "udf": {"name": "parents", "entrypoint": "udf", "code": code}, "input": [1, 2, 3]}
    url = f"{address.url}/run"
    job_id = requests.post(url, json={"config": {"steps": [step]}}, headers=headers, timeout=PATIENCE).json()["job_id"]
    by_id = f"{url}/by-id/{job_id}"

    def status() -> Any:
        return requests.get(by_id, headers=headers, timeout=PATIENCE).json()

    until(lambda: status()["terminal_status"], "the job ends")
    assert status()["job_status"] == "Done", (state / "jobs" / job_id / "log.jsonl").read_text()

    named = requests.get(f"{by_id}/results", headers=headers, timeout=PATIENCE).json()
    parents = [
        requests.get(one["url"], timeout=PATIENCE).text for one in named if not one["name"].endswith(".metadata")
    ]
    assert len(parents) == 3
    assert all("multiprocessing" in parent for parent in parents)  # a worker of the cluster, not of the job

    known = json.loads((state / "dask.json").read_text())
    cluster = psutil.Process(known["pid"])
    assert known["address"].startswith("tls://")
    assert stat.S_IMODE(Path(known["pem"]).stat().st_mode) == 0o600
    assert not [port for port in listening(cluster) if answers_http(port)]
    with pytest.raises(OSError, match="certificate"):
        Client(known["address"], security=Security.temporary(), timeout=PATIENCE, set_as_default=False)
    os.kill(address.pid, signal.SIGTERM)
    psutil.wait_procs([cluster], timeout=PATIENCE)
    assert not cluster.is_running()
    assert not Path(known["pem"]).exists()
