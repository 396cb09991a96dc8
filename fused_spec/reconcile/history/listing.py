"""Read the job history from its newest run down, although it comes in pages that shift while they are read."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

from fused_spec.api.errors import ApiError
from fused_spec.errors import ServiceError

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.objects import JobResponse

    Lines = Sequence[JobResponse]

_PAGE = 1000
_SMALL_PAGE = 50
_TOO_LARGE = (400, 413, 422, 500)  # how a service may refuse a page of so many
_OVERLAP = 5
_RESTARTS = 6
_AT_ONCE = 16
_REMEMBERED = 3  # pages back, so far as a page may shift while it is read


class Taker(Protocol):
    """Whoever a history is read for."""

    def take(self, lines: "Lines") -> bool:
        """Take in the next lines of the history, each once, the newest first; whether more of them are wanted."""


Taking = TypeVar("Taking", bound=Taker)


def read_down(
    api: "FusedReader", begin: Callable[[], Taking], workers: Callable[[int], Executor] = ThreadPoolExecutor
) -> Taking:
    """What took in the history, to its end or until it wanted no more; the pages of a long one are read side by side.

    Pages are cut by count, so they shift when a job is added or purged meanwhile; they overlap, and one that
    shares nothing with those before it means that something may have slipped through: then the reading starts over,
    with another taker. Raises `ServiceError` when it starts over too often.
    """
    for _ in range(_RESTARTS):
        taker = begin()
        if _Reading(api, taker, workers).is_whole():
            return taker
    raise ServiceError(
        "the job history changed so quickly that it could not be read whole", hint="run the command again"
    )


def list_jobs(api: "FusedReader", workers: Callable[[int], Executor] = ThreadPoolExecutor) -> list["JobResponse"]:
    """The whole history, newest first."""
    return read_down(api, _All, workers).lines


class _All:
    """Keeps every line."""

    def __init__(self) -> None:
        self.lines: list[JobResponse] = []

    def take(self, lines: "Lines") -> bool:
        self.lines += lines
        return True


class _Reading:
    """One walk down the pages; of what was read it remembers the last ids alone, since a history may be long."""

    def __init__(self, api: "FusedReader", taker: Taker, workers: Callable[[int], Executor]) -> None:
        self._api = api
        self._taker = taker
        self._workers = workers
        self._asked = _PAGE
        self._size = 0  # what the service gives at once, whatever it is asked for
        self._count = 0
        self._last: list[str] = []

    def is_whole(self) -> bool:
        """Whether all was taken in that was listed when it began; False when something may have slipped through."""
        first = self._first_page()
        if not first or not self._take(first):
            return True
        self._size = len(first)
        overlap = min(_OVERLAP, self._size // 2)
        step = self._size - overlap
        wave = 1  # most histories are short
        with self._workers(_AT_ONCE) as pool:
            while True:
                begin, is_near_the_end = self._count - overlap, False
                for page in pool.map(self._page, range(begin, begin + wave * step, step)):
                    known = set(self._last)
                    new = [job for job in page if job.id not in known]
                    if page and len(new) == len(page):
                        return False
                    if not new:
                        # The end, unless it shifted: back into what is known, or out of the list.
                        return self._is_the_end(page) if page else not overlap
                    if not self._take(new):
                        return True
                    if len(page) < self._size:
                        is_near_the_end = True
                        break  # what else was asked for may lie behind the end
                wave = 1 if is_near_the_end else min(2 * wave, _AT_ONCE)

    def _first_page(self) -> "list[JobResponse]":
        """The newest page, as long as the service gives them; one that refuses many lines is asked for few."""
        try:
            return self._page(0)
        except ApiError as error:
            if error.status_code not in _TOO_LARGE:
                raise
        self._asked = _SMALL_PAGE
        return self._page(0)

    def _page(self, skip: int) -> "list[JobResponse]":
        return list(self._api.get_jobs(self._asked, skip=skip, per_request=self._asked))

    def _take(self, new: "Lines") -> bool:
        self._count += len(new)
        self._last = [*self._last, *(job.id for job in new)][-_REMEMBERED * max(self._size, len(new)) :]
        return self._taker.take(new)

    def _is_the_end(self, page: "Lines") -> bool:
        return len(page) < self._size and page[-1].id == self._last[-1]
