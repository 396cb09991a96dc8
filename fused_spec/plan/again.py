"""What a retry starts: the elements of a job that have no good result yet, or all of them, and why.

A run of a part is started with exactly the elements of which no earlier run of the same digest, that read the same, is
known to have made a good result. So its success is the job's, and the newest run of a job still decides everything.
"""

from collections.abc import Mapping

from msgspec import Struct

from fused_spec.jobs.parts import MOST_STRETCHES, Part, Stretches, elements_of
from fused_spec.plan.model import PastRun, Run
from fused_spec.spec.model import DesiredJob, OnRetry


class Again(Struct, frozen=True, kw_only=True):
    """The part to start, None for all elements; `said` is for people, and empty where nothing else could be meant."""

    part: Part | None = None
    said: str = ""


def again(job: DesiredJob, before: Run | PastRun, reads: Mapping[str, str], *, whole: bool = False) -> Again:
    """What a retry of the job starts after its newest run, which did not make all results.

    `reads` are the ids of the runs that it reads now, by the names of their jobs; `whole` asks for all elements.
    """
    elements = elements_of(job.payload["config"])
    if elements is None or job.run.on_retry is OnRetry.ALL:
        return Again()
    count = len(elements)
    why = _why_all(job, before, reads, count, whole=whole)
    if why is not None or before.done is None:
        return Again(said=f"all {count:,} elements, {why}" if why else "")
    ran = Stretches.all(count) if before.part is None else before.part.elements
    missing = ran - before.done
    if len(missing) == count:
        return Again()
    said = f"{len(missing):,} of {count:,} elements, as the others have a result"
    if not len(missing):
        missing = Stretches.of([ran.number_of(len(ran) - 1)])
        said = "the last element, as all have a result and no run says that it is done"
    return Again(part=Part(of=count, elements=missing, after=before.job_id), said=said)


def lacks_results(before: Run | PastRun) -> bool:
    """Whether the run is known not to have made a result of each element that it was started for."""
    if before.done is None:
        return False
    return before.part is None or bool(len(before.part.elements - before.done))


def _why_all(
    job: DesiredJob, before: Run | PastRun, reads: Mapping[str, str], count: int, *, whole: bool
) -> str | None:
    if whole:
        return "as asked for by --all"
    if before.digest != job.digest:
        return "as the job changed"
    if {name: read.job_id for name, read in before.reads.items()} != reads:
        return "as what it reads was written again"
    if before.done is None or (before.part is not None and before.part.of != count):
        return f"as nothing tells which of them {before.job_id} made"
    if max(len(before.done.pairs), len(before.part.elements.pairs) if before.part else 0) > MOST_STRETCHES:
        return "as those without a result are scattered too widely"
    return None
