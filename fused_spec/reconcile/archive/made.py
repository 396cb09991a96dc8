"""Which run made the result of which element of a job: the last run, and those whose results it left as they were."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from fused_spec.api.errors import ApiError
from fused_spec.jobs.parts import Part, Stretches, inputs_of
from fused_spec.jobs.status import RunStatus, run_status
from fused_spec.reconcile.marking.done import SideBySide, done_of
from fused_spec.reconcile.marking.marker import marker_in

if TYPE_CHECKING:
    from fused_spec.api.reading import FusedReader
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.archive.receipt import Receipt

_NONE = Stretches()


class MadeBy(Struct, frozen=True, kw_only=True):
    """What one run made of a job's elements, and no later one made again; None where nobody knows.

    The k-th task of the run was for the k-th of the elements that it was `started_for`.
    """

    job_id: str
    elements: Stretches | None = None
    started_for: Stretches = _NONE

    def task_of(self, element: int) -> int:
        """The number of the task that made it, as in the name of its result."""
        return self.started_for.place_of(element)


class _Told(Struct, frozen=True, kw_only=True):
    """What the archive or the service tells of a run; `count` is how many elements one of all has."""

    part: Part | None
    count: int
    done: Stretches | None

    @property
    def started_for(self) -> Stretches:
        return Stretches.all(self.count) if self.part is None else self.part.elements


def made_by(job_id: str, *, archive: "Archive", api: "FusedReader", side_by_side: SideBySide) -> Iterator[MadeBy]:
    """Each run that made some of the results that count together with those of this one, which comes first.

    Empty of a job that does not make a result of each of several elements. A run before these that nobody knows any
    more is the last one, without its elements. Raises the client's errors.
    """
    made, asked = _NONE, job_id
    for _ in range(_MOST):
        told = _told(asked, archive, api, side_by_side)
        if told is None:
            if asked != job_id:
                yield MadeBy(job_id=asked)
            return
        new = None if told.done is None else told.done - made
        yield MadeBy(job_id=asked, elements=new, started_for=told.started_for)
        if told.part is None:
            return
        made, asked = made | (new or _NONE), told.part.after


_MOST = 1000
"""Runs in a row: what a marker tells is a foreigner's word, and could lead in a circle."""


def _told(job_id: str, archive: "Archive", api: "FusedReader", side_by_side: SideBySide) -> _Told | None:
    receipt = next(iter(archive.find(job_id)), None)
    if receipt is not None:
        return _by_receipt(receipt, archive, api, side_by_side)
    try:
        config = api.get_job_config(job_id)
        record = api.get_status(job_id)
    except ApiError as error:
        if not error.is_gone:
            raise
        return None
    marker = marker_in(config.metadata)
    told = _as_told(marker.part if marker else None, config.model_dump(mode="json"))
    status = run_status(job_status=record.job_status, finished=record.finished)
    return told and _with_done(told, status, job_id, api, side_by_side)


def _by_receipt(receipt: "Receipt", archive: "Archive", api: "FusedReader", side_by_side: SideBySide) -> _Told | None:
    if receipt.part is None:
        told = _as_told(None, (archive.spec(receipt.key, receipt.job_id) or {}).get("config"))
    else:
        told = _Told(part=receipt.part, count=receipt.part.of, done=None)
    if told is None or receipt.done is not None:
        return told and replace(told, done=receipt.done)
    return _with_done(told, receipt.status, receipt.job_id, api, side_by_side)


def _as_told(part: Part | None, config: object) -> _Told | None:
    """What a run was for, where it was for elements; one that says it is for others than it has is for none."""
    inputs = inputs_of(config) or []
    if len(inputs) != len(inputs if part is None else part.elements):
        return None
    count = len(inputs) if part is None else part.of
    return _Told(part=part, count=count, done=None) if count > 1 else None


def _with_done(told: _Told, status: RunStatus, job_id: str, api: "FusedReader", side_by_side: SideBySide) -> _Told:
    meant = told.started_for
    done = meant if status is RunStatus.SUCCEEDED else done_of(api, job_id, meant, side_by_side)
    return replace(told, done=done)
