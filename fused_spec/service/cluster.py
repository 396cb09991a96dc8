"""Keep a local Dask cluster up for the jobs: started when there is none, and again when it was lost."""

import asyncio
import json
import os
import sys
from pathlib import Path

from fused_spec.jobdir import process_is_there
from fused_spec.redaction import without_secrets

CLUSTER_FILE = "dask.json"
_LOOK_SECONDS = 1.0


async def keep_cluster(state: Path, workers: int) -> None:
    """Look after the cluster whose address is in the state folder, until cancelled; it goes on by itself then."""
    file = state / CLUSTER_FILE
    process: asyncio.subprocess.Process | None = None
    while True:
        if (process is None or process.returncode is not None) and not _is_up(file, workers):
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
