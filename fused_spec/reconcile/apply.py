"""Carry out a plan: start what is ready, watch what runs, archive what ended, and tell it all as events.

One loop takes every decision; calls that may take a while go to a small pool. Leaving the iterator at any point
leaves runs running, and the next apply finds them in the history. Nothing here prints or reads the environment.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from fused_spec.errors import ServiceError
from fused_spec.plan.model import Action, Change, Plan, Run
from fused_spec.polling import Deadline, intervals
from fused_spec.reconcile.act import Site, Step, World, act, start_again
from fused_spec.reconcile.events import Cancelling, Event, Finished, ServiceSilent, StatusChanged
from fused_spec.reconcile.flight import Flight, Then
from fused_spec.reconcile.keep import keep_run
from fused_spec.reconcile.outcome import Outcome, OutcomeStatus
from fused_spec.reconcile.watch import look
from fused_spec.spec.graph import needs_of
from fused_spec.spec.model import Key

if TYPE_CHECKING:
    from fused_spec.api.client import FusedAPI
    from fused_spec.reconcile.archive import Archive


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to apply; all times in seconds.

    `wait=False` ends once everything is started, waiting only for jobs that others need. `timeout` ends the waiting
    and no run. `poll` is the first and the longest pause between two looks. `patience` is how long the history is
    searched for a run whose answer got lost, `silence` how long a service that cannot be read is ridden out.
    """

    wait: bool = True
    timeout: float | None = None
    parallelism: int = 10
    poll: tuple[float, float] = (0.2, 5.0)
    patience: float = 60.0
    silence: float = 900.0


def apply(
    plan: Plan,
    api: "FusedAPI",
    *,
    archive: "Archive",
    options: Options = Options(),
    world: World = World(),
    pool: Callable[[int], Executor] = ThreadPoolExecutor,
) -> Iterator[Event]:
    """Carry out the plan; the events include one `Finished` for each change.

    Raises the client's error when the service could not be read for `options.silence` seconds; runs go on.
    """
    site = Site(api=api, archive=archive, scope=plan.scope, seen=plan.seen, patience=options.patience, world=world)
    workers = pool(options.parallelism)
    try:
        yield from _Apply(plan, site, options, workers).events()
    finally:
        # What is being sent is let through, so that its answer is not lost; nothing new begins.
        workers.shutdown(wait=True, cancel_futures=True)


class _Apply:
    """The state of one apply: what waits, what is being done, what runs, what has ended."""

    def __init__(self, plan: Plan, site: Site, options: Options, pool: Executor) -> None:
        self._site = site
        self._world = site.world
        self._options = options
        self._pool = pool
        self._waiting = list(plan.changes)
        self._acting: dict[Future[Step], Change] = {}
        self._flights: dict[str, Flight] = {}
        self._outcomes: dict[Key, Outcome] = {}
        self._deadline = Deadline(options.timeout, site.world.clock)
        self._silent_since: float | None = None

    def events(self) -> Iterator[Event]:
        pauses = intervals(*self._options.poll)
        while self._waiting or self._acting or self._flights:
            told = False
            for event in self._round():
                told = True
                yield event
            if told:
                pauses = intervals(*self._options.poll)
            elif self._acting or self._flights:
                self._pause(next(pauses))

    def _round(self) -> Iterator[Event]:
        """One look at everything, and what follows from it."""
        yield from self._dispatch()
        yield from self._collect()
        yield from self._watch()
        if self._deadline.passed:
            yield from self._stop_waiting()

    def _pause(self, seconds: float) -> None:
        """Wait a while, or until one of the calls under way is answered."""
        left = self._deadline.remaining
        seconds = seconds if left is None else min(seconds, left)
        if self._acting:
            wait_for(self._acting, timeout=seconds, return_when=FIRST_COMPLETED)
        else:
            self._world.sleep(seconds)

    def _dispatch(self) -> Iterator[Event]:
        """Hand out every change whose turn it is, and end those whose turn cannot come."""
        for change in list(self._waiting):
            cause = self._missing_need(change)
            if cause is not None:
                self._waiting.remove(change)
                yield self._finish(Outcome(change=change, status=OutcomeStatus.SKIPPED, error=cause))
            elif self._is_ready(change) and len(self._acting) < self._options.parallelism:
                self._waiting.remove(change)
                self._submit(change, partial(act, change, self._site))

    def _needs(self, change: Change) -> tuple[Key, ...]:
        """What this change has to wait for: only what starts or makes something needs anything."""
        starts = change.action in (Action.START, Action.REPLACE, Action.QUEUE, Action.CREATE, Action.UPDATE)
        return needs_of(change.after) if starts and change.after is not None else ()

    def _is_ready(self, change: Change) -> bool:
        return all(need in self._outcomes for need in self._needs(change))

    def _missing_need(self, change: Change) -> str | None:
        for need in self._needs(change):
            outcome = self._outcomes.get(need)
            if outcome is not None and not outcome.satisfied:
                state = "has not run" if outcome.status is OutcomeStatus.UNCHANGED else f"is {outcome.status}"
                return f"needs {need}, which {state}"
        return None

    def _submit(self, change: Change, work: Callable[[], Step]) -> None:
        self._acting[self._pool.submit(work)] = change

    def _collect(self) -> Iterator[Event]:
        """Take in the answers that have come."""
        for future in [future for future in self._acting if future.done()]:
            change = self._acting.pop(future)
            step = future.result()
            yield from step.events
            match step.result:
                case Outcome() as outcome:
                    yield self._finish(outcome)
                case Flight() as flight if self._may_leave(change, flight):
                    yield self._finish(Outcome(change=change, status=OutcomeStatus.RUNNING, job_id=flight.job_id))
                case Flight() as flight:
                    self._flights[flight.job_id] = flight

    def _may_leave(self, change: Change, flight: Flight) -> bool:
        needed = any(change.key in self._needs(other) for other in self._waiting)
        return not self._options.wait and flight.then is Then.FINISH and not needed

    def _watch(self) -> Iterator[Event]:
        """Look at the runs in flight; a service that cannot be read says nothing about them."""
        if not self._flights:
            return
        try:
            sights = look(self._site.api, self._flights.keys())
        except ServiceError as error:
            yield from self._silence(error)
            return
        self._silent_since = None
        for job_id, sight in sights.items():
            flight = self._flights[job_id]
            if flight.see(sight, self._world.now()):
                yield StatusChanged(
                    key=flight.change.key,
                    job_id=job_id,
                    status=sight.status,
                    finished_tasks=sight.finished_tasks,
                    total_tasks=sight.total_tasks,
                    at=self._world.now(),
                )
            if not sight.status.in_flight:
                self._submit(flight.change, partial(self._land, self._flights.pop(job_id)))
            else:
                yield from self._cancel_if_overdue(flight)

    def _silence(self, error: ServiceError) -> Iterator[Event]:
        now = self._world.clock()
        if self._silent_since is None:
            self._silent_since = now
            yield ServiceSilent(error=str(error), at=self._world.now())
        if now - self._silent_since > self._options.silence:
            raise error

    def _cancel_if_overdue(self, flight: Flight) -> Iterator[Event]:
        limit = flight.overdue(self._world.clock())
        if limit is None:
            return
        why = f"it ran longer than its timeout of {limit:g} seconds"
        try:
            self._site.api.cancel_job(flight.job_id)
        except ServiceError as error:
            yield ServiceSilent(error=str(error), at=self._world.now())
            return  # the next look tries again
        flight.cancelled_because = why
        yield Cancelling(key=flight.change.key, job_id=flight.job_id, why=why, at=self._world.now())

    def _land(self, flight: Flight) -> Step:
        """A run is over: archive it, and end its change or start what waited for it."""
        now = self._world.now()
        run = Run(
            job_id=flight.job_id,
            key=flight.change.key,
            digest=flight.digest,
            status=flight.sight.status,
            created=flight.sight.created or flight.statuses[0][0],
            ended=flight.sight.ended,
            attempt=flight.attempt,
        )
        site = self._site
        folder, trouble = keep_run(flight.change, run, site.api, site.archive, now=now, statuses=flight.statuses)
        if flight.then is Then.START:
            return start_again(flight.change, site)
        outcome = Outcome(
            change=flight.change,
            status=OutcomeStatus(str(run.status)),
            job_id=run.job_id,
            archive=folder,
            error=f"cancelled: {flight.cancelled_because}" if flight.cancelled_because else trouble,
        )
        return Step(result=outcome)

    def _stop_waiting(self) -> Iterator[Event]:
        """The apply's time is up: runs go on, and nothing more is started."""
        for change in self._waiting:
            error = "the apply's time was up before it could start"
            yield self._finish(Outcome(change=change, status=OutcomeStatus.SKIPPED, error=error))
        self._waiting.clear()
        for flight in self._flights.values():
            error = "still running when the apply's time was up; the next apply attaches"
            yield self._finish(
                Outcome(change=flight.change, status=OutcomeStatus.TIMEOUT, job_id=flight.job_id, error=error)
            )
        self._flights.clear()

    def _finish(self, outcome: Outcome) -> Event:
        self._outcomes[outcome.change.key] = outcome
        return Finished(outcome=outcome, at=self._world.now())
