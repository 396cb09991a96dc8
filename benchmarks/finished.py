"""A project whose jobs have all run, and what a service tells of their runs."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from fused_spec.reconcile.marking.marker import Marker
from fused_spec.reconcile.marking.payload import job_config
from fused_spec.spec.model import DesiredJob
from fused_spec.spec.resolve import resolve

SCOPE = "6a1f3c52-9d0e"
PROJECT = f"apiVersion: fused-spec/v1\nproject: {{name: roads, id: {SCOPE}}}\n"
JOB = """\
---
apiVersion: fused-spec/v1
kind: Job
metadata: {{name: areas-{number}, labels: {{team: roads}}}}
spec:
  config:
    steps:
      - type: udf
        udf:
          name: areas
          parameters: {{minimum: {number}}}
          code: |
            @fused.udf
            def udf(tile: int = 0, minimum: float = 20.0):
                import geopandas as gpd

                buildings = gpd.read_parquet(f"s3://bucket/buildings/{{tile}}.parquet")
                return buildings[buildings.area >= minimum]
        input: [0, 1, 2, 3]
  instance_type: m5.large
"""
_TO_A_FILE = 20


def make_project(folder: Path, jobs: int) -> list[dict[str, Any]]:
    """Write a project of so many jobs; its runs, which ended a day ago, newest first, as `replay.py` takes them."""
    (folder / "fused-spec.yaml").write_text(PROJECT, encoding="utf-8")
    (folder / "specs").mkdir()
    for first in range(0, jobs, _TO_A_FILE):
        texts = [JOB.format(number=number) for number in range(first, min(first + _TO_A_FILE, jobs))]
        (folder / "specs" / f"areas-{first}.yaml").write_text("".join(texts), encoding="utf-8")
    return runs_of(folder)


def runs_of(folder: Path) -> list[dict[str, Any]]:
    """A run of each job of a project that was written with `PROJECT`."""
    found = resolve(["specs"], cwd=folder)
    assert found.valid, found.problems
    ended = datetime.now(UTC) - timedelta(days=1)
    declared = [one for one in found.desired if isinstance(one, DesiredJob)]
    return [_run(job, number, ended) for number, job in reversed(list(enumerate(declared)))]


def write_runs(runs: list[dict[str, Any]], file: Path) -> Path:
    file.write_text(json.dumps(runs), encoding="utf-8")
    return file


def _run(job: DesiredJob, number: int, ended: datetime) -> dict[str, Any]:
    created = ended - timedelta(hours=1) + timedelta(seconds=number)
    marker = Marker(scope=SCOPE, key=job.key, digest=job.digest, attempt=1, nonce=f"{number:032x}", sent=created)
    job_id = str(UUID(int=number + 1))
    machine = {"instance_id": "i-0", "instance_type": "m5.large"}
    state = {"job_status": "Done", "job_status_date": ended.isoformat()}
    return {
        "line": {
            "id": job_id,
            "user_id": "u",
            "creation_date": created.isoformat(),
            "execution_environment_id": "e",
            **machine,
            **state,
        },
        "config": job_config(job, marker).model_dump(mode="json"),
        "record": {
            "job_id": job_id,
            "job_name": job.key.name,
            "status": "terminated",
            "terminal_status": True,
            "finished_job_status": True,
            "total_tasks": 4,
            "finished_tasks": 4,
            **machine,
            **state,
        },
    }
