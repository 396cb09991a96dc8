"""Which of the elements that a run was started for it made a result of, as the service tells it.

An embedded service tells of each task. Any other tells of the results: by their names, and by what stands beside each.
"""

import re
from typing import TYPE_CHECKING, Protocol

from fused_spec.api.errors import ApiError, Unreadable
from fused_spec.api.tasks import told_tasks
from fused_spec.jobs.parts import Part, Stretches, elements_of
from fused_spec.jobs.tasks import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.results import JobResult
    from fused_spec.spec.model import DesiredJob

_NUMBERED = re.compile(r"(\d{1,9})\.(\w+)")
_NOTHING = "none"


class SideBySide(Protocol):
    """Asks of several results at once (`history.markers`)."""

    def __call__(self, ask: "Callable[[JobResult], bool]", many: "Sequence[JobResult]", /) -> "Sequence[bool]": ...


def meant_by(job: "DesiredJob", part: Part | None) -> Stretches | None:
    """The elements of the job, as it is declared, that a run was started for; None where they are not its elements."""
    elements = elements_of(job.payload["config"])
    if elements is None or (part is not None and part.of != len(elements)):
        return None
    return Stretches.all(len(elements)) if part is None else part.elements


def done_of(api: "FusedReader", job_id: str, meant: Stretches | None, side_by_side: SideBySide) -> Stretches | None:
    """Those of the elements that a run was started for of which it made a result; None where nobody tells.

    Raises the client's errors.
    """
    if meant is None:
        return None
    if api.service_id is not None:
        with told_tasks(api, job_id) as lines:
            if lines is not None:
                return _by_tasks(lines, meant)
    return results_of(api, job_id, meant, side_by_side)


def results_of(api: "FusedReader", job_id: str, meant: Stretches, side_by_side: SideBySide) -> Stretches | None:
    """Those of the elements that a run was meant to make of which there is a result that tells of no error."""
    try:
        results = api.get_job_results(job_id)
    except ApiError as error:
        if error.is_gone or error.lacks_the_call:
            return None
        raise
    flags = bytearray(len(meant))
    named = [(one, match) for one in results if (match := _NUMBERED.fullmatch(one.name)) is not None]
    for (_, match), good in zip(named, side_by_side(_is_good, [one for one, _ in named]), strict=True):
        if (place := int(match[1])) < len(flags):
            flags[place] = good
    return meant.where(flags)


def _is_good(result: "JobResult") -> bool:
    """Whether a result is one: of an element that failed there may be an empty one, with the error beside it.

    What stands beside it and can never be read makes nothing good.
    """
    try:
        beside = result.metadata()
    except (ApiError, Unreadable) as error:
        if isinstance(error, ApiError) and error.passes:
            raise
        return False
    if beside is None:
        return not result.name.endswith(f".{_NOTHING}")
    return not beside.get("has_exception") and not beside.get("errormsg")


def _by_tasks(lines: "Iterable[bytes]", meant: Stretches) -> Stretches | None:
    """What the tasks tell, unless they are not those that were meant."""
    tally = Tally(len(meant)).all_of(lines)
    return meant.where(tally.succeeded) if tally.counts.total == len(meant) else None
