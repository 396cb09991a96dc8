"""Whether the answer to a start is about the run that was asked for, or about an older one that a cache gave out.

Such an answer started nothing. Where the spec allows results of some age, an older run of the same job may stand for
the new one, if it read the same and is not the failed one that is to be tried again; everywhere else the job did not
run as it was asked to, and that is told. The intent stays in the journal: should the start have taken effect all the
same, the next apply finds its run by its nonce.
"""

from typing import TYPE_CHECKING

from fused_spec.errors import FusedSpecError, ServiceError
from fused_spec.jobs.status import RunStatus
from fused_spec.plan.model import Change, PastRun, Run
from fused_spec.reconcile.marking.marker import Marker, marker_in
from fused_spec.reconcile.marking.renamed import renamed
from fused_spec.spec.model import DesiredJob

if TYPE_CHECKING:
    from fused_spec.api.values.objects import RunResponse
    from fused_spec.reconcile.site import Site


def stands_for(change: Change, marker: Marker, run: "RunResponse", site: "Site") -> Marker:
    """The marker of the run that was answered: that of this attempt, or of the older run that may stand for it.

    Raises `FusedSpecError` for an older run that may not.
    """
    job = change.after
    assert isinstance(job, DesiredJob)
    if run.attempt == marker.nonce and run.cached is None:
        site.markers.learn(run.job_id, marker)
        return marker  # the service repeats what only this start can have told it
    is_read, found = _marker_of(run, site)
    is_ours = found is not None and found.nonce == marker.nonce
    is_known = run.job_id in site.seen
    if is_ours or (run.cached is None and not is_known and not is_read):
        return marker  # a config that cannot be read yet says nothing
    allowed = job.start.get("cache_max_age") and not _is_tried_again(run, change)
    if found is not None and allowed and _effort(found) == _effort(marker):
        return found
    raise FusedSpecError(
        f"{marker.key} was not started: the service answered with {_what(run, found, is_known)}",
        hint=_hint(job),
    )


def _effort(marker: Marker) -> tuple[object, ...]:
    """What two runs have in common of which one may stand for the other."""
    reads = {name: read.job_id for name, read in marker.reads.items()}
    return marker.scope, marker.key, marker.digest, marker.part, reads


def _is_tried_again(run: "RunResponse", change: Change) -> bool:
    """Whether it is the very run that this start is to make good; to follow it once more would never end."""
    before = change.before
    return isinstance(before, Run | PastRun) and before.job_id == run.job_id and before.status != RunStatus.SUCCEEDED


def _marker_of(run: "RunResponse", site: "Site") -> tuple[bool, Marker | None]:
    """Whether the config of the run that was answered can be read, and the marker in it: what is sent has one."""
    try:
        found = marker_in(site.api.get_job_metadata(run.job_id))
    except ServiceError:
        return False, None  # it may only be on its way
    if found is not None:
        site.markers.learn(run.job_id, found)
        found = renamed(found, site.moves, found.sent)
    return True, found


def _what(run: "RunResponse", found: Marker | None, is_known: bool) -> str:
    whose = f"attempt {found.attempt} of {found.key}" if found is not None else "a run that carries no mark of this job"
    how = f" from its cache ({run.cached})" if run.cached else ""
    when = ", which the history had before" if is_known else ""
    return f"the older run {run.job_id}{how}, {whose}{when}"


def _hint(job: DesiredJob) -> str:
    if job.start.get("cache_max_age"):
        return "leave out spec.cache_max_age to have it run anew"
    return "look for a cache between here and the service; spec.cache_max_age allows for results of some age"
