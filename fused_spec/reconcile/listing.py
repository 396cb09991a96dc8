"""Read the whole job history, although it comes in pages that shift while they are read."""

from typing import TYPE_CHECKING

from fused_spec.errors import ServiceError

if TYPE_CHECKING:
    from fused_spec.api.objects import JobResponse
    from fused_spec.api.reading import FusedReader

_PAGE = 50
_OVERLAP = 5
_RESTARTS = 6


def list_jobs(api: "FusedReader") -> list["JobResponse"]:
    """The whole history, newest first.

    Pages are cut by count, so they shift when a job is added or purged meanwhile; they overlap, and one that
    shares nothing with the page before it means that something may have slipped through: then the reading starts
    over. A page with nothing new is the end, whatever size the service allows a page to have.
    """
    for _ in range(_RESTARTS):
        listing: dict[str, JobResponse] = {}
        skip = 0
        while True:
            page = list(api.get_jobs(_PAGE, skip=skip, per_request=_PAGE))
            new = [job for job in page if job.id not in listing]
            if listing and page and len(new) == len(page):
                break
            listing.update((job.id, job) for job in new)
            if not new:
                return list(listing.values())
            skip = len(listing) - max(1, min(_OVERLAP, len(page) // 2))
    raise ServiceError(
        "the job history changed so quickly that it could not be read whole", hint="run the command again"
    )
