"""What was run or noted under former names, as it is under those of now: its job, its digest, and what it read.

Nothing that is kept is changed by that: it stays under the names that it had.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from fused_spec.plan.model import PastRun, ReadRun, Run, StartedAs
from fused_spec.spec.model import Key, Kind
from fused_spec.spec.relations.moves import Moves


class Told(Protocol):
    """What tells of a run: a marker, a receipt, an attempt, or the run itself."""

    @property
    def key(self) -> Key: ...
    @property
    def digest(self) -> str: ...
    @property
    def reads(self) -> Mapping[str, ReadRun]: ...


AnyTold = TypeVar("AnyTold", bound=Told)
AnyRun = TypeVar("AnyRun", Run, PastRun)


def renamed(told: AnyTold, moves: Moves, when: datetime | None) -> AnyTold:
    """The same under the names of now; `when` is when it was written, or started."""
    if not moves:
        return told
    key = moves.key_of(told.key, when)
    new: dict[str, Any] = {
        "key": key,
        "digest": moves.digest_of(key, told.digest),
        "reads": {name: read for old, one in told.reads.items() for name, read in [_read(old, one, moves, when)]},
    }
    if all(getattr(told, name) == value for name, value in new.items()):
        return told
    return replace(told, **new)  # type: ignore[type-var]  # each of them is a Struct


def renamed_run(run: AnyRun, moves: Moves) -> AnyRun:
    """The run under the names of now, which also knows those that it was started under."""
    new = renamed(run, moves, run.created)
    if new is run:
        return run
    return replace(new, started_as=StartedAs(key=run.key, digest=run.digest, reads=run.reads))


def _read(name: str, read: ReadRun, moves: Moves, when: datetime | None) -> tuple[str, ReadRun]:
    key = moves.key_of(Key(kind=Kind.JOB, name=name), when)
    return key.name, replace(read, digest=moves.digest_of(key, read.digest))
