"""Whose turn it is: the changes that wait, each until all that it needs has ended well."""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from fused_spec.plan.actions import Action
from fused_spec.plan.model import Change
from fused_spec.plan.waiting import needs_to_act
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus
from fused_spec.spec.model import Key


class Turns:
    """The changes of a plan in its order; an outcome moves those alone that wait for it."""

    def __init__(self, changes: Iterable[Change]) -> None:
        self._waiting = dict(enumerate(changes))
        self._needing: dict[Key, list[int]] = {}
        self._open: dict[int, set[Key]] = {}
        self._ready: dict[bool, list[int]] = {True: [], False: []}  # by whether a run is started
        self._hopeless: list[tuple[int, str]] = []
        for place, change in self._waiting.items():
            self._open[place] = set(needs_to_act(change))
            for need in self._open[place]:
                self._needing.setdefault(need, []).append(place)
            if not self._open[place]:
                self._make_ready(place)

    def __len__(self) -> int:
        return len(self._waiting)

    def needs(self, key: Key) -> bool:
        """Whether something that waits needs this."""
        return any(place in self._waiting for place in self._needing.get(key, ()))

    def note(self, outcome: Outcome) -> None:
        """Take in what became of something that others may need."""
        key = outcome.change.key
        for place in self._needing.get(key, ()):
            if place not in self._waiting or key not in self._open[place]:
                continue
            if not outcome.satisfied:
                state = "has not run" if outcome.status is OutcomeStatus.UNCHANGED else f"is {outcome.status}"
                heappush(self._hopeless, (place, f"needs {key}, which {state}"))
            self._open[place].discard(key)
            if not self._open[place]:
                self._make_ready(place)

    def hopeless(self) -> Iterator[tuple[Change, str]]:
        """The changes whose turn cannot come, and why; they wait no more."""
        while self._hopeless:
            place, why = heappop(self._hopeless)
            if place in self._waiting:  # it may lack two things
                yield self._waiting.pop(place), why

    def next(self, *, may_run: bool) -> Change | None:
        """The first whose turn it is; without `may_run` of those that start no run. It waits no more."""
        first: list[int] | None = None
        for starts, queue in self._ready.items():
            if starts and not may_run:
                continue
            while queue and queue[0] not in self._waiting:
                heappop(queue)
            if queue and (first is None or queue[0] < first[0]):
                first = queue
        return None if first is None else self._waiting.pop(heappop(first))

    def drop(self) -> list[Change]:
        """Forget all that waits."""
        dropped = list(self._waiting.values())
        self._waiting.clear()
        return dropped

    def _make_ready(self, place: int) -> None:
        heappush(self._ready[self._waiting[place].action is Action.START], place)
