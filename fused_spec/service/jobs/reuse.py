"""Which earlier job answers a start that allows for results of some age (`cache_max_age`)."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

from fused_spec.jobs.folder import JobDir, read_results
from fused_spec.service.jobs.runs import Run, Runs
from fused_spec.wire import RunRequest, UdfStep


async def reusable(runs: Runs, job_dir: Callable[[str], JobDir], body: RunRequest, run: Run) -> Run | None:
    """The newest job that asked for the same, began within the allowed age, and has every result still.

    Only UDFs can be answered so, since what an ingestion wrote may be gone or changed, and none in an image, whose name
    may mean another environment by now; and nothing that carries an attempt's marker, which is to be found again under
    that marker and no other.
    """
    age = body.cache_max_age or 0
    if age <= 0 or run.nonce is not None or run.image_name is not None:
        return None
    if not all(isinstance(step, UdfStep) for step in body.config.steps):
        return None
    for one in runs.equal(run, max(0, run.created - age * 1000)):
        if await run_in_threadpool(_is_whole, job_dir(one.job_id), one):
            return one
    return None


def _is_whole(job: JobDir, run: Run) -> bool:
    """Whether there is a good result of every element."""
    results = list(read_results(job))
    good = {result.index for result in results if result.error is None}
    return len(good) == len(results) == run.result_count
