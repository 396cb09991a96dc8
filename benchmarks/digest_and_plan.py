"""How long the digests and the plan of very many jobs take, without any service.

    uv run python benchmarks/digest_and_plan.py [--quick] [--rounds N]

A third of the jobs changed since they ran, and each tenth reads what the one before it writes.
"""

import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from measure import command_line, rounds, tell
from rows import Row, no_more_than, row

from fused_spec.jobs.status import RunStatus
from fused_spec.messages.diagnostics import Location
from fused_spec.plan.model import History, Run
from fused_spec.plan.planner import make_plan
from fused_spec.spec.model import DesiredJob, Key, Kind, Project, Resolution
from fused_spec.spec.relations.digest import digest
from fused_spec.spec.relations.outputs import with_outputs_in_digests

JOBS = 100_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CODE = """\
@fused.udf
def udf(tile: int = 0, minimum: float = 20.0):
    import geopandas as gpd

    buildings = gpd.read_parquet(f"s3://bucket/buildings/{tile}.parquet")
    areas = buildings.to_crs(buildings.estimate_utm_crs()).area
    return buildings[areas >= minimum]
"""


def rows(given: Namespace) -> Iterator[Row]:
    jobs = JOBS // 10 if given.quick else JOBS
    payloads = [payload(number) for number in range(jobs)]
    history = known(payloads)
    spent = [once(payloads, history) for _ in range(rounds(given, usually=5, quick=2) + 1)][1:]
    goal = no_more_than(3.0 * jobs / JOBS, "s")
    yield row(f"digests and plan of {jobs:,} jobs, pure", spent, unit="s", goal=goal)


def once(payloads: Sequence[dict[str, Any]], history: History) -> float:
    """The seconds of the processor that the digests of the payloads and the plan take."""
    began = time.process_time()
    desired = with_outputs_in_digests([job(number, each) for number, each in enumerate(payloads)])
    project = Project(name="areas", scope="areas", root=Path("/"), state=Path("/"))
    make_plan(Resolution(project=project, desired=desired), history, target="local", now=NOW)
    return time.process_time() - began


def job(number: int, content: dict[str, Any]) -> DesiredJob:
    reads = (key(number - 1),) if number % 10 == 9 else ()
    place = Location(path=f"areas-{number}.yaml")
    return DesiredJob(key=key(number), payload=content, digest=digest(content), origin=place, needs=reads, reads=reads)


def key(number: int) -> Key:
    return Key(kind=Kind.JOB, name=f"areas-{number}")


def payload(number: int) -> dict[str, Any]:
    udf = {"name": "areas", "entrypoint": "udf", "code": CODE, "parameters": {"minimum": number}}
    return {
        "config": {"name": f"areas-{number}", "steps": [{"type": "udf", "udf": udf, "input": [0, 1, 2, 3]}]},
        "instance_type": "m5.large",
        "region": "us-west-2",
        "disk_size_gb": 100,
        "additional_env": {"FUSED_CREDENTIAL_PROVIDER": "ec2", "LOG_LEVEL": "debug"},
    }


def known(payloads: Sequence[dict[str, Any]]) -> History:
    """A run of each job that succeeded; a third were started with something else."""
    declared = with_outputs_in_digests([job(number, each) for number, each in enumerate(payloads)])
    runs = {
        one.key: (
            Run(
                job_id=f"job-{number}",
                key=one.key,
                digest=one.digest if number % 3 else "d1:other",
                status=RunStatus.SUCCEEDED,
                created=NOW,
                ended=NOW,
            ),
        )
        for number, one in enumerate(declared)
    }
    return History(read_at=NOW, runs=runs)


if __name__ == "__main__":
    tell(rows, command_line(__doc__).parse_args())
