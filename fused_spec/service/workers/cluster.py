"""Keep a local Dask cluster up for the jobs: started when there is none, and again when it was lost."""

import asyncio
import importlib.util
import json
import logging
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from fused_spec.configuration.engine_choice import EngineChoice
from fused_spec.errors import Misconfigured
from fused_spec.jobs.folder import process_is_there
from fused_spec.messages.redaction import without_secrets

_log = logging.getLogger("fused_spec.service")
CLUSTER_FILE = "dask.json"
_CLUSTER = "fused_spec.engine.cluster.local"
_LOOK_SECONDS = 1.0
_LONGEST_PAUSE = 60.0  # between two starts of a cluster that does not come up


def require_dask(engine: EngineChoice) -> None:
    """Raises `Misconfigured` when the engine is Dask and that, or what its local cluster needs, is not installed."""
    needed = [] if engine == EngineChoice() else ["distributed"]
    needed += [] if engine.local_workers is None else ["cryptography"]
    if any(importlib.util.find_spec(name) is None for name in needed):
        raise Misconfigured(f"the engine {engine} needs {' and '.join(needed)}", hint="pip install 'fused-spec[dask]'")


async def keep_cluster(state: Path, workers: int) -> None:
    """Look after the cluster whose address is in the state folder, until cancelled; it goes on by itself then."""
    file = state / CLUSTER_FILE
    process: subprocess.Popen[bytes] | None = None
    pause = _LOOK_SECONDS
    while True:
        if _is_up(file, workers):
            pause = _LOOK_SECONDS
        elif process is None or process.poll() is not None:
            if process is not None:
                _log.warning("the local Dask cluster ended (%s); its log is dask.log", process.returncode)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            _end_open(file)
            file.unlink(missing_ok=True)
            with (state / "dask.log").open("ab") as log:
                process = subprocess.Popen(  # one of asyncio's would be killed where the event loop ends
                    [sys.executable, "-P", "-m", _CLUSTER, str(file), str(workers)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=without_secrets(os.environ),
                    start_new_session=True,  # neither Ctrl-C nor the end of the service is for the jobs on it
                )
        await asyncio.sleep(_LOOK_SECONDS)


def _is_up(file: Path, workers: int) -> bool:
    known = _known(file)
    return "pem" in known and known.get("workers") == workers and process_is_there(int(known["pid"]))


def _end_open(file: Path) -> None:
    """End a cluster of an earlier version, on which every user of this machine can run code."""
    known = _known(file)
    if "pem" in known or "pid" not in known:
        return
    import psutil  # a good part of what the service would need to start

    with suppress(psutil.Error):
        process = psutil.Process(int(known["pid"]))
        if process.cmdline()[-3:-1] == [_CLUSTER, str(file)]:
            _log.warning("the local Dask cluster of an earlier version is replaced; jobs on it end")
            process.terminate()


def _known(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}
