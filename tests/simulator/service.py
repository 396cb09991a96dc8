"""A model of Fused's service with everything that may go wrong between it and a client.

It keeps what really happened, so that a test can compare it with what the clients believe.
"""

from bisect import insort
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from itertools import islice
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import requests

from fused_spec.api.errors import ApiError, TimedOut, Unreachable
from fused_spec.api.values.objects import RunResponse
from fused_spec.wire import JobConfig, JobResponse
from tests.simulator.kernel import Kernel, Process

EPOCH = datetime(2031, 5, 1, tzinfo=UTC)
IN_PROGRESS = "In Progress"
# Copies of these are what the service answers: to make each anew costs as much as all the rest of a call.
_LINE = JobResponse(id="", creation_date=EPOCH)
_RECORD = RunResponse(job_id="", status="", terminal_status=False)


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


@dataclass(eq=False)
class Job:
    """What really happened to one job.

    Its machine was there until `leaves`, and vanished where it never `ends`; where it `beats`, its last sign of life is
    told.
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
    _lines: dict[tuple[str, datetime | None], JobResponse] = field(default_factory=dict)
    _records: dict[tuple[str, float], RunResponse] = field(default_factory=dict)
    _last_line: JobResponse | None = None

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

    def is_lost(self, time: float) -> bool:
        """Whether its machine vanished, in truth."""
        return self.status(time) == IN_PROGRESS and self.ends == inf and self.leaves <= time

    def line(self, now: float, stamped_later: float) -> JobResponse:
        """Its line in the list; every look at it has the same ones again, and they are dear to make."""
        if self._last_line is not None:
            return self._last_line
        status = self.status(now + self.ahead)
        if status == IN_PROGRESS:
            return self._line(status, None)
        over = min(now, self.ends, now if self.cancelled is None else self.cancelled)
        moved = min(stamped_later, max(0.0, now - over))
        line = self._line(status, EPOCH + timedelta(seconds=over + moved))
        if moved >= stamped_later and self.status(now) != IN_PROGRESS:
            self._last_line = line  # nothing about it changes any more
        return line

    def _line(self, status: str, ended: datetime | None) -> JobResponse:
        line = self._lines.get((status, ended))
        if line is None:
            told = {"id": self.id, "creation_date": self.stamped, "job_status": status, "job_status_date": ended}
            line = self._lines[status, ended] = _LINE.model_copy(update=told)
        return line

    def record(self, now: float) -> RunResponse:
        """Its own record; the machine gives a sign of life every two minutes, and a last one when it leaves."""
        status = self.status(now)
        over, left = status != IN_PROGRESS, self.leaves <= now
        beat = self.leaves if left else now - now % 120.0
        record = self._records.get((status, beat))
        if record is None:
            told = {
                "job_id": self.id,
                "status": "terminated" if over or left else "running",
                "terminal_status": over or left,
                "last_heartbeat": EPOCH + timedelta(seconds=beat) if self.beats else None,
                "job_status": status,
                "finished_job_status": over,
            }
            record = self._records[status, beat] = _RECORD.model_copy(update=told)
        return record


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
        self.jobs.append(job)
        self._by_id[job.id] = job
        insort(self._by_age, job, key=lambda job: (job.stamped, job.id))
        return job

    def listing(self) -> Iterator[Job]:
        """What the history shows by now, newest first."""
        now, purge = self.kernel.time, self.faults.purge_after
        for job in reversed(self._by_age):
            if job.visible <= now and (purge is None or now - job.ends < purge):
                yield job

    def is_forgotten(self, job_id: str) -> bool:
        job, purge = self._by_id.get(job_id), self.faults.purge_after
        return job is None or (purge is not None and self.kernel.time - job.ends >= purge)

    def find(self, job_id: str) -> Job:
        return self._by_id[job_id]


class Client:
    """Stands where `FusedAPI` stands, over a network that loses, delays, repeats and refuses."""

    base_url = "http://model"

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

    def get_jobs(self, n: int, *, skip: int = 0, per_request: int = 50, **_: Any) -> list[JobResponse]:
        self._travel("page")
        most = self._service.faults.most_per_page
        now, stamped_later = self._kernel.time, self._service.faults.ends_stamped_later
        page = islice(self._service.listing(), skip, skip + min(n, per_request, most))
        answer = [job.line(now, stamped_later) for job in page]
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

    def get_job_metadata(self, job_id: str) -> dict[str, Any] | None:
        return self.get_job_config(job_id).metadata

    def get_status(self, job_id: str) -> RunResponse:
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

    def start_job(self, config: JobConfig, **_: Any) -> RunResponse:
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
            raise rng.choice((TimedOut("no answer"), _error(500), Unreachable("reset", sent=None)))
        self._note_time()
        return RunResponse(job_id=job.id, status="pending", terminal_status=False)

    def _travel(self, call: str) -> None:
        self._service.asked[call] += 1
        random, pause = self._random, self._pause
        pause(random() * 0.2)
        if random() < self._service.faults.unreadable:
            pause(5.0)
            raise self._rng.choice((TimedOut("no answer"), _error(503), _error(429), _error(401)))

    def _arrive(self) -> None:
        self._note_time()
        self._pause(self._random() * 0.2)

    def _note_time(self) -> None:
        now = self._kernel.time
        self._told = (now + (2.0 * self._random() - 1.0) * self._service.faults.server_skew, now)


def _network() -> Process:
    return Process(name="network")


def _error(status: int) -> ApiError:
    return ApiError("gateway", response=_answer(status), call="POST run")


@cache
def _answer(status: int) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    return response
