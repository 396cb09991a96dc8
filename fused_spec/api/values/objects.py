"""Runs, history lines and results that know their client, with the convenience methods of the published one.

Unlike there, a `repr` here never sends a request: looking at a value in a debugger or a log costs nothing and
changes nothing. `get_status()` asks. Objects read through a `FusedReader` cannot `cancel`, as it cannot.
"""

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import IO, Any, Self, cast, overload

from pydantic import PrivateAttr

from fused_spec import wire
from fused_spec.api.values.current import Client, Reader, current_client
from fused_spec.api.values.inputs import job_id_of
from fused_spec.api.values.notebook import card, table
from fused_spec.api.values.results import JobResult, Results
from fused_spec.api.values.tasks import Tasks
from fused_spec.configuration.service_identity import ATTEMPT_HEADER
from fused_spec.jobs.status import heartbeat_is_old
from fused_spec.wire.base import WireModel

_FROM_CACHE = frozenset({"hit", "gs", "s3"})


class _JobMethods(WireModel):
    """What can be asked about a job, whichever way it came."""

    _bound: Client | None = PrivateAttr(default=None)

    def bind(self, api: Reader) -> Self:
        """Make this object ask `api`, not the client made last."""
        self._bound = cast(Client, api)
        return self

    @property
    def _api(self) -> Client:
        return self._bound or current_client()

    @property
    def _id(self) -> str:
        return job_id_of(cast("RunResponse | JobResponse", self))

    @property
    def _page(self) -> str | None:
        """The same, for an object that belongs to a client."""
        return self._bound.job_page(self._id) if self._bound is not None else None

    @property
    def logs_url(self) -> str:
        """The job's page for people, on the host of the API."""
        return self._api.job_page(self._id)

    def get_status(self) -> "RunResponse":
        """Ask for the run as it is now."""
        return self._api.get_status(self._id)

    def get_logs(self, since_ms: int | None = None) -> list[wire.LogLine]:
        """Ask for the log, from `since_ms` (milliseconds since the epoch) on."""
        return self._api.get_logs(self._id, since_ms)

    def print_logs(self, since_ms: int | None = None, file: IO[str] | None = None) -> None:
        """Print every message, stripped on the right, to `file` or standard output."""
        for line in self.get_logs(since_ms):
            print(line.message.rstrip(), file=file or sys.stdout)

    def tail_logs(
        self,
        refresh_seconds: float = 1,
        sample_logs: bool = True,
        timeout: float | None = None,
        get_logs_retries: int = 1,
    ) -> None:
        """Print the log as it grows; see `FusedAPI.tail_logs`."""
        self._api.tail_logs(self._id, refresh_seconds, sample_logs, timeout, get_logs_retries)

    def wait_for_job(self, poll_interval_seconds: float = 5, timeout: float | None = None) -> "RunResponse":
        """Wait until the run is over; see `FusedAPI.wait_for_job`."""
        return self._api.wait_for_job(self._id, poll_interval_seconds, timeout)

    def cancel(self) -> "RunResponse":
        """Ask the service to end the run."""
        return self._api.cancel_job(self._id)

    def get_exec_time(self) -> timedelta:
        """Time between the first and the last line of the log; ValueError without any, a warning while it runs."""
        if not self.get_status().finished:
            warnings.warn(f"job {self._id} has not ended: its time still grows", stacklevel=2)
        stamps = [line.timestamp for line in self.get_logs()]
        if not stamps:
            raise ValueError(f"job {self._id} has no logs, so its time is not known")
        return timedelta(milliseconds=stamps[-1] - stamps[0])

    def get_results(self) -> list[JobResult]:
        """The stored results; see `FusedAPI.get_job_results`."""
        return self._api.get_job_results(self._id)

    def results(self) -> Results:
        """The stored results, of which nothing is read before it is asked for: as a list, or as one frame."""
        return Results(self.get_results, self._id)

    @property
    def tasks(self) -> Tasks:
        """What is known of each task, of which nothing is asked before one is looked at: in turn, or as one frame."""
        return Tasks(lambda file: self._api.save_job_tasks(self._id, file))


class RunResponse(_JobMethods, wire.RunResponse):
    """One run of a job, as it was when it was read."""

    _cached: str | None = PrivateAttr(default=None)
    _attempt: str | None = PrivateAttr(default=None)
    _lost: bool = PrivateAttr(default=False)

    @property
    def cached(self) -> str | None:
        """Where the answer to a start came from when it is an older run, and no run was started: `hit`, `gs`, `s3`."""
        return self._cached

    @property
    def lost(self) -> bool:
        """Whether nobody will say how the work ended: its machine is gone, and has been for minutes."""
        return self._lost

    @property
    def attempt(self) -> str | None:
        """The nonce of the start that was answered, which an embedded service repeats; None where it was not told."""
        return self._attempt

    def answered_with(self, headers: Mapping[str, str]) -> Self:
        """Take note of what the headers of an answer to a start tell."""
        word = (headers.get("x-cache", "").lower().split() or [""])[0]
        self._cached = word if word in _FROM_CACHE else None
        self._attempt = headers.get(ATTEMPT_HEADER)
        return self

    def seen_at(self, now: datetime | None) -> Self:
        """Take note of the service's time, by which the heartbeat is old or young."""
        self._lost = self.machine_is_gone and heartbeat_is_old(self.last_heartbeat, now)
        return self

    def taken_for_lost(self) -> Self:
        """Take note that its machine has been gone for too long."""
        self._lost = True
        return self

    def refresh_status(self) -> Self:
        """Ask for the run as it is now, and become that; one whose machine has ended is left as it is."""
        if not self.terminal_status:
            now = self.get_status()
            for name in wire.RunResponse.model_fields:
                setattr(self, name, getattr(now, name))
            self._lost = now.lost
        return self

    def _repr_html_(self) -> str:
        """A card for notebooks; it asks nothing."""
        notes = [("answered from", f"the service's cache ({self.cached}): an older run")] if self.cached else []
        notes += [("lost", "its machine is gone, and nobody said how the work ended")] if self.lost else []
        return card(f"Job {self.job_id}", [*self.model_dump(exclude={"job_id"}).items(), *notes], link=self._page)

    @classmethod
    def from_job_id(cls, job: "str | RunResponse") -> Self:
        """A run of which only the id is known; ask `get_status()` for the rest.

        Its status and name are the text `null`, as in the published client.
        """
        return cls(job_id=job_id_of(job), job_name="null", status="null", terminal_status=True)


class JobResponse(_JobMethods, wire.JobResponse):
    """One line of the job history."""

    def config(self) -> wire.JobConfig:
        """The config with which the job was started."""
        return self._api.get_job_config(self._id)

    def steps_config(self) -> wire.JobConfig:
        """The config with which the job was started, by the published client's name for it."""
        return self.config()

    def _repr_html_(self) -> str:
        """A card for notebooks; it asks nothing."""
        return card(f"Job {self.id}", self.model_dump(exclude={"id"}).items(), link=self._page)


class Jobs(WireModel, Sequence[JobResponse]):
    """Lines of the job history, newest first, with the question they answer."""

    jobs: list[JobResponse]
    n: int | None
    skip: int
    per_request: int
    max_requests: int | None
    _bound: Reader | None = PrivateAttr(default=None)

    def bind(self, api: Reader) -> Self:
        self._bound = api
        return self

    def refresh(self) -> Self:
        """Ask the same question again, and become its answer."""
        api = self._bound or current_client()
        now = api.get_jobs(self.n, skip=self.skip, per_request=self.per_request, max_requests=self.max_requests)
        self.jobs = now.jobs
        return self

    def to_pandas(self) -> Any:
        """A pandas.DataFrame with one row for each job; asks nothing."""
        import pandas

        return pandas.DataFrame(self._rows(), columns=list(wire.JobResponse.model_fields))

    @overload
    def __getitem__(self, index: int) -> JobResponse: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[JobResponse]: ...
    def __getitem__(self, index: int | slice) -> JobResponse | Sequence[JobResponse]:
        return self.jobs[index]

    def __iter__(self) -> Iterator[JobResponse]:  # type: ignore[override]
        return iter(self.jobs)

    def __len__(self) -> int:
        return len(self.jobs)

    def __bool__(self) -> bool:
        """True also when there are none, as in the published client: it is an answer; `len` counts."""
        return True

    def __repr__(self) -> str:
        return "\n".join(f"<Job {job.id} status={job.job_status}>" for job in self.jobs) or "<no jobs>"

    def _repr_html_(self) -> str:
        """A table for notebooks; it asks nothing."""
        return table(self._rows())

    def _rows(self) -> list[dict[str, Any]]:
        return [job.model_dump() for job in self.jobs]
