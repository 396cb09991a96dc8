"""A Dask cluster on this machine: `python -m fused_spec.engine.dask_cluster FILE WORKERS`.

Its address is in the file once it can be used. It outlives the service that started it, as running jobs do, and ends by
itself when there is no such service any more and no task is left.
"""

import json
import os
import sys
import time
from pathlib import Path

from distributed import Client, LocalCluster

from fused_spec.jobdir import process_is_there

_LOOK_SECONDS = 1.0
_LOOKS_WITHOUT_USE = 10


def keep(file: Path, workers: int) -> None:
    """Run until nobody needs it; `file` lies in the state folder, beside the `service.json` of the service."""
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=False
        ) as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(workers)
        draft = file.with_suffix(".draft")
        draft.write_text(json.dumps({"address": cluster.scheduler_address, "pid": os.getpid(), "workers": workers}))
        draft.replace(file)
        try:
            looks = 0
            while looks < _LOOKS_WITHOUT_USE:
                time.sleep(_LOOK_SECONDS)
                used = bool(cluster.scheduler.tasks) or _is_served(file.with_name("service.json"))
                looks = 0 if used else looks + 1
        finally:
            file.unlink(missing_ok=True)


def _is_served(address: Path) -> bool:
    try:
        return process_is_there(int(json.loads(address.read_text(encoding="utf-8"))["pid"]))
    except (OSError, ValueError, KeyError):
        return False


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
