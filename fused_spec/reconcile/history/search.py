"""Find the project's runs in the history: read down to what is known of it, and on where that does not do."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from fused_spec.reconcile.history.listing import read_down
from fused_spec.reconcile.history.markers import Markers, in_batches
from fused_spec.reconcile.history.memory import Known, MarkedRun, newest_of_each
from fused_spec.reconcile.history.statuses import is_over, is_over_for_good
from fused_spec.reconcile.marking.copies import is_late
from fused_spec.reconcile.marking.marker import Marker
from fused_spec.spec.model import Key, Kind
from fused_spec.spec.relations.moves import UNMOVED, Moves
from fused_spec.system.timings import Cache

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.api.values.objects import JobResponse

_TWINS_WITHIN = timedelta(hours=1)
_RECOGNISED_BY = 200  # of the newest known lines some may be purged
_RUNS_OF_A_JOB = 20
_PROBE = 50  # lines around the place where a run is expected: so many may have come meanwhile


class Found(Struct, frozen=True, kw_only=True):
    """The project's runs, newest first, and the ids of what was taken into account: all but what is old and foreign."""

    runs: tuple[MarkedRun, ...]
    seen: frozenset[str]


class Wish(Protocol):
    """What is looked for; lines come newest first."""

    @property
    def many(self) -> int:
        """How many runs are looked for, as far as that is known."""

    def wants(self, line: "JobResponse") -> bool:
        """Whether the config of this run is to be read."""

    def met(self, run: MarkedRun) -> None:
        """Take note of a run of the project."""

    def is_met_by(self, known: Known) -> bool:
        """Whether with what is known of the older lines nothing more is to be looked for among them."""

    def counts_on(self, known: Known) -> Collection[MarkedRun]:
        """The known runs that matter, where no newer ones were met."""


class Runs:
    """A wish for the newest run of each of these jobs; and for whatever may be its twin.

    A run under a former name is one of the job.
    """

    def __init__(self, wanted: Collection[Key], now: datetime, moves: Moves = UNMOVED) -> None:
        self._missing = set(wanted)
        self._horizon = now
        self._moves = moves

    @property
    def many(self) -> int:
        return len(self._missing)

    def wants(self, line: "JobResponse") -> bool:
        return bool(self._missing) or line.creation_date >= self._horizon

    def met(self, run: MarkedRun) -> None:
        self._missing.discard(self._job_of(run))
        self._horizon = self._horizon_with([run])

    def is_met_by(self, known: Known) -> bool:
        newest = self.counts_on(known)
        return known.reaches(self._horizon_with(newest) if len(newest) == len(self._missing) else None)

    def counts_on(self, known: Known) -> Collection[MarkedRun]:
        newest: dict[Key, MarkedRun] = {}
        for run in known.runs:
            if (key := self._job_of(run)) in self._missing:
                newest.setdefault(key, run)
        return newest.values()

    def _horizon_with(self, runs: Iterable[MarkedRun]) -> datetime:
        """A twin of a run that was found was made about when it was."""
        return min([self._horizon, *(run.line.creation_date - _TWINS_WITHIN for run in runs)])

    def _job_of(self, run: MarkedRun) -> Key:
        return self._moves.key_of(run.marker.key, run.line.creation_date)


class Since(Struct, frozen=True):
    """A wish for every run that was created since then, or for all."""

    moment: datetime | None

    @property
    def many(self) -> int:
        return 0

    def wants(self, line: "JobResponse") -> bool:
        return self.moment is None or line.creation_date >= self.moment

    def met(self, run: MarkedRun) -> None:
        """One is as good as another."""

    def is_met_by(self, known: Known) -> bool:
        return known.reaches(self.moment)

    def counts_on(self, known: Known) -> Collection[MarkedRun]:
        return [run for run in known.runs if self.wants(run.line)]


def find_runs(
    api: "FusedReader",
    markers: Markers,
    wish: Callable[[], Wish],
    *,
    scope: str,
    archived: Collection[str] = frozenset(),
) -> Found:
    """What the wish is for, and every run of the scope that was met on the way; `archived` are ids of runs kept.

    Raises the client's errors when the service cannot be read.
    """
    memory = markers.memory
    began = service_time(api)
    cut = memory.before(began) if memory is not None and began is not None else None
    known = memory.known() if memory is not None else None

    def search(known: Known | None) -> _Search:
        return read_down(api, lambda: _Search(markers, wish(), scope, began, cut, archived, known), markers.workers)

    found = search(known)
    does = known is not None and found.is_true(api)
    if known is not None and not does:
        found = search(None)
    if memory is not None:
        markers.timings.looked_up(Cache.HISTORY, hits=int(does), misses=int(not does))
    learned = found.learned
    if memory is not None and learned is not None and learned != known:
        memory.learn(learned)
        markers.forget_all_but(found.young)
    return found.found


def service_time(api: "FusedReader") -> datetime | None:
    """The time on the service's clock; asked for with the smallest question when nothing was asked yet."""
    if api.server_time is None:
        api.get_jobs(1, per_request=1)
    return api.server_time


class _Search:
    """Takes in the history from its newest line down, to the end or to where it is known.

    What is older than `cut`, and over for good where it is of the project, will be known the next time.
    """

    def __init__(
        self,
        markers: Markers,
        wish: Wish,
        scope: str,
        began: datetime | None,
        cut: datetime | None,
        archived: Collection[str],
        known: Known | None,
    ) -> None:
        self._markers = markers
        self._wish = wish
        self._scope = scope
        self._began = began
        self._cut = cut
        self._archived = archived
        self._known = known
        self._known_places = {job_id: place for place, job_id in enumerate(known.newest)} if known else {}
        self._skipped = inf  # the place of the first line that was not looked at
        self._down_to: datetime | None = None  # and when it was created
        self._is_odd = False
        self._runs: list[MarkedRun] = []
        self._listed, self._old_listed = set[str](), set[str]()
        self._count, self._old_from = 0, 0
        self._old: list[JobResponse] = []
        self.young: list[str] = []
        self._below: Sequence[JobResponse] = ()

    def take(self, lines: Sequence["JobResponse"]) -> bool:
        at = next((number for number, line in enumerate(lines) if line.id in self._known_places), len(lines))
        new, self._below = lines[:at], lines[at:]
        # So old a line would have been among those that are known.
        self._is_odd = self._known is not None and any(line.creation_date < self._known.top for line in new)
        if self._is_odd:
            return False
        for batch in in_batches(new, self._wish.many):
            self._look_at(batch)
        return not self._below

    def is_true(self, api: "FusedReader") -> bool:
        """Whether what is known does, and is still so: the oldest run that matters has to be where it was.

        Above it nothing was purged then, and nothing put in between.
        """
        known = self._met
        if self._is_odd or known is None:
            return not self._is_odd
        if not self._wish.is_met_by(known):
            return False
        matter = self._wish.counts_on(known)
        if not matter:
            return True
        oldest = max(matter, key=lambda run: run.place)
        below = oldest.place - self._first
        if below < len(self._below):
            return below >= 0 and self._below[below].id == oldest.line.id
        around = api.get_jobs(_PROBE, skip=self._count + below, per_request=_PROBE)
        return any(line.id == oldest.line.id for line in around)

    @property
    def found(self) -> Found:
        runs = (*self._runs, *self._known_runs)
        known = self._met
        ids = {*self.young, *(line.id for line in self._old), *self._listed, *(run.line.id for run in runs)}
        return Found(runs=runs, seen=frozenset(ids | {*known.newest, *known.listed} if known else ids))

    @property
    def learned(self) -> Known | None:
        """What is known from now on; None where nothing is old yet, or nobody knows what is."""
        known = self._met
        newest = (*(line.id for line in self._old), *(known.newest[self._first :] if known else ()))[:_RECOGNISED_BY]
        if self._cut is None or not newest:
            return None
        runs = (*self._runs, *self._known_runs)
        looked_at = [run for run in runs if self._old_from <= run.place < self._skipped]
        old = [replace(run, place=run.place - self._old_from) for run in looked_at]
        return Known(
            top=(self._old or self._below)[0].creation_date,
            newest=newest,
            runs=newest_of_each(old, _RUNS_OF_A_JOB),
            listed=frozenset({*self._old_listed, *(known.listed if known else ())} & {*self._archived}),
            down_to=known.down_to if known is not None else self._down_to,
        )

    @property
    def _met(self) -> Known | None:
        """What is known, where it was met."""
        return self._known if self._below else None

    @property
    def _first(self) -> int:
        """The place, among the known lines, of the newest that is still there."""
        return self._known_places[self._below[0].id]

    @property
    def _known_runs(self) -> list[MarkedRun]:
        known = self._met
        if known is None:
            return []
        shift = self._count - self._first
        return [replace(run, place=run.place + shift) for run in known.runs if run.place >= self._first]

    def _look_at(self, lines: Sequence["JobResponse"]) -> None:
        # Above what is known everything is looked at: of no job a run may be known, and a newer one not.
        # So is what goes on: unseen it would be taken for over the next time.
        asked = [line for line in lines if self._known is not None or self._wish.wants(line) or not is_over(line)]
        found = dict(zip((line.id for line in asked), self._markers.read(asked), strict=True))
        for line in lines:
            if self._down_to is None and line.id not in found:
                self._skipped, self._down_to = self._count, line.creation_date
            marker = found.get(line.id)
            goes_on = False
            if marker is not None and self._is_run(marker, line):
                run = MarkedRun(line=line, marker=marker, place=self._count)
                self._runs.append(run)
                self._wish.met(run)
                goes_on = self._began is None or not is_over_for_good(line, self._began)
            self._note(line, goes_on=goes_on)

    def _is_run(self, marker: Marker, line: "JobResponse") -> bool:
        is_job_here = marker.scope == self._scope and marker.key.kind is Kind.JOB
        return is_job_here and not is_late(marker, line.creation_date)

    def _note(self, line: "JobResponse", *, goes_on: bool) -> None:
        self._count += 1
        if line.id in self._archived:
            self._listed.add(line.id)
            self._old_listed.add(line.id)
        if goes_on or self._cut is None or line.creation_date >= self._cut:
            self.young += [*(old.id for old in self._old), line.id]
            self._old, self._old_from = [], self._count
            self._old_listed.clear()  # the next reading meets those again, or they are purged by then
        elif len(self._old) < _RECOGNISED_BY:
            self._old.append(line)
