"""The markers of jobs, each read once: a config never changes, so it is remembered for ever."""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fused_spec.api.errors import ApiError
from fused_spec.errors import ServiceError
from fused_spec.reconcile.history.marker_file import keep_only, remember, remembered
from fused_spec.reconcile.history.memory import Memory
from fused_spec.reconcile.marking.marker import FIELD, Marker, marker_in
from fused_spec.system.timings import UNTIMED, Cache, Timings

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.objects import JobResponse

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")

_FIRST_BATCH = 16
_LARGEST_BATCH = 256
_AT_ONCE = 64  # waiting for answers is all they do
_WORTH_A_POOL = 2
_WORTH_REWRITING = 1000  # lines that are of no use
_STORED_WITHIN = timedelta(minutes=5)  # of the job's creation


class Markers:
    """The markers of jobs by id, remembered in a file; foreign jobs are remembered as such.

    `memory` is of what is old: of that only the project's runs are remembered, and no markers of others. `earlier` is
    the file of versions that kept it by the target's name: read, and not written any more.
    """

    def __init__(
        self,
        api: "FusedReader",
        cache: Path | None,
        workers: Callable[[int], Executor] = ThreadPoolExecutor,
        *,
        earlier: Path | None = None,
        memory: Memory | None = None,
        timings: Timings = UNTIMED,
    ) -> None:
        self._api = api
        self._cache = cache
        self.memory = memory
        self.timings = timings
        self._known: dict[str, Marker | None] = {}
        for file in filter(None, (earlier, cache)):
            self._known.update(remembered(file))
        self.workers = workers

    def read(self, jobs: Sequence["JobResponse"]) -> list[Marker | None]:
        """The marker of each job, None for a foreign one; unknown configs are read side by side.

        Raises the client's errors, and `ServiceError` for a job so young that its config may only be on its way.
        """
        unknown = [job for job in jobs if job.id not in self._known]
        self.timings.looked_up(Cache.MARKERS, hits=len(jobs) - len(unknown), misses=len(unknown))
        if unknown:
            read = self.side_by_side(self._metadata, unknown)
            found = {job.id: metadata for job, metadata in zip(unknown, read, strict=True)}
            self._known.update((job_id, marker_in(metadata)) for job_id, metadata in found.items())
            if self._cache is not None:
                remember(self._cache, found)
        return [self._known[job.id] for job in jobs]

    def learn(self, job_id: str, marker: Marker) -> None:
        """Remember what a job was started with, whose config need not be read then."""
        if job_id not in self._known:
            self._known[job_id] = marker
            if self._cache is not None:
                remember(self._cache, {job_id: {FIELD: marker.to_metadata()}})

    def side_by_side(
        self, ask: Callable[[Asked], Answer], many: Sequence[Asked], asks: Callable[[Asked], bool] = lambda _: True
    ) -> list[Answer]:
        """What comes of each, in their order; those that `asks` says call the service do so side by side."""
        calling = [asks(one) for one in many] if len(many) >= _WORTH_A_POOL else []
        if sum(calling) < _WORTH_A_POOL:
            return [ask(one) for one in many]
        waiting = list(compress(many, calling))
        with self.workers(min(_AT_ONCE, len(waiting))) as pool:
            answers = iter(list(pool.map(ask, waiting)))
        return [next(answers) if calls else ask(one) for one, calls in zip(many, calling, strict=True)]

    def forget_all_but(self, job_ids: Collection[str]) -> None:
        """Keep the markers of these jobs alone in the file; of the others nobody asks any more."""
        if self._cache is not None and len(self._known) > 2 * len(job_ids) + _WORTH_REWRITING:
            keep_only(self._cache, frozenset(job_ids))

    def _metadata(self, job: "JobResponse") -> dict[str, Any] | None:
        try:
            return self._api.get_job_metadata(job.id)
        except ApiError as error:
            if not error.is_gone:
                raise
            now = self._api.server_time or datetime.now(UTC)
            if now - job.creation_date < _STORED_WITHIN:
                raise ServiceError(
                    f"the config of {job.id} cannot be read yet, and it may be ours", hint="run the command again"
                ) from None
            return None  # a config that is gone for good cannot be one of a run that still matters


def in_batches(jobs: Sequence["JobResponse"], first: int = 0) -> Iterator[Sequence["JobResponse"]]:
    """For whoever looks for something: it is mostly among the newest, so the batches are small at first.

    `first` is how many are read at least, as so many are looked for.
    """
    start, size = 0, max(_FIRST_BATCH, first)
    while start < len(jobs):
        yield jobs[start : start + size]
        start, size = start + size, min(2 * size, max(_LARGEST_BATCH, size))
