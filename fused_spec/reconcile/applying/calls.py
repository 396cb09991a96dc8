"""The calls that carry out changes: those under way in the pool, and those put off until their time comes.

A call that met a service in passing trouble is put off and made again, for as long as silence is ridden out: that is
safe, because every call looks before it sends anything that costs.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future

from msgspec import Struct

from fused_spec.errors import ServiceError
from fused_spec.plan.model import Change
from fused_spec.reconcile.applying.act import Step
from fused_spec.reconcile.following.silence import Silence
from fused_spec.reconcile.site import World
from fused_spec.spec.model import Kind
from fused_spec.system.polling import intervals

_PAUSES = (1.0, 30.0)  # seconds before a call is made again


class Call(Struct, kw_only=True, eq=False):
    """The carrying out of one change; `failures` counts how often in a row the service was in trouble."""

    change: Change
    work: Callable[[], Step]
    silence: Silence
    pauses: Iterator[float]
    due: float = 0.0
    failures: int = 0


class Calls:
    """At most `most` calls at once."""

    def __init__(self, world: World, pool: Executor, *, most: int, patience: float) -> None:
        self._world = world
        self._pool = pool
        self._most = most
        self._patience = patience
        self._under_way: dict[Future[Step], Call] = {}
        self._put_off: list[Call] = []

    def __len__(self) -> int:
        return len(self._under_way) + len(self._put_off)

    @property
    def has_room(self) -> bool:
        return len(self._under_way) < self._most

    @property
    def under_way(self) -> frozenset[Future[Step]]:
        return frozenset(self._under_way)

    def make(self, change: Change, work: Callable[[], Step], *, after: float = 0.0) -> None:
        """Have this done, now or after so many seconds."""
        silence = Silence(self._patience)
        call = Call(change=change, work=work, silence=silence, pauses=intervals(*_PAUSES))
        if after > 0.0:
            call.due = self._world.clock() + after
            self._put_off.append(call)
        else:
            self._begin(call)

    def begin_due(self) -> None:
        """Make the calls whose time has come, as far as there is room."""
        if not self._put_off:
            return
        for call in [call for call in self._put_off if call.due <= self._world.clock()]:
            if self.has_room:
                self._put_off.remove(call)
                self._begin(call)

    def ended(self) -> list[tuple[Call, Step]]:
        """The calls that came to an end since the last time."""
        done = [future for future in self._under_way if future.done()]
        return [(self._under_way.pop(future), future.result()) for future in done]

    def again(self, call: Call, problem: ServiceError) -> bool:
        """Make a call again that failed so, if that may help and patience is left.

        Only for jobs: a token or a UDF keeps nothing waiting, and the next apply goes on where its change stopped.
        """
        if not problem.passes or call.change.key.kind is not Kind.JOB:
            return False
        now = self._world.clock()
        try:
            call.silence.begins(now, problem)
        except ServiceError:
            return False
        call.failures += 1
        call.due = now + max(next(call.pauses), problem.retry_after or 0.0)
        self._put_off.append(call)
        return True

    def drop(self) -> list[Change]:
        """Forget what was put off; the changes that will not be carried out."""
        dropped = [call.change for call in self._put_off]
        self._put_off.clear()
        return dropped

    def _begin(self, call: Call) -> None:
        self._under_way[self._pool.submit(call.work)] = call
