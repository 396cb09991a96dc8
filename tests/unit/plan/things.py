"""What the tests of planning share: a declared job, its newest run, and a plan of the two."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fused_spec.jobs.status import RunStatus
from fused_spec.messages.diagnostics import Location
from fused_spec.plan.model import Change, History, PastRun, Plan, RemoteObject, Requests, Run, Trace
from fused_spec.plan.planner import make_plan
from fused_spec.spec.model import Desired, DesiredJob, Key, Kind, Project, Resolution, RunPolicy

NOW = datetime(2031, 5, 1, 12, tzinfo=UTC)
KEY = Key(kind=Kind.JOB, name="areas")
SAME, OTHER = "d1:same", "d1:other"


def key(name: str) -> Key:
    return Key(kind=Kind.JOB, name=name)


def job(
    name: str = "areas",
    *,
    policy: RunPolicy = RunPolicy(),
    needs: tuple[Key, ...] = (),
    reads: tuple[str, ...] = (),
    digest: str = SAME,
    steps: tuple[dict[str, object], ...] = (),
) -> DesiredJob:
    read = tuple(map(key, reads))
    return DesiredJob(
        key=key(name),
        payload={"config": {"steps": list(steps)}},
        digest=digest,
        origin=Location(path="specs/a.yaml"),
        run=policy,
        needs=(*needs, *read),
        reads=read,
        sources={"config.steps.0.udf.code": "udfs/area.py"},
    )


def run(status: RunStatus, digest: str = SAME, *, tries: int = 1, hours_ago: float = 1, key: Key = KEY) -> Run:
    moment = NOW - timedelta(hours=hours_ago)
    return Run(
        job_id=f"run-of-{key.name}",
        key=key,
        digest=digest,
        status=status,
        created=moment,
        ended=None if status.in_flight else moment,
        attempt=tries,
        tries=tries,
    )


def past(status: RunStatus = RunStatus.SUCCEEDED, digest: str = SAME, *, hours_ago: float = 1) -> PastRun:
    ended = NOW - timedelta(hours=hours_ago)
    return PastRun(job_id="remembered", key=KEY, digest=digest, status=status, ended=ended)


def project(scope: str = "0d5b1c7e") -> Project:
    return Project(name="roads", scope=scope, root=Path("/project"), state=Path("/project/.fused-spec"))


def plan(
    *desired: Desired,
    runs: tuple[Run, ...] = (),
    remembered: PastRun | None = None,
    objects: tuple[RemoteObject, ...] = (),
    requests: Requests = Requests(),
    scope: str = "0d5b1c7e",
    successes: tuple[Run, ...] = (),
    traces: tuple[str, ...] = (),
) -> Plan:
    by_key: dict[Key, tuple[Run, ...]] = {}
    for one in runs:
        by_key[one.key] = (*by_key.get(one.key, ()), one)
    history = History(
        read_at=NOW,
        runs=by_key,
        past={remembered.key: remembered} if remembered else {},
        objects={one.key: one for one in objects},
        successes={one.key: one for one in successes},
        traces={key(name): Trace(job_id="gone", attempt=1) for name in traces},
        seen=frozenset(one.job_id for one in runs),
    )
    resolution = Resolution(project=project(scope), desired=desired)
    return make_plan(resolution, history, target="local", requests=requests, now=NOW)


def only(made: Plan) -> Change:
    [change] = made.changes
    return change
