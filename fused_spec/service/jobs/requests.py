"""What the service writes down for a worker: the job, and what it may use."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fused_spec.jobs.folder import JobDir
from fused_spec.service.jobs.queue import Allocation
from fused_spec.service.state.private_file import write_private

_MOST_PROCESSES = 1000
_GB = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a job that was started earlier has: its processors, the Python that runs it, its temporary files."""

    processors: tuple[int, ...]
    python: Path | None
    scratch: Path


def given_to(job: JobDir) -> Given:
    """As its request says; one that is damaged leaves a job to be followed all the same, if its worker is there."""
    try:
        request = json.loads(job.request.read_text(encoding="utf-8"))
        return Given(
            processors=tuple(map(int, request["processors"])),
            python=Path(request["python"]) if request["python"] else None,
            scratch=Path(request["scratch"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return Given(processors=(), python=None, scratch=scratch_of(job))


def scratch_of(job: JobDir) -> Path:
    """A short path, for the sockets that lie below it."""
    return Path(tempfile.gettempdir()) / f"fused-spec-{job.path.name}"


def request_of(
    allocation: Allocation, *, storage: str, engine: str | None, scratch: Path, given: Mapping[str, Any]
) -> dict[str, Any]:
    """The content of `request.json`, as `jobs.folder` describes it; `given` is `provided` and `confinement`."""
    run, share = allocation.run, allocation.share
    return {
        "job_id": run.job_id,
        "config": json.loads(run.config),
        "env": dict(run.env),
        "python": str(allocation.python) if allocation.python else None,
        "storage": storage,
        "engine": engine,
        "scratch": str(scratch),
        "cpus": share.cpus,
        "processors": list(allocation.processors),
        "memory_limit": share.memory,
        "memory_share": share.set_aside,
        "disk_limit": run.disk_size_gb * _GB if run.disk_size_gb else None,
        "process_limit": _MOST_PROCESSES,
        "machine": share.origin,
        "instance": {"name": run.instance_type, "memory": share.type_memory} if share.type_memory else None,
        "output_format": run.output_format,
        "tile": [int(number) for number in run.tile.split("/")] if run.tile else None,
        **given,
    }


def write_request(job: JobDir, request: dict[str, Any]) -> None:
    """Leave the worker its task, readable by this user alone: the environment may hold secrets."""
    job.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(job.request, json.dumps(request))
