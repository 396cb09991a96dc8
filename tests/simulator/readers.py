"""Jobs that read each other's output, some of which run again although nothing changed, and what must hold of them.

What must hold is told from what really happened at the service, not from what the code under test noted or believes.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from fused_spec.messages.diagnostics import Location
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, Plan
from fused_spec.spec.model import DesiredJob, Key, Kind, OnFailure, Project, Resolution, RunPolicy, When
from tests.simulator.names import first
from tests.simulator.service import Job

SCOPE = "ours"
PRODUCERS = ("job-0", "job-1", "job-2")
_RETRY = RunPolicy(on_failure=OnFailure.RETRY, retries=1)
_POLICIES: Mapping[int, RunPolicy] = {
    0: replace(_RETRY, when=When.ALWAYS),
    2: replace(_RETRY, max_age=900.0),
}
_READS: Mapping[int, tuple[int, ...]] = {1: (0,), 3: (1, 2), 4: (3,), 5: (0, 2)}
_CALM_REASONS = (Reason.UP_TO_DATE, Reason.ARCHIVED)


@cache
def declared(count: int, *, calm: bool) -> Resolution:
    """So many jobs; the calm ones are the same, but that nothing runs again for its policy alone."""
    jobs = tuple(_job(number, calm=calm) for number in range(count))
    project = Project(name="p", scope=SCOPE, root=Path("/p"), state=Path("/p/.fused-spec"))
    return Resolution(project=project, desired=jobs)


def _job(number: int, *, calm: bool) -> DesiredJob:
    reads = tuple(Key(kind=Kind.JOB, name=f"job-{read}") for read in _READS.get(number, ()))
    step = {"type": "udf", "udf": {"entrypoint": "udf", "code": "x"}}
    return DesiredJob(
        key=Key(kind=Kind.JOB, name=f"job-{number}"),
        payload={"config": {"steps": [step]}},
        digest=f"d1:{number}",
        origin=Location(path="specs/a.yaml"),
        run=_RETRY if calm else _POLICIES.get(number, _RETRY),
        needs=reads,
        reads=reads,
    )


def problems(plan: Plan, jobs: Sequence[Job], now: float) -> Iterator[str]:
    """Readers that are called up to date and are stale, and runs of readers for which there was no reason."""
    changes = {first(change.key.name): change for change in plan.changes}
    done = {name: [job for job in _counting(jobs, name) if job.status(now) == "Done"] for name in changes}
    for name, change in changes.items():
        reads = [first(key.name) for key in change.after.reads] if isinstance(change.after, DesiredJob) else []
        if change.reason in _CALM_REASONS:
            yield from _stale(name, reads, changes, done)
        if reads and name not in PRODUCERS:
            yield from _needless(name, reads, done)


def _stale(
    name: str, reads: Sequence[str], changes: Mapping[str, Change], done: Mapping[str, Sequence[Job]]
) -> Iterator[str]:
    for read in reads:
        forgotten = changes[read].action is Action.HOLD and changes[read].reason is Reason.FORGOTTEN
        if done[name] and done[read] and not forgotten and done[name][-1].created < max(one.ends for one in done[read]):
            yield f"{name} is stale: {read} was written again"


def _needless(name: str, reads: Sequence[str], done: Mapping[str, Sequence[Job]]) -> Iterator[str]:
    """A run of a reader after one that succeeded, before which nothing that it reads was written."""
    for earlier, later in zip(done[name], done[name][1:], strict=False):
        if not any(earlier.created < one.ends <= later.created for read in reads for one in done[read]):
            yield f"{name} ran again for nothing: {later.id} after {earlier.id}"


def _counting(jobs: Sequence[Job], name: str) -> list[Job]:
    """The runs of a job, one of each attempt, in their order."""
    counting: dict[int, Job] = {}
    for job in jobs:
        if job.marker.get("scope") == SCOPE and first(job.marker["name"]) == name:
            known = counting.get(job.marker["attempt"])
            if known is None or (job.stamped, job.id) < (known.stamped, known.id):
                counting[job.marker["attempt"]] = job
    return [counting[attempt] for attempt in sorted(counting)]
