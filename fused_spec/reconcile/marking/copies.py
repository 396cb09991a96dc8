"""Tell a run that fused-spec started from one that only carries its mark.

Whoever reads a job's config back, changes it and starts it again, copies the marker in its metadata. The marker says
when its own attempt was sent, and of two runs with one nonce the earlier is the one that was meant. A request that was
delivered twice makes two runs with one nonce as well; but these have one config.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fused_spec.plan.model import Run
from fused_spec.reconcile.marking.marker import Marker
from fused_spec.reconcile.marking.settle import age

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.objects import JobResponse

COPIED_AFTER = timedelta(minutes=15)
"""No service accepts a start so late."""


def is_late(marker: Marker, created: datetime) -> bool:
    """Whether a run was created long after the attempt that its marker tells of was sent."""
    return marker.sent is not None and created - marker.sent > COPIED_AFTER


def is_changed_copy(api: "FusedReader", run: Run, others: Iterable[Run]) -> bool:
    """Whether it has the nonce of another run and was started with something else: then it is somebody's own.

    Raises the client's errors when a config cannot be read.
    """
    twins = [one for one in others if one.nonce == run.nonce and one.job_id != run.job_id]
    if not run.nonce or not twins:
        return False
    return api.get_job_config(run.job_id) != api.get_job_config(min(twins, key=age).job_id)


def copies_in(listing: Iterable[tuple["JobResponse", Marker | None]]) -> frozenset[str]:
    """The ids of the runs that carry the mark of an attempt which was another's."""
    marked = [(job, marker) for job, marker in listing if marker is not None]
    first: dict[str, tuple[datetime, str]] = {}
    for job, marker in marked:
        age = (job.creation_date, job.id)
        first[marker.nonce] = min(first.get(marker.nonce, age), age)
    return frozenset(
        job.id
        for job, marker in marked
        if is_late(marker, job.creation_date) or (job.creation_date, job.id) != first[marker.nonce]
    )
