"""Jobs that make a result of each of some elements, runs of parts of them, and what must hold of these together.

What must hold is told from what really happened at the service: which elements each run was sent, and which it made.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from msgspec.structs import replace

from fused_spec.plan.actions import Reason
from fused_spec.plan.model import Plan
from fused_spec.spec.model import DesiredJob, OnRetry, Resolution
from tests.simulator.names import first
from tests.simulator.service import Job, Service

COUNT = 6
_CONFIG = {"steps": [{"type": "udf", "udf": {"entrypoint": "udf", "code": "x"}, "input": list(range(COUNT))}]}
_DONE = (Reason.UP_TO_DATE, Reason.ARCHIVED)


def of(declared: Resolution) -> Resolution:
    """The same jobs as maps, of which a retry runs what failed."""
    jobs = tuple(
        replace(one, payload={"config": _CONFIG}, run=replace(one.run, on_retry=OnRetry.FAILED, retries=2))
        for one in declared.desired
        if isinstance(one, DesiredJob)
    )
    return replace(declared, desired=jobs)


def problems(plan: Plan, service: Service, *, thrifty: bool) -> Iterator[str]:
    """Elements without a result of a job that is called up to date, and results that were paid for twice."""
    counting = _counting(service.jobs, plan.scope)
    for change in plan.changes:
        if change.reason in _DONE and change.job_id is not None:
            yield from _incomplete(change.key.name, service.find(change.job_id), service)
    for runs in counting.values():
        for before, job in pairwise(runs):
            if thrifty:
                yield from _needless(before, job, service)


def _incomplete(name: str, last: Job, service: Service) -> Iterator[str]:
    chain = _chain(last, service)
    made = {job.elements[place] for job in chain for place in job.results(service.kernel.time)}
    if len(made) < COUNT:
        yield f"{name} is called up to date, and {sorted(set(range(COUNT)) - made)} have no result"
    if len({job.marker["digest"] for job in chain}) > 1:
        yield f"{name} is put together of runs of other specs"
    if len({repr(sorted(_reads(job).items())) for job in chain}) > 1:
        yield f"{name} is put together of runs that read something else"


def _needless(before: Job, job: Job, service: Service) -> Iterator[str]:
    """What has a result already runs again, although the run before told of it."""
    if before.marker["digest"] != job.marker["digest"] or _reads(before) != _reads(job):
        return
    if before.status(service.kernel.time) == "Done":
        return
    there = [before.elements[place] for place in before.results(job.created)]
    again = [element for element in job.elements if element in there]
    is_all_there = len(there) == len(before.elements) and len(job.elements) == 1
    if again and not is_all_there:
        yield f"{job.id} runs {again} again, which {before.id} had made"


def _chain(job: Job, service: Service) -> list[Job]:
    """The run and those before it whose results it left as they were, down to one of all elements."""
    found = [job]
    while (part := found[-1].marker.get("part")) is not None:
        found.append(service.find(part["after"]))
    return found


def _reads(job: Job) -> dict[str, Any]:
    return {name: read["run"] for name, read in job.marker.get("reads", {}).items()}


def _counting(jobs: Sequence[Job], scope: str) -> dict[str, list[Job]]:
    """The runs of each job, one of each attempt, in their order."""
    counting: dict[tuple[str, int], Job] = {}
    for job in jobs:
        if job.marker.get("scope") == scope:
            key = first(job.marker["name"]), job.marker["attempt"]
            if key not in counting or (job.stamped, job.id) < (counting[key].stamped, counting[key].id):
                counting[key] = job
    found: dict[str, list[Job]] = {}
    for (name, _), job in sorted(counting.items(), key=lambda one: one[0]):
        found.setdefault(name, []).append(job)
    return found
