"""Where and how an apply acts: the target, what it keeps, its lock, and time and chance as arguments."""

import random
import time
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from fused_spec.configuration.secret_values import SecretReader
from fused_spec.configuration.settings import Target
from fused_spec.reconcile.looks import Looks
from fused_spec.reconcile.uploads import Uploads
from fused_spec.spec.relations.moves import UNMOVED, Moves
from fused_spec.system.polling import Clock, Sleep, steady_clock
from fused_spec.system.timings import UNTIMED, Timings

if TYPE_CHECKING:
    from fused_spec.api.client import FusedAPI
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.archive.spool import Spools
    from fused_spec.reconcile.history.markers import Markers
    from fused_spec.reconcile.journal.intents import Journal


def _wait(futures: Collection[Future[Any]], seconds: float) -> None:
    wait_for(futures, timeout=seconds, return_when=FIRST_COMPLETED)


class World(Struct, frozen=True, kw_only=True):
    """Time and chance, and the calls that take a while."""

    clock: Clock = steady_clock
    sleep: Sleep = time.sleep
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    nonce: Callable[[], str] = field(default=lambda: token_hex(16))
    random: Callable[[], float] = random.random
    pool: Callable[[int], Executor] = ThreadPoolExecutor
    wait: Callable[[Collection[Future[Any]], float], None] = _wait


class Timing(Struct, frozen=True, kw_only=True):
    """How slow a service may be, in seconds; beyond it nothing is promised (docs/reliability.md).

    A run is listed within `visible` of being created. A request is accepted at most `accepted` after it was sent.
    `fresh` is how old a look at the history may be when a start is sent. The history lists a run for `remembers`.
    """

    visible: float = 10.0
    accepted: float = 150.0
    margin: float = 20.0
    fresh: float = 10.0
    remembers: float = 30 * 86400.0

    @property
    def dead(self) -> float:
        """After so long, an attempt that is not listed was never accepted."""
        return self.visible + self.accepted + self.margin


HOSTED = Timing()
LOCAL = Timing(visible=0.0, accepted=5.0, margin=1.0, remembers=float("inf"))
"""The embedded service is on this machine, answers before it works, and lists a run from then on."""


def timing_of(target: Target) -> Timing:
    """How slow the target may be: as the project says, else as its kind."""
    if target.is_local:
        return LOCAL
    visible, accepted = target.lists_within, target.accepts_within
    return replace(
        HOSTED,
        visible=HOSTED.visible if visible is None else visible,
        accepted=HOSTED.accepted if accepted is None else accepted,
        margin=HOSTED.margin if accepted is None else min(HOSTED.margin, accepted),
    )


def always(_seconds: float) -> bool:
    """A lock that cannot be lost."""
    return True


class Site(Struct, frozen=True, kw_only=True):
    """What acting needs; `seen` are the runs that the plan took into account.

    `may_act(seconds)` says whether the lock is still held, and will be for so long. `moves` say what things were called
    before.
    """

    api: "FusedAPI"
    archive: "Archive"
    journal: "Journal"
    markers: "Markers"
    spools: "Spools"
    scope: str
    seen: frozenset[str]
    timing: Timing = HOSTED
    world: World = World()
    may_act: Callable[[float], bool] = always
    uploads: Uploads = field(default_factory=Uploads)
    looks: Looks = field(default_factory=Looks)
    secrets: SecretReader = field(default_factory=SecretReader)
    timings: Timings = UNTIMED
    moves: Moves = UNMOVED

    def seeing(self, seen: frozenset[str]) -> "Site":
        """The same place for a plan that took these runs into account."""
        return replace(self, seen=seen, looks=Looks())
