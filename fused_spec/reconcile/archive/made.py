"""Which run made the result of which element of a job: the last run, and those whose results it left as they were."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from fused_spec.api.errors import ApiError
from fused_spec.jobs.parts import Part, Stretches, elements_of
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
            if made or asked != job_id:
                yield MadeBy(job_id=asked)
            return
        if told.part is None and told.count < 2:
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
    told = _Told(part=marker.part if marker else None, count=_count(config.model_dump(mode="json")), done=None)
    status = run_status(job_status=record.job_status, finished=record.finished)
    return _with_done(told, status, job_id, api, side_by_side)


def _by_receipt(receipt: "Receipt", archive: "Archive", api: "FusedReader", side_by_side: SideBySide) -> _Told:
    spec = archive.spec(receipt.key, receipt.job_id) or {}
    told = _Told(part=receipt.part, count=_count(spec.get("config")), done=receipt.done)
    return told if told.done is not None else _with_done(told, receipt.status, receipt.job_id, api, side_by_side)


def _with_done(told: _Told, status: RunStatus, job_id: str, api: "FusedReader", side_by_side: SideBySide) -> _Told:
    meant = told.started_for
    done = meant if status is RunStatus.SUCCEEDED else done_of(api, job_id, meant, side_by_side)
    return _Told(part=told.part, count=told.count, done=done)


def _count(config: object) -> int:
    return len(elements_of(config) or ())
