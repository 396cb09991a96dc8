"""Whether the answer to a start is about the run that was asked for, or about an older one that a cache gave out.

Such an answer started nothing. Where the spec allows results of some age, an older run of the same job may stand for
the new one; everywhere else the job did not run as it was asked to, and that is told. The intent stays in the journal:
should the start have taken effect all the same, the next apply finds its run by its nonce.
"""

from typing import TYPE_CHECKING

from fused_spec.errors import FusedSpecError, ServiceError
from fused_spec.reconcile.marker import Marker, marker_in
from fused_spec.spec.model import DesiredJob

if TYPE_CHECKING:
    from fused_spec.api.objects import RunResponse
    from fused_spec.reconcile.site import Site


def stands_for(job: DesiredJob, marker: Marker, run: "RunResponse", site: "Site") -> Marker:
    """The marker of the run that was answered: that of this attempt, or of the older run that may stand for it.

    Raises `FusedSpecError` for an older run that may not.
    """
    found = _marker_of(run, site)
    is_ours = found is not None and found.nonce == marker.nonce
    is_known = run.job_id in site.seen
    if is_ours or (run.cached is None and not is_known and found is None):
        return marker  # a config that cannot be read yet says nothing
    same = found is not None and (found.scope, found.key, found.digest) == (marker.scope, marker.key, marker.digest)
    if found is not None and same and job.start.get("cache_max_age"):
        return found
    raise FusedSpecError(
        f"{marker.key} was not started: the service answered with {_what(run, found, is_known)}",
        hint=_hint(job),
    )


def _marker_of(run: "RunResponse", site: "Site") -> Marker | None:
    try:
        return marker_in(site.api.get_job_metadata(run.job_id))
    except ServiceError:
        return None  # it may only be on its way


def _what(run: "RunResponse", found: Marker | None, is_known: bool) -> str:
    whose = f"attempt {found.attempt} of {found.key}" if found is not None else "a run that carries no mark of this job"
    how = f" from its cache ({run.cached})" if run.cached else ""
    when = ", which the history had before" if is_known else ""
    return f"the older run {run.job_id}{how}, {whose}{when}"


def _hint(job: DesiredJob) -> str:
    if job.start.get("cache_max_age"):
        return "leave out spec.cache_max_age to have it run anew"
    return "look for a cache between here and the service; spec.cache_max_age allows for results of some age"
