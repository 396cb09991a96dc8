"""What the service writes down for a worker: the job, and what it may use."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fused_spec.jobdir import JobDir
from fused_spec.service.private_file import write_private
from fused_spec.service.waiting import Place

_MOST_PROCESSES = 1000
_GB = 10**9


def request_of(
    place: Place, *, storage: str, engine: str | None, scratch: Path, provided: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of `request.json`, as `fused_spec.jobdir` describes it."""
    run, share = place.run, place.share
    return {
        "job_id": run.job_id,
        "config": json.loads(run.config),
        "env": dict(run.env),
        "python": str(place.python) if place.python else None,
        "storage": storage,
        "engine": engine,
        "scratch": str(scratch),
        "cpus": share.cpus,
        "processors": list(place.processors),
        "memory_limit": share.memory,
        "memory_share": share.set_aside,
        "disk_limit": run.disk_size_gb * _GB if run.disk_size_gb else None,
        "process_limit": _MOST_PROCESSES,
        "machine": share.origin,
        "output_format": run.output_format,
        "tile": [int(number) for number in run.tile.split("/")] if run.tile else None,
        "provided": provided,
    }


def write_request(job: JobDir, request: dict[str, Any]) -> None:
    """Leave the worker its task, readable by this user alone: the environment may hold secrets."""
    job.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(job.request, json.dumps(request))
