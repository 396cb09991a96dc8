"""The values of planning: what is known of runs and saved things, and what is to be done about each."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, Final

from msgspec import Struct, field

from fused_spec.jobs.parts import Part, Stretches
from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import TaskCounts
from fused_spec.plan.actions import Action, Reason
from fused_spec.spec.model import Desired, Key
from fused_spec.spec.project.elsewhere import Elsewhere


class Absent(Enum):
    """The type of `ABSENT`."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
"""Stands where there is no value; null is a value."""


class FieldChange(Struct, frozen=True, kw_only=True):
    """One difference, for display only; `ABSENT` where there is no value."""

    path: str
    before: Any
    after: Any


class ReadRun(Struct, frozen=True, kw_only=True):
    """The run of another job whose output a run read, what that job declared by then, and where it writes."""

    job_id: str
    digest: str
    output: str | None = None


class StartedAs(Struct, frozen=True, kw_only=True):
    """What a run was started as, where its job, or one that it reads, has another name by now."""

    key: Key
    digest: str
    reads: Mapping[str, ReadRun] = field(default_factory=dict)


class Run(Struct, frozen=True, kw_only=True):
    """One execution that the service knows and that carries our marker.

    `attempt` counts all runs of the job; `tries` those of one digest in a row since its last success, this one
    included. `replaced`: an apply cancelled it for another run to follow. `reads` are the runs whose output it read, by
    the names of their jobs; runs of earlier versions do not tell. `part` are the elements that it was started for, None
    for all, and `done` those that it made a result of, None where nobody tells. `differences` say how the desired
    payload differs from what this run was started with; they are read for the newest run of a changed job, for display
    only. `error` is the end of its log in a line, read where a job is held because of it; for display only, too.
    `tasks` counts those of a run that is archived, where they were told.
    """

    job_id: str
    key: Key
    digest: str
    status: RunStatus
    created: datetime
    ended: datetime | None = None
    attempt: int = 1
    tries: int = 1
    nonce: str = ""
    protect: bool = False
    instance_type: str | None = None
    replaced: bool = False
    reads: Mapping[str, ReadRun] = field(default_factory=dict)
    part: Part | None = None
    done: Stretches | None = None
    differences: tuple[FieldChange, ...] = ()
    error: str | None = None
    tasks: TaskCounts | None = None
    ended_by: str | None = None  # who cancelled it and why, where that was written down
    started_as: StartedAs | None = None

    @property
    def was_replaced(self) -> bool:
        return self.replaced and self.status is RunStatus.CANCELLED

    @property
    def own(self) -> StartedAs:
        """What it was started as: it is kept under that, whatever its job is called by now."""
        return self.started_as or StartedAs(key=self.key, digest=self.digest, reads=self.reads)


class PastRun(Struct, frozen=True, kw_only=True):
    """A run remembered by its receipt; `created` and `ended` as far as the service told them.

    `differences` are those of a `Run`, from what was archived with it; `part` and `done` are as there.
    """

    job_id: str
    key: Key
    digest: str
    status: RunStatus
    ended: datetime | None
    created: datetime | None = None
    archived: datetime | None = None
    attempt: int = 1
    tries: int = 1
    reads: Mapping[str, ReadRun] = field(default_factory=dict)
    part: Part | None = None
    done: Stretches | None = None
    error: str | None = None
    tasks: TaskCounts | None = None
    ended_by: str | None = None
    differences: tuple[FieldChange, ...] = ()
    started_as: StartedAs | None = None

    @property
    def own(self) -> StartedAs:
        """What it was started as: it is kept under that, whatever its job is called by now."""
        return self.started_as or StartedAs(key=self.key, digest=self.digest, reads=self.reads)

    @property
    def over(self) -> datetime | None:
        """When it ended, or, where nobody told, when that was recorded on the clock of whoever did."""
        return self.ended or self.archived


class Trace(Struct, frozen=True, kw_only=True):
    """A run that was started once, and that neither history nor archive knows any more."""

    job_id: str
    attempt: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)  # as a Struct, its repr would show all fields
class RemoteObject:
    """A saved UDF or token of this project, and how the declared one differs from it.

    `reference` is what API calls take: a UDF's id, or a token's value, which is a secret. `former` are older values
    of a token that still work and are to be disabled by now; `made` is when the value was made.
    """

    key: Key
    reference: str = dataclasses.field(repr=False)
    enabled: bool = True
    protect: bool = False
    former: tuple[str, ...] = dataclasses.field(default=(), repr=False)
    made: datetime | None = None
    differences: tuple[FieldChange, ...] = ()


class History(Struct, frozen=True, kw_only=True):
    """What exists: runs newest first by key, remembered runs, saved UDFs and tokens of this project.

    Of several runs of one attempt only the one that counts is in `runs`; `extra` are the others, as far as they run.
    `missed` are runs that this archive's applies started, that have ended, and that no apply has archived.
    `traces` are runs that were started, as the journal knows, and are in neither the history nor the archive.
    `successes` has the newest success of jobs whose newest run is no success, as far as one is known.
    `elsewhere` is what specs of the project declare that were not given, read where something is in no given one. All
    of it is under the names of now; `aliases` are other names that declared things had or have elsewhere.
    """

    read_at: datetime
    runs: Mapping[Key, tuple[Run, ...]] = field(default_factory=dict)
    extra: tuple[Run, ...] = ()
    missed: tuple[Run, ...] = ()
    past: Mapping[Key, PastRun] = field(default_factory=dict)
    traces: Mapping[Key, Trace] = field(default_factory=dict)
    successes: Mapping[Key, Run | PastRun] = field(default_factory=dict)
    objects: Mapping[Key, RemoteObject] = field(default_factory=dict)
    elsewhere: Elsewhere = field(default_factory=Elsewhere)
    seen: frozenset[str] = frozenset()  # the id of every run in the listing, foreign ones included
    aliases: Mapping[Key, Key] = field(default_factory=dict)

    def newest(self, key: Key) -> Run | None:
        return next(iter(self.runs.get(key, ())), None)


class Change(Struct, frozen=True, kw_only=True):
    """What apply will do about one key, and why; `reads` are known once it is carried out.

    `trace` is a later run than `before` that nobody can tell the end of. `part` are the elements that are started where
    it is not all.
    """

    key: Key
    action: Action
    reason: Reason
    detail: str = ""  # finishes the reason for people: "udfs/area.py", "2 of 3"
    before: Run | RemoteObject | PastRun | None = None
    trace: Trace | None = None
    after: Desired | None = None
    fields: tuple[FieldChange, ...] = ()
    part: Part | None = None
    reads: Mapping[str, ReadRun] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what else a person should know of it: who reads what it overwrites

    @property
    def why(self) -> str:
        if self.reason.is_told_by_its_detail:
            return self.detail
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)

    @property
    def renamed_from(self) -> str | None:
        """The name that the job had when its newest run was started, where that is another one."""
        started_as = self.before.started_as if isinstance(self.before, Run | PastRun) else None
        return started_as.key.name if started_as is not None and started_as.key != self.key else None

    @property
    def job_id(self) -> str | None:
        return self.before.job_id if isinstance(self.before, Run | PastRun) else None

    @property
    def digest(self) -> str | None:
        if self.after is not None:
            return self.after.digest
        return self.before.digest if isinstance(self.before, Run) else None


class Requests(Struct, frozen=True, kw_only=True):
    """What the command line asked for beyond the specs."""

    rerun: frozenset[str] = frozenset()
    retry: frozenset[str] = frozenset()
    retry_all: bool = False
    whole: bool = False  # what is retried runs for all its elements
    prune: bool = False
    prune_limit: int | None = None
    select: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)  # as a Struct, its repr would show all fields
class Left:
    """Something of this project that no spec declares any more, and what stays behind of it.

    `said` is how its last run ended, or that it stays saved. `stays` are addresses that nothing writes now, `taken`
    those that a job of the specs writes now, each with its key.
    """

    key: Key
    said: str
    reference: str = dataclasses.field(default="", repr=False)  # of which run or saved UDF this is told
    stays: tuple[str, ...] = ()
    taken: tuple[tuple[str, Key], ...] = ()


class Plan(Struct, frozen=True, kw_only=True):
    """Every change, dependencies first, and what a person should know besides."""

    target: str
    scope: str
    changes: tuple[Change, ...]
    warnings: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()
    moved: tuple[tuple[Key, Key], ...] = ()  # names that became others, as no apply has written down yet
    outside: tuple[str, ...] = ()  # values of the specs that are not in git, with what gave them
    seen: frozenset[str] = frozenset()  # runs that this plan took into account; a newer one makes it stale

    @property
    def has_changes(self) -> bool:
        return any(change.action.changes_something for change in self.changes)

    def summary(self) -> dict[str, int]:
        """How many changes of each action, in the order of `Action`."""
        counts = dict.fromkeys(Action, 0)
        for change in self.changes:
            counts[change.action] += 1
        return {str(action): count for action, count in counts.items() if count}
