"""Read the whole job history, although it comes in pages that shift while they are read."""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING

from fused_spec.errors import ServiceError

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.objects import JobResponse

_PAGE = 50
_OVERLAP = 5
_RESTARTS = 6
_AT_ONCE = 16


def list_jobs(api: "FusedReader", workers: Callable[[int], Executor] = ThreadPoolExecutor) -> list["JobResponse"]:
    """The whole history, newest first; the pages of a long one are read side by side.

    Pages are cut by count, so they shift when a job is added or purged meanwhile; they overlap, and one that
    shares nothing with those before it means that something may have slipped through: then the reading starts over.
    Raises `ServiceError` when it starts over too often.
    """
    for _ in range(_RESTARTS):
        listing = _read_once(api, workers)
        if listing is not None:
            return listing
    raise ServiceError(
        "the job history changed so quickly that it could not be read whole", hint="run the command again"
    )


def _read_once(api: "FusedReader", workers: Callable[[int], Executor]) -> list["JobResponse"] | None:
    """None when something may have slipped through."""

    def read(skip: int) -> list["JobResponse"]:
        return list(api.get_jobs(_PAGE, skip=skip, per_request=_PAGE))

    first = read(0)
    listing = {job.id: job for job in first}
    overlap = min(_OVERLAP, len(first) // 2)
    step = len(first) - overlap  # whatever size the service allows a page to have
    wave = 1  # most histories are short
    with workers(_AT_ONCE) as pool:
        while listing:
            begin = len(listing) - overlap
            for page in pool.map(read, range(begin, begin + wave * step, step)):
                new = {job.id: job for job in page if job.id not in listing}
                if page and len(new) == len(page):
                    return None
                if not new:
                    # The end, unless it shifted: back into what is known, or out of the list.
                    ends = len(page) < len(first) and page[-1].id == next(reversed(listing)) if page else not overlap
                    return list(listing.values()) if ends else None
                listing.update(new)
                if len(page) < len(first):
                    break  # what else was asked for may lie behind the end
            wave = min(2 * wave, _AT_ONCE)
    return []
