"""What happens during an apply, as values: views show them, nothing decides by them."""

from datetime import datetime

from msgspec import Struct

from fused_spec.jobs.parts import Part
from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import Standing
from fused_spec.plan.model import Change
from fused_spec.reconcile.applying.outcome import Outcome
from fused_spec.spec.model import Key, LocalFile


class Uploaded(Struct, frozen=True, kw_only=True):
    """A local input is in the service's storage; `sent` is False when it had been there already."""

    key: Key
    file: LocalFile
    sent: bool
    at: datetime


class Started(Struct, frozen=True, kw_only=True):
    """A run was started, or found to have been started although the answer got lost (`adopted`)."""

    change: Change
    job_id: str
    at: datetime
    adopted: bool = False
    part: Part | None = None


class Attached(Struct, frozen=True, kw_only=True):
    """A run that was already in flight is waited for."""

    change: Change
    job_id: str
    at: datetime


class StatusChanged(Struct, frozen=True, kw_only=True):
    """A run's status or its count of tasks is another than at the last look; `standing` where the service tells it."""

    key: Key
    job_id: str
    status: RunStatus
    finished_tasks: int
    total_tasks: int
    at: datetime
    standing: Standing | None = None


class Cancelling(Struct, frozen=True, kw_only=True):
    """A run is being cancelled, and why."""

    key: Key
    job_id: str
    why: str
    at: datetime


class NotArchived(Struct, frozen=True, kw_only=True):
    """A run that ended for another to follow could not be archived, and why; the other follows."""

    key: Key
    job_id: str
    why: str
    at: datetime


class Retrying(Struct, frozen=True, kw_only=True):
    """A run failed, and another attempt follows after a pause."""

    change: Change
    job_id: str
    attempt: int
    seconds: float
    at: datetime


class SinkWritten(Struct, frozen=True, kw_only=True):
    """A token's value was written to its file; the value itself is in no event."""

    key: Key
    path: str
    at: datetime


class ServiceSilent(Struct, frozen=True, kw_only=True):
    """The status could not be read; the runs go on, and so does the waiting."""

    error: str
    at: datetime


class Finished(Struct, frozen=True, kw_only=True):
    """The end of one change."""

    outcome: Outcome
    at: datetime


Event = (
    Uploaded
    | Started
    | Attached
    | StatusChanged
    | Cancelling
    | NotArchived
    | Retrying
    | SinkWritten
    | ServiceSilent
    | Finished
)
