"""What happens during an apply, as values: views show them, nothing decides by them."""

from dataclasses import dataclass
from datetime import datetime

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.model import Change
from fused_spec.reconcile.applying.outcome import Outcome
from fused_spec.spec.model import Key, LocalFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """A local input is in the service's storage; `sent` is False when it had been there already."""

    key: Key
    file: LocalFile
    sent: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A run was started, or found to have been started although the answer got lost (`adopted`)."""

    change: Change
    job_id: str
    at: datetime
    adopted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A run that was already in flight is waited for."""

    change: Change
    job_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged:
    """A run's status or its count of tasks is another than at the last look."""

    key: Key
    job_id: str
    status: RunStatus
    finished_tasks: int
    total_tasks: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelling:
    """A run is being cancelled, and why."""

    key: Key
    job_id: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """A run failed, and another attempt follows after a pause."""

    change: Change
    job_id: str
    attempt: int
    seconds: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkWritten:
    """A token's value was written to its file; the value itself is in no event."""

    key: Key
    path: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSilent:
    """The status could not be read; the runs go on, and so does the waiting."""

    error: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The end of one change."""

    outcome: Outcome
    at: datetime


Event = Uploaded | Started | Attached | StatusChanged | Cancelling | Retrying | SinkWritten | ServiceSilent | Finished
