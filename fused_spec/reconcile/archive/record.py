"""What is to be archived about a run, and what is told of it to planning."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from fused_spec.jobs.parts import MOST_STRETCHES, Part, Stretches
from fused_spec.jobs.status import RunStatus
from fused_spec.jobs.tasks import Tally
from fused_spec.plan.model import PastRun, ReadRun, StartedAs
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.spec.model import Key


class RunRecord(Struct, frozen=True, kw_only=True):
    """What is to be archived about one run.

    `elements` are those that it was started for, of a job that makes a result of each; `done` those of them that have
    one, where `tasks` do not tell it.
    """

    key: Key
    digest: str
    job_id: str
    attempt: int
    tries: int
    status: RunStatus
    created: datetime
    ended: datetime | None
    base_url: str
    spec: Mapping[str, Any]
    statuses: Sequence[tuple[datetime, RunStatus]]
    reads: Mapping[str, ReadRun] = field(default_factory=dict)
    facts: Mapping[str, Any] | None = None
    tasks: Iterable[bytes] | None = None
    part: Part | None = None
    elements: Stretches | None = None
    done: Stretches | None = None
    group: str | None = None
    cell: Mapping[str, str] = field(default_factory=dict)


def past_of(receipt: Receipt, kept: Receipt) -> PastRun:
    own = None if kept is receipt else StartedAs(key=kept.key, digest=kept.digest, reads=kept.reads)
    return PastRun(
        started_as=own,
        job_id=receipt.job_id,
        key=receipt.key,
        digest=receipt.digest,
        status=receipt.status,
        ended=receipt.ended,
        created=receipt.created,
        archived=receipt.archived,
        attempt=receipt.attempt,
        tries=receipt.tries,
        reads=receipt.reads,
        tasks=receipt.tasks,
        part=receipt.part,
        done=receipt.done,
    )


def elements_made(record: RunRecord, tally: Tally | None) -> Stretches | None:
    """The elements that have a result; None for all of a run that succeeded, and where nobody tells."""
    done = record.done
    if tally is not None and record.elements is not None:
        tells_all = tally.counts.total == len(record.elements)
        done = record.elements.where(tally.succeeded) if tells_all else None
    if done is None or len(done.pairs) > MOST_STRETCHES:
        return None
    return None if done == record.elements and record.status is RunStatus.SUCCEEDED else done
