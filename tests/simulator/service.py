"""A model of Fused's service with everything that may go wrong between it and a client.

It keeps what really happened, so that a test can compare it with what the clients believe.
"""

import random
from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property, lru_cache, partial
from math import inf
from operator import attrgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import requests
from msgspec import Struct

from fused_spec.api.errors import ApiError, TimedOut, Unreachable
from fused_spec.api.values.objects import RunResponse
from fused_spec.wire import JobConfig
from tests.simulator.kernel import Kernel, Process

EPOCH = datetime(2031, 5, 1, tzinfo=UTC)
IN_PROGRESS = "In Progress"


class Line(Struct, frozen=True, kw_only=True):
    """A `JobResponse` that nobody validated: of each look and each call there is one, and pydantic's are dear."""

    id: str
    creation_date: datetime
    job_status: str
    job_status_date: datetime | None
    instance_type: None = None


class Record(Struct, frozen=True, kw_only=True):
    """A `RunResponse` likewise; what follows from its fields is told by the same code."""

    job_id: str
    status: str
    terminal_status: bool
    job_status: str | None = None
    job_status_date: None = None
    finished_job_status: bool | None = None
    last_heartbeat: datetime | None = None
    total_tasks: int = 0
    finished_tasks: int = 0
    attempt: None = None
    cached: None = None

    finished = RunResponse.finished
    machine_is_gone = RunResponse.machine_is_gone


@dataclass(frozen=True, kw_only=True)
class Faults:
    """How likely each fault is, for one call; times in seconds.

    A listing knows of an end up to `listing_ahead` before the run's own record does, and stamps it up to
    `ends_stamped_later` after it was. At most `others` jobs are started by other people meanwhile. A machine may vanish
    (`machine_vanishes`), and then nobody ever says how its work ended; the record of one that did its work is closed up
    to `closes_late` after it left.
    """

    request_lost: float = 0.0
    answer_lost: float = 0.0
    late: float = 0.0
    longest_late: float = 100.0
    delivered_twice: float = 0.0
    refused: float = 0.0
    unreadable: float = 0.0
    listing_lag: float = 0.0
    listing_ahead: float = 0.0
    ends_stamped_later: float = 0.0
    config_lag: float = 0.0
    others: int = 0
    most_per_page: int = 50
    server_skew: float = 0.0
    job_fails: float = 0.0
    machine_vanishes: float = 0.0
    closes_late: float = 0.0
    purge_after: float | None = None


_AGE = attrgetter("stamped", "id")


@dataclass(eq=False)
class Job:
    """What really happened to one job.

    Its machine was there until `leaves`, and vanished where it never `ends`; where it `beats`, its last sign of life is
    told. Of a map `made` says when each of its elements had its result.
    """

    id: str
    config: JobConfig
    created: float
    stamped: datetime
    visible: float
    stored: float
    ahead: float
    leaves: float
    ends: float
    fails: bool
    beats: bool = True
    cancelled: float | None = None
    made: tuple[float, ...] = ()
    last_line: Line | None = None
    _while_it_goes_on: Line | None = None

    @cached_property
    def marker(self) -> dict[str, Any]:
        marker: dict[str, Any] = (self.config.metadata or {}).get("fused-spec", {})
        return marker

    def status(self, time: float) -> str:
        if self.cancelled is not None and self.cancelled <= time:
            return "Canceled"
        if time >= self.ends:
            return "Failed" if self.fails else "Done"
        return IN_PROGRESS

    def goes_on(self, time: float) -> bool:
        """Whether its work is not over, in truth."""
        return self.status(time) == IN_PROGRESS and not self.is_lost(time)

    @property
    def elements(self) -> list[int]:
        """The elements that it was started for; each is its own number."""
        return list(getattr(self.config.steps[0], "input", None) or ())

    def results(self, time: float) -> list[int]:
        """The places of the elements that have a result by then."""
        over = min(time, self.leaves, time if self.cancelled is None else self.cancelled)
        return [place for place, at in enumerate(self.made) if at <= over]

    def is_lost(self, time: float) -> bool:
        """Whether its machine vanished, in truth."""
        return self.status(time) == IN_PROGRESS and self.ends == inf and self.leaves <= time

    def line(self, now: float, stamped_later: float) -> Line:
        """Its line in the list, until there is a last one."""
        status = self.status(now + self.ahead)
        if status == IN_PROGRESS:
            if self._while_it_goes_on is None:
                self._while_it_goes_on = self._line(status, None)
            return self._while_it_goes_on
        over = min(now, self.ends, now if self.cancelled is None else self.cancelled)
        moved = min(stamped_later, max(0.0, now - over))
        line = self._line(status, EPOCH + timedelta(seconds=over + moved))
        if moved >= stamped_later and self.status(now) != IN_PROGRESS:
            self.last_line = line  # nothing about it changes any more
        return line

    def _line(self, status: str, ended: datetime | None) -> Line:
        return Line(id=self.id, creation_date=self.stamped, job_status=status, job_status_date=ended)

    def record(self, now: float) -> Record:
        """Its own record; the machine gives a sign of life every two minutes, and a last one when it leaves."""
        status = self.status(now)
        over, left = status != IN_PROGRESS, self.leaves <= now
        beat = self.leaves if left else now - now % 120.0
        return Record(
            job_id=self.id,
            status="terminated" if over or left else "running",
            terminal_status=over or left,
            last_heartbeat=_moment(beat) if self.beats else None,
            job_status=status,
            finished_job_status=over,
        )


@lru_cache(10_000)
def _moment(seconds: float) -> datetime:
    return EPOCH + timedelta(seconds=seconds)


@dataclass
class Service:
    kernel: Kernel
    faults: Faults
    jobs: list[Job] = field(default_factory=list)
    cancels: list[tuple[str, Job]] = field(default_factory=list)
    posts: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    _by_id: dict[str, Job] = field(default_factory=dict)
    _by_age: list[Job] = field(default_factory=list)

    def accept(self, config: JobConfig) -> Job:
        rng, now = self.kernel.rng, self.kernel.time
        skew = rng.uniform(-1, 1) * self.faults.server_skew
        stays = rng.choice((5.0, 60.0, 600.0)) * (0.5 + rng.random())
        closes = self.faults.closes_late and rng.random() * self.faults.closes_late
        vanishes = self.faults.machine_vanishes and rng.random() < self.faults.machine_vanishes
        job = Job(
            id=f"{len(self.jobs):04d}-{rng.randrange(16**6):06x}",
            config=config,
            created=now,
            stamped=EPOCH + timedelta(seconds=now + skew),
            visible=now + rng.random() * self.faults.listing_lag,
            stored=now + rng.random() * self.faults.config_lag,
            ahead=rng.random() * self.faults.listing_ahead,
            leaves=now + stays,
            ends=inf if vanishes else now + stays + closes,
            fails=rng.random() < self.faults.job_fails,
            beats=not vanishes or rng.random() < 0.5,
        )
        if job.elements:
            job.made = _made(rng, len(job.elements), now, now + stays, fails=job.fails)
        self.jobs.append(job)
        self._by_id[job.id] = job
        insort(self._by_age, job, key=_AGE)
        return job

    def page(self, skip: int, many: int) -> list[Line]:
        """Some lines of what the history shows by now, newest first."""
        now, purge, moved = self.kernel.time, self.faults.purge_after, self.faults.ends_stamped_later
        lines: list[Line] = []
        for job in reversed(self._by_age):
            if job.visible <= now and (purge is None or now - job.ends < purge):
                if skip:
                    skip -= 1
                    continue
                lines.append(job.last_line or job.line(now, moved))
                if len(lines) == many:
                    break
        return lines

    def is_forgotten(self, job_id: str) -> bool:
        job, purge = self._by_id.get(job_id), self.faults.purge_after
        return job is None or (purge is not None and self.kernel.time - job.ends >= purge)

    def find(self, job_id: str) -> Job:
        return self._by_id[job_id]


class Client:
    """Stands where `FusedAPI` stands, over a network that loses, delays, repeats and refuses."""

    base_url = "http://model"
    service_id = None  # it is as Fused's own

    def __init__(self, service: Service) -> None:
        self._service = service
        self._kernel = service.kernel
        self._rng = service.kernel.rng
        self._random, self._pause = self._rng.random, self._kernel.pause
        self._told: tuple[float, float] | None = None

    @property
    def server_time(self) -> datetime | None:
        if self._told is None:
            return None
        told, at = self._told
        return EPOCH + timedelta(seconds=told + self._kernel.time - at)

    def get_jobs(self, n: int, *, skip: int = 0, per_request: int = 50, **_: Any) -> list[Line]:
        self._travel("page")
        answer = self._service.page(skip, min(n, per_request, self._service.faults.most_per_page))
        self._arrive()
        return answer

    def get_job_config(self, job_id: str) -> JobConfig:
        self._travel("config")
        job = self._service.find(job_id)
        if job.stored > self._kernel.time:
            raise _error(404)
        self._arrive()
        return job.config

    def get_job_facts(self, job_id: str) -> None:
        """As of Fused's own service, nothing is asked."""

    def save_job_tasks(self, job_id: str, file: Path) -> bool:
        """As of Fused's own service, nothing is asked."""
        return False

    def get_job_results(self, job_id: str) -> list[Any]:
        self._travel("results")
        if self._service.is_forgotten(job_id):
            raise _error(404)
        places = self._service.find(job_id).results(self._kernel.time)
        self._arrive()
        return [SimpleNamespace(name=f"{place}.parquet", metadata=lambda: None) for place in places]

    def get_job_metadata(self, job_id: str) -> dict[str, Any] | None:
        return self.get_job_config(job_id).metadata

    def get_status(self, job_id: str) -> Record:
        self._travel("record")
        if self._service.is_forgotten(job_id):
            raise _error(404)
        record = self._service.find(job_id).record(self._kernel.time)
        self._arrive()
        return record

    def get_logs(self, job_id: str, since_ms: int | None = None) -> list[Any]:
        self._travel("log")
        self._arrive()
        return [SimpleNamespace(timestamp=1, message=job_id)]

    def cancel_job(self, job_id: str) -> None:
        self._travel("cancel")
        job = self._service.find(job_id)
        self._service.cancels.append((self._kernel.current.name, job))
        if job.status(self._kernel.time) == IN_PROGRESS:
            job.cancelled = self._kernel.time
        self._arrive()

    def start_job(self, config: JobConfig, **_: Any) -> Record:
        rng, faults, kernel = self._rng, self._service.faults, self._kernel
        self._service.posts += 1
        if rng.random() < faults.refused:
            kernel.pause(rng.random())
            raise Unreachable("connection refused", sent=False)
        if rng.random() < faults.request_lost:
            kernel.pause(30.0)
            raise TimedOut("no answer")
        if rng.random() < faults.late:
            kernel.spawn(_network(), lambda: self._service.accept(config), after=rng.random() * faults.longest_late)
            kernel.pause(30.0)
            raise _error(rng.choice((502, 503, 504)))
        accepted: list[Job] = []
        # What was sent is on its way, whatever becomes of the sender.
        kernel.spawn(_network(), lambda: accepted.append(self._service.accept(config)), after=rng.random())
        if rng.random() < faults.delivered_twice:
            kernel.spawn(_network(), lambda: self._service.accept(config), after=rng.random() * 2)
        while not accepted:
            kernel.pause(0.5)
        [job] = accepted
        kernel.pause(rng.random())
        if rng.random() < faults.answer_lost:
            kernel.pause(30.0)
            raise rng.choice(_ANSWER_LOST)()
        self._note_time()
        return Record(job_id=job.id, status="pending", terminal_status=False)

    def _travel(self, call: str) -> None:
        self._service.asked[call] += 1
        random, pause = self._random, self._pause
        pause(random() * 0.2)
        if random() < self._service.faults.unreadable:
            pause(5.0)
            raise self._rng.choice(_UNREADABLE)()

    def _arrive(self) -> None:
        now = self._kernel.time
        self._told = (now + (2.0 * self._random() - 1.0) * self._service.faults.server_skew, now)
        self._pause(self._random() * 0.2)

    def _note_time(self) -> None:
        now = self._kernel.time
        self._told = (now + (2.0 * self._random() - 1.0) * self._service.faults.server_skew, now)


def _made(rng: random.Random, count: int, begun: float, over: float, *, fails: bool) -> tuple[float, ...]:
    """When each of so many elements has its result; of a run that fails some never have one."""
    times = [begun + (over - begun) * rng.random() for _ in range(count)]
    if fails:
        for place in {rng.randrange(count), *(place for place in range(count) if rng.random() < 0.3)}:
            times[place] = inf
    return tuple(times)


def _network() -> Process:
    return Process(name="network")


def _error(status: int) -> ApiError:
    return ApiError("gateway", response=_answer(status), call="POST run")


_NO_ANSWER = partial(TimedOut, "no answer")
_UNREADABLE = (_NO_ANSWER, partial(_error, 503), partial(_error, 429), partial(_error, 401))
_ANSWER_LOST = (_NO_ANSWER, partial(_error, 500), partial(Unreachable, "reset", sent=None))


@cache
def _answer(status: int) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    return response
