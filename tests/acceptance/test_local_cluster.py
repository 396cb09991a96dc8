"""`dask=local:N`: the service keeps a cluster on this machine, which ends when nobody needs it."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from fused_spec.service.launch import ensure_service
from tests.waiting import until

_PATIENCE = 120  # seconds, so that a test that hangs fails instead


@pytest.mark.xdist_group("dask")
def test_a_map_runs_on_the_local_cluster_which_ends_after_the_service(tmp_path: Path) -> None:
    state = tmp_path / "state"
    address = ensure_service(state, engine="dask=local:2")
    headers = {"Authorization": f"Bearer {address.token}"}
    code = "def udf(x):\n    import psutil\n    return [one.cmdline() for one in psutil.Process().parents()]\n"
    step = {"type": "udf", "udf": {"name": "parents", "entrypoint": "udf", "code": code}, "input": [1, 2, 3]}
    url = f"{address.url}/run"
    job_id = requests.post(url, json={"config": {"steps": [step]}}, headers=headers, timeout=60).json()["job_id"]
    by_id = f"{url}/by-id/{job_id}"

    def status() -> Any:
        return requests.get(by_id, headers=headers, timeout=60).json()

    until(lambda: status()["terminal_status"], "the job ends")
    assert status()["job_status"] == "Done", (state / "jobs" / job_id / "log.jsonl").read_text()

    named = requests.get(f"{by_id}/results", headers=headers, timeout=60).json()
    parents = [requests.get(one["url"], timeout=60).text for one in named if not one["name"].endswith(".metadata")]
    assert len(parents) == 3
    assert all("multiprocessing" in parent for parent in parents)  # a worker of the cluster, not of the job

    cluster = psutil.Process(json.loads((state / "dask.json").read_text())["pid"])
    os.kill(address.pid, signal.SIGTERM)
    psutil.wait_procs([cluster], timeout=_PATIENCE)
    assert not cluster.is_running()
