"""Fold the events of an apply into one row per change, and say each event as a plain line."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from msgspec import Struct, field

from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import Standing
from fused_spec.plan.actions import Action
from fused_spec.plan.failing import lost_words, status_words
from fused_spec.plan.model import Change
from fused_spec.reconcile.applying.events import (
    Attached,
    Cancelling,
    Event,
    Finished,
    NotArchived,
    Retrying,
    ServiceSilent,
    SinkWritten,
    Started,
    StatusChanged,
    Uploaded,
)
from fused_spec.spec.model import Key
from fused_spec.views.words.shown import visible
from fused_spec.views.words.tasks import ended_words, straggler

WAITING = "waiting"
_BETWEEN = timedelta(seconds=1)


class Row(Struct, kw_only=True):
    """How one change stands; `since` is when it began to run, `until` when it ended."""

    key: Key
    state: str = WAITING
    job_id: str | None = None
    finished_tasks: int = 0
    total_tasks: int = 0
    standing: Standing | None = None
    since: datetime | None = None
    until: datetime | None = None
    note: str = ""

    @property
    def over(self) -> bool:
        return self.until is not None


class Board(Struct, kw_only=True):
    """Every change that does something, in the order of the plan."""

    rows: dict[Key, Row] = field(default_factory=dict)
    trouble: str = ""

    @classmethod
    def of(cls, changes: Iterable[Change]) -> "Board":
        return cls(rows={change.key: Row(key=change.key) for change in changes if change.action is not Action.NONE})

    @property
    def in_flight(self) -> list[Row]:
        """Runs that go on when nobody waits any more."""
        return [row for row in self.rows.values() if row.job_id and not row.over]

    def take(self, event: Event) -> None:
        """Fold one event in."""
        self.trouble = event.error if isinstance(event, ServiceSilent) else ""
        key = event_key(event)
        if key is None or (row := self.rows.get(key)) is None or _is_of_another_run(event, row):
            return
        match event:
            case Uploaded():
                row.state = "uploading"
            case Started() | Attached():
                row.state, row.since, row.job_id = "queued", event.at, event.job_id
            case StatusChanged():
                row.state, row.since = str(event.status), row.since or event.at
                row.finished_tasks, row.total_tasks = event.finished_tasks, event.total_tasks
                row.standing = event.standing
                if row.standing is not None:
                    row.finished_tasks = row.standing.succeeded + row.standing.failed
            case Cancelling():
                row.state = "cancelling"
            case Retrying():
                row.state, row.job_id, row.finished_tasks, row.standing = WAITING, None, 0, None
                row.note = f"attempt {event.attempt} follows in {event.seconds:.0f}s"
            case Finished():
                row.state, row.until = str(event.outcome.status), event.at
                row.note = event.outcome.error or row.note
                if (tasks := event.outcome.lossy) is not None:
                    row.note = lost_words(tasks)
            case SinkWritten():
                row.note = event.path


def _is_of_another_run(event: Event, row: Row) -> bool:
    """Whether the event tells of a run that was started twice, and is not the one of its row."""
    match event:
        case StatusChanged() | Cancelling():
            run: str | None = event.job_id
        case Finished():
            run = event.outcome.job_id
        case _:
            return False
    return None not in (run, row.job_id) and run != row.job_id


def event_key(event: Event) -> Key | None:
    """What the event is about; None when it concerns every run."""
    match event:
        case Started() | Attached() | Retrying():
            return event.change.key
        case Finished():
            return event.outcome.change.key
        case ServiceSilent():
            return None
    return event.key


class PlainLog:
    """The lines of a whole apply, in which the status of a run is told again only when its words change.

    How far tasks are is told at most once a second, of all runs together.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[Key, str], str | None] = {}
        self._status: dict[tuple[Key, str], RunStatus] = {}
        self._progress_at: datetime | None = None

    def line(self, event: Event) -> str | None:
        """The event as one line; None for what a log need not hold, or holds already."""
        if isinstance(event, StatusChanged):
            run, words = (event.key, event.job_id), _words(event)
            if self._told.get(run) == words or self._is_too_soon(run, event):
                return None
            self._told[run] = words
        return event_line(event)

    def _is_too_soon(self, run: tuple[Key, str], event: StatusChanged) -> bool:
        is_progress = self._status.get(run) is event.status
        if is_progress and self._progress_at is not None and event.at - self._progress_at < _BETWEEN:
            return True
        self._status[run] = event.status
        self._progress_at = event.at if is_progress else self._progress_at
        return False


def event_line(event: Event) -> str | None:
    """The event as one line with its time in UTC; None for what a log need not hold."""
    words = _words(event)
    if words is None:
        return None
    key = event_key(event)
    about = f"{key}: " if key else ""
    return f"{event.at.astimezone(UTC):%H:%M:%S} {about}{visible(words)}"


def _progress(event: StatusChanged) -> Iterator[str]:
    if event.total_tasks > 1:
        yield ended_words(event.finished_tasks, event.total_tasks, event.standing)
    if event.standing is not None and (slow := straggler(event.standing, event.at)) is not None:
        yield slow


def _words(event: Event) -> str | None:
    match event:
        case Uploaded(sent=True):
            return f"uploaded {event.file.path.name} ({event.file.size:,} bytes)"
        case Started():
            what = "" if event.part is None else f", for {len(event.part.elements):,} of {event.part.of:,} elements"
            how = f"found as {event.job_id}, started before" if event.adopted else f"started as {event.job_id}"
            return f"{how}{what}"
        case Attached():
            return f"already running as {event.job_id}"
        case StatusChanged() if event.status.in_flight:  # the end of a run is told by what it ends
            return ", ".join([str(event.status), *_progress(event)])
        case Cancelling():
            return f"cancelling {event.job_id}: {event.why}"
        case NotArchived():
            return f"{event.job_id} is {event.why}"
        case Retrying():
            return f"{event.job_id} failed; attempt {event.attempt} follows in {event.seconds:.0f} seconds"
        case SinkWritten():
            return f"its value is in {event.path}"
        case ServiceSilent():
            return f"the service does not answer ({event.error}); the runs go on"
        case Finished() if event.outcome.change.action is not Action.NONE:
            error = f": {event.outcome.error}" if event.outcome.error else ""
            return f"{status_words(event.outcome.status, event.outcome.tasks)}{error}"
    return None
