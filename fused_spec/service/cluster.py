"""Keep a local Dask cluster up for the jobs: started when there is none, and again when it was lost."""

import asyncio
import importlib.util
import json
import logging
import os
import sys
from pathlib import Path

from fused_spec.engine_choice import EngineChoice
from fused_spec.errors import Misconfigured
from fused_spec.jobdir import process_is_there
from fused_spec.redaction import without_secrets

_log = logging.getLogger("fused_spec.service")
CLUSTER_FILE = "dask.json"
_LOOK_SECONDS = 1.0
_LONGEST_PAUSE = 60.0  # between two starts of a cluster that does not come up


def require_dask(engine: EngineChoice) -> None:
    """Raises `Misconfigured` when the engine is Dask and that is not installed here."""
    if engine != EngineChoice() and importlib.util.find_spec("distributed") is None:
        raise Misconfigured(f"the engine {engine} needs dask", hint="pip install 'fused-spec[dask]'")


async def keep_cluster(state: Path, workers: int) -> None:
    """Look after the cluster whose address is in the state folder, until cancelled; it goes on by itself then."""
    file = state / CLUSTER_FILE
    process: asyncio.subprocess.Process | None = None
    pause = _LOOK_SECONDS
    while True:
        if _is_up(file, workers):
            pause = _LOOK_SECONDS
        elif process is None or process.returncode is not None:
            if process is not None:
                _log.warning("the local Dask cluster ended (%s); its log is dask.log", process.returncode)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            file.unlink(missing_ok=True)
            with (state / "dask.log").open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "fused_spec.engine.dask_cluster",
                    str(file),
                    str(workers),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=state,
                    env=without_secrets(os.environ),
                    start_new_session=True,  # neither Ctrl-C nor the end of the service is for the jobs on it
                )
        await asyncio.sleep(_LOOK_SECONDS)


def _is_up(file: Path, workers: int) -> bool:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        return known["workers"] == workers and process_is_there(int(known["pid"]))
    except (OSError, ValueError, KeyError):
        return False
