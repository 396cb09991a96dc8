"""A Dask cluster on this machine: `python -m fused_spec.engine.cluster.local FILE WORKERS`.

Its address is in the file once it can be used, and beside it the key without which it talks to nobody: whoever reaches
a scheduler runs code as its user. It outlives the service that started it, as running jobs do, and ends by itself when
there is no such service any more, or another cluster is in the file, and no task is left.
"""

import json
import logging
import os
import sys
import time
from pathlib import Path

from distributed import Client, Nanny, SpecCluster
from distributed.security import Security
from distributed.worker_memory import parse_memory_limit

from fused_spec.engine.cluster.nodes import QuietScheduler, QuietWorker
from fused_spec.jobs.folder import process_is_there

_LOOK_SECONDS = 1.0
_LOOKS_WITHOUT_USE = 10
_HOST = "127.0.0.1"
_log = logging.getLogger(__name__)


def keep(file: Path, workers: int) -> None:
    """Run until nobody needs it; `file` lies in the state folder, beside the `service.json` of the service."""
    _forget_lost(file)
    security = Security.temporary()
    pem = _pem(file, os.getpid())
    with _cluster(workers, security) as cluster, Client(cluster) as client:
        client.wait_for_workers(workers)
        try:
            _write_private(pem, security.tls_client_cert + security.tls_client_key)
            draft = file.with_suffix(".draft")
            known = {"address": cluster.scheduler_address, "pem": str(pem), "pid": os.getpid(), "workers": workers}
            draft.write_text(json.dumps(known))
            draft.replace(file)
            looks = 0
            while looks < _LOOKS_WITHOUT_USE:
                time.sleep(_LOOK_SECONDS)
                used = bool(cluster.scheduler.tasks) or (_is_named(file) and _is_served(file.with_name("service.json")))
                looks = 0 if used else looks + 1
        finally:
            pem.unlink(missing_ok=True)
            if _is_named(file):
                file.unlink(missing_ok=True)


def _cluster(workers: int, security: Security) -> SpecCluster:
    """A `LocalCluster` in all but its nodes, which nobody can talk to without the key, and by HTTP nobody at all."""
    node = {"host": _HOST, "protocol": "tls://", "security": security}
    share = parse_memory_limit("auto", 1, workers, logger=_log)
    worker = {**node, "worker_class": QuietWorker, "nthreads": 1, "memory_limit": share, "silence_logs": False}
    return SpecCluster(
        scheduler={"cls": QuietScheduler, "options": {**node, "port": 0, "dashboard": False}},
        workers={number: {"cls": Nanny, "options": worker} for number in range(workers)},
        security=security,
        silence_logs=False,
    )


def _pem(file: Path, pid: int | str) -> Path:
    """The certificate of a cluster, which signs itself, and its key."""
    return file.with_name(f"dask-{pid}.pem")


def _forget_lost(file: Path) -> None:
    """Remove what clusters left that were killed."""
    for pem in file.parent.glob(_pem(file, "*").name):
        pid = pem.stem.removeprefix("dask-")
        if pid.isdigit() and (int(pid) == os.getpid() or not process_is_there(int(pid))):
            pem.unlink(missing_ok=True)


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)


def _is_named(file: Path) -> bool:
    return _pid_in(file) == os.getpid()


def _is_served(address: Path) -> bool:
    pid = _pid_in(address)
    return pid is not None and process_is_there(pid)


def _pid_in(file: Path) -> int | None:
    try:
        return int(json.loads(file.read_text(encoding="utf-8"))["pid"])
    except (OSError, ValueError, KeyError):
        return None


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
