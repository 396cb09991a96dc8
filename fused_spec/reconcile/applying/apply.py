"""Carry out a plan: start what is ready, watch what runs, archive what ended, and tell it all as events.

One loop takes every decision; calls that may take a while go to a small pool. Leaving the iterator at any point
leaves runs running, and the next apply finds them in the history. Nothing here prints or reads the environment.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from fused_spec.errors import ArchiveError, ServiceError
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, Plan
from fused_spec.reconcile.applying.act import act, flight_of, try_again
from fused_spec.reconcile.applying.budget import Budget
from fused_spec.reconcile.applying.calls import Calls
from fused_spec.reconcile.applying.events import (
    Cancelling,
    Event,
    Finished,
    Retrying,
    ServiceSilent,
    Started,
    StatusChanged,
)
from fused_spec.reconcile.applying.land import land, retry_after
from fused_spec.reconcile.applying.options import Options
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus
from fused_spec.reconcile.applying.progress import Progress
from fused_spec.reconcile.applying.turns import Turns
from fused_spec.reconcile.following.closely import CloseLooks
from fused_spec.reconcile.following.flight import Flight, Then
from fused_spec.reconcile.following.logs import LogFollower
from fused_spec.reconcile.following.pace import Pace
from fused_spec.reconcile.following.rivals import Decision, Rivals
from fused_spec.reconcile.following.silence import Silence
from fused_spec.reconcile.following.watch import Sight, look
from fused_spec.reconcile.site import Site
from fused_spec.reconcile.starting.secrets import check_secrets
from fused_spec.system.polling import Deadline

if TYPE_CHECKING:
    from fused_spec.api.values.objects import JobResponse


def apply(plan: Plan, site: Site, *, options: Options = Options()) -> Iterator[Event]:
    """Carry out the plan; the events include one `Finished` for each change.

    Raises `Unreadable` before anything is done where a job to be started names a secret that cannot be had, and the
    client's error when the service could not be read for `options.silence` seconds; runs go on.
    """
    check_secrets(plan.changes, site)
    workers = site.world.pool(options.parallelism + 1)  # one reads logs
    is_left = False
    may_act = site.may_act
    site = replace(site, may_act=lambda seconds: not is_left and may_act(seconds))
    try:
        yield from _Apply(plan, site, options, workers).events()
    finally:
        # What is being sent is let through, so that its answer is not lost; nothing new begins or is sent.
        is_left = True
        workers.shutdown(wait=True, cancel_futures=True)


class _Apply:
    """The state of one apply: what waits, what is being done, what runs, what has ended."""

    def __init__(self, plan: Plan, site: Site, options: Options, pool: Executor) -> None:
        self._site = site
        self._world = site.world
        self._options = options
        self._turns = Turns(plan.changes)
        self._calls = Calls(site.world, pool, most=options.parallelism, patience=options.silence)
        self._flights: dict[str, Flight] = {}
        self._progress = Progress()
        self._rivals = Rivals(site)
        self._logs = LogFollower(site, pool)
        self._deadline = Deadline(options.timeout, site.world.clock)
        self._budget = Budget(
            clock=site.world.clock,
            max_duration=options.max_duration,
            max_cost=options.max_cost,
            prices=options.prices,
        )
        self._over_limit = False
        self._silence = Silence(options.silence)
        self._closely = CloseLooks(is_near=site.api.service_id is not None)
        self._pace = Pace(site.world, *self._closely.pauses(options.poll))

    def events(self) -> Iterator[Event]:
        while self._flights or self._calls or self._turns:
            told = False
            for event in self._round():
                told = True
                yield event
            if told:
                self._pace.hurry(len(self._flights))
            else:
                assert self._calls or self._flights, f"nothing ends the waiting of {len(self._turns)} changes"
                self._pause()

    def _round(self) -> Iterator[Event]:
        """One look at everything, and what follows from it."""
        if self._turns:
            yield from self._dispatch()
        self._calls.begin_due()
        if self._calls:
            yield from self._collect()
        if self._flights and self._pace.is_due:
            yield from self._watch()
        why = self._budget.passed(self._flights.values())
        if why is not None:
            yield from self._end_all(why)
        if self._deadline.passed:
            yield from self._stop_waiting()

    def _pause(self) -> None:
        """Wait until the next look, or until one of the calls under way is answered."""
        left = self._deadline.remaining
        seconds = self._pace.remaining if self._flights else self._pace.pause()
        seconds = min(seconds, left) if left else seconds  # once it has passed, only what is under way is waited for
        if under_way := self._calls.under_way:
            self._world.wait(under_way, seconds)
        else:
            self._world.sleep(seconds)

    def _dispatch(self) -> Iterator[Event]:
        """Hand out every change whose turn it is, and end those whose turn cannot come."""
        for change, cause in self._turns.hopeless():
            yield self._finish(Outcome(change=change, status=OutcomeStatus.SKIPPED, error=cause))
        while self._calls.has_room and (turn := self._turns.next(may_run=self._may_run)) is not None:
            ready = replace(turn, reads=self._progress.reads(turn))
            self._calls.make(ready, partial(act, ready, self._site))

    @property
    def _may_run(self) -> bool:
        """Whether one more run may go on beside the others."""
        most = self._options.max_running
        return most is None or len(self._flights) + len(self._calls) < most

    def _collect(self) -> Iterator[Event]:
        """Take in the answers that have come."""
        for call, step in self._calls.ended():
            change = call.change
            yield from step.events
            match step.result:
                case Outcome(problem=ServiceError() as problem) if self._calls.again(call, problem):
                    if call.failures == 1:
                        yield ServiceSilent(error=str(problem), at=self._world.now())
                case Outcome() as outcome:
                    yield self._finish(outcome)
                case Flight() as flight if self._may_leave(change, flight):
                    yield self._finish(Outcome(change=change, status=OutcomeStatus.RUNNING, job_id=flight.job_id))
                case Flight() as flight:
                    self._flights[flight.job_id] = flight

    def _may_leave(self, change: Change, flight: Flight) -> bool:
        in_line = self._options.max_running is not None and bool(self._turns)
        stays = self._options.wait or in_line or self._turns.needs(change.key)
        return not stays and flight.then is Then.FINISH

    def _watch(self) -> Iterator[Event]:
        """Look at the runs in flight; a service that cannot be read says nothing about them."""
        began = self._world.clock()
        try:
            closely = self._closely.next(self._flights.values())
            seen = look(self._site.api, self._site.markers, self._flights.keys(), closely=closely)
            yield from self._settle(seen.sights, seen.others)
        except ServiceError as error:
            self._pace.failed(error.retry_after)
            if self._silence.begins(self._world.clock(), error):
                yield ServiceSilent(error=str(error), at=self._world.now())
            return
        self._silence.ends()
        self._pace.looked(began)
        self._logs.read_on(self._flights.values())
        for job_id, sight in seen.sights.items():
            if job_id in self._flights:
                yield from self._follow(self._flights[job_id], sight)

    def _follow(self, flight: Flight, sight: Sight) -> Iterator[Event]:
        now = self._world.clock()
        if flight.see(sight, self._world.now, now):
            yield StatusChanged(
                key=flight.change.key,
                job_id=flight.job_id,
                status=flight.sight.status,
                finished_tasks=flight.sight.finished_tasks,
                total_tasks=flight.sight.total_tasks,
                at=self._world.now(),
                standing=flight.standing,
            )
        if flight.sight.status.in_flight:
            why = flight.overdue(now, self._options.prices)
            if why is not None:
                yield from self._cancel(flight, why)
        elif now >= flight.settle_at or flight.then is Then.START:
            del self._flights[flight.job_id]
            self._budget.pay(flight)
            self._calls.make(flight.change, partial(land, flight, self._site))

    def _settle(self, sights: Mapping[str, Sight], others: tuple["JobResponse", ...]) -> Iterator[Event]:
        """Of runs that were started for the same attempt one counts; the others are ended, ours included."""
        for job_id, sight in sights.items():
            flight = self._flights[job_id]
            if flight.sight.created is None and sight.created is not None:
                flight.sight = replace(flight.sight, created=sight.created)
        for decision in self._rivals.decide(self._flights.values(), others):
            yield from self._end_losers(decision)

    def _end_losers(self, decision: Decision) -> Iterator[Event]:
        """Follow the run that counts, and cancel the others; those are followed too, until they are archived."""
        flight, counts = decision.flight, decision.counts
        if counts.job_id != flight.job_id:
            del self._flights[flight.job_id]
            flight.follow(counts)
            self._flights[flight.job_id] = flight
            yield Started(change=flight.change, job_id=counts.job_id, at=self._world.now(), adopted=True)
        if not self._holds_the_lock():
            return  # whoever holds it now ends them, or the next look does
        why = f"it was started twice, and {counts.job_id} counts"
        for run in decision.cancel:
            self._site.api.cancel_job(run.job_id)
            yield Cancelling(key=run.key, job_id=run.job_id, why=why, at=self._world.now())
        self._rivals.carried_out(decision)
        for run in decision.others:
            extra = Change(key=run.key, action=Action.CANCEL, reason=Reason.STARTED_TWICE, before=run)
            self._flights[run.job_id] = replace(flight_of(extra, run, self._site), cancelled_because=why)

    def _holds_the_lock(self) -> bool:
        """Whether that is certain; an archive that cannot be read says nothing."""
        try:
            return self._site.may_act(0.0)
        except ArchiveError:
            return False

    def _cancel(self, flight: Flight, why: str) -> Iterator[Event]:
        try:
            self._site.api.cancel_job(flight.job_id)
        except ServiceError as error:
            yield ServiceSilent(error=str(error), at=self._world.now())
            return  # the next look tries again
        flight.cancelled_because = why
        yield Cancelling(key=flight.change.key, job_id=flight.job_id, why=why, at=self._world.now())

    def _end_all(self, why: str) -> Iterator[Event]:
        """End this apply's runs, which took too long or cost too much altogether."""
        self._over_limit = True
        yield from self._end_the_rest(OutcomeStatus.SKIPPED, f"not started: {why}")
        for flight in self._flights.values():
            if flight.then is Then.START:
                flight.then = Then.SKIP
            if flight.cancelled_because is None:
                yield from self._cancel(flight, why)

    def _stop_waiting(self) -> Iterator[Event]:
        """The apply's time is up: runs go on, and nothing more is started."""
        why = "not started: the apply's time was up before its turn; the next apply goes on"
        yield from self._end_the_rest(OutcomeStatus.TIMEOUT, why)
        for flight in self._flights.values():
            error = "still running when the apply's time was up; the next apply attaches"
            yield self._finish(
                Outcome(change=flight.change, status=OutcomeStatus.TIMEOUT, job_id=flight.job_id, error=error)
            )
        self._flights.clear()

    def _end_the_rest(self, status: OutcomeStatus, why: str) -> Iterator[Event]:
        for change in [*self._turns.drop(), *self._calls.drop()]:
            yield self._finish(Outcome(change=change, status=status, error=why))

    def _finish(self, outcome: Outcome) -> Event:
        retry = None if self._over_limit else retry_after(outcome, self._site, self._options.backoff)
        if retry is not None:
            again = partial(try_again, retry.change, retry.run, self._site)
            self._calls.make(retry.change, again, after=retry.seconds)
            return Retrying(
                change=retry.change,
                job_id=retry.run.job_id,
                attempt=retry.run.attempt + 1,
                seconds=retry.seconds,
                at=self._world.now(),
            )
        self._progress.note(outcome)
        if outcome.change.after is not None:
            self._turns.note(outcome)
        return Finished(outcome=outcome, at=self._world.now())
