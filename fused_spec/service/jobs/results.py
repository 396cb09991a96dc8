"""The results of a job as clients read them: the k-th belongs to the k-th element of the input.

They count, and read no index, so an element that failed or never ran has its place in the list too: an empty result,
beside which stands what went wrong.
"""

import json
import re
from collections.abc import Iterator

from fused_spec.jobs.folder import JobDir, Result, find_result, known_beside, read_results, result_metadata
from fused_spec.service.jobs.runs import CANCELED, Run

_NOTHING = re.compile(r"([0-9]{1,9})\.none")


def result_names(job: JobDir, run: Run, *, to_last_good: bool) -> Iterator[str]:
    """The names, in the order of the input: of those that are there, and of a finished run for every element.

    `to_last_good` leaves out what comes after the last good one, for clients that cannot tell an empty result from
    none.
    """
    known = {result.index: result for result in read_results(job)}
    last = max((index for index, result in known.items() if result.error is None), default=-1)
    count = (last + 1 if to_last_good else run.result_count) if run.finished else 0
    for index in sorted({*known, *range(count)}):
        if index <= last or not to_last_good:
            name = known[index].name if index in known else None
            yield name or f"{index}.none"


def result_named(job: JobDir, run: Run, name: str) -> Result | None:
    """The result of a name that was listed, also of an element without one."""
    if (found := find_result(job, name)) is not None:
        return found
    if (match := _NOTHING.fullmatch(name)) is None:
        return None
    index = int(match[1])
    nameless = next((result for result in read_results(job) if result.index == index), None)
    return nameless or Result(index=index, error=_why_not(run))


def metadata_beside(job: JobDir, result: Result) -> bytes:
    """What is known beside a result, as JSON."""
    kinds = () if result.error is None else ("RuntimeError", "runtime_error")
    return result_metadata(job, result) or json.dumps(known_beside(result.error, *kinds)).encode()


def _why_not(run: Run) -> str:
    return (
        "it did not run: the job was canceled" if run.job_status == CANCELED else "it did not run: the job had failed"
    )
