"""From an archive to what a page shows; no service is asked."""

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from statistics import median
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fused_spec.errors import FusedSpecError
from fused_spec.jobs.status import RunStatus
from fused_spec.maps.model import State
from fused_spec.messages.phrases import counted
from fused_spec.reconcile.archive.log_end import end_of
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.spec.model import Key
from fused_spec.spec.resolving.prices import PRICES, cost
from fused_spec.views.pages.data import Earlier, Fact, Made, PageData, RunPage, StepFacts, TaskEnd, TaskLine
from fused_spec.views.pages.tasks import Elements, alike, busy, counts, grids, listed, newest, places, safe
from fused_spec.views.words.english import duration

if TYPE_CHECKING:
    from fused_spec.reconcile.archive.folders import Archive
    from fused_spec.reconcile.archive.spool import LogRecord

MOST_RUNS = 40
"""So many runs are told whole; of more only the newest, and how many others there are."""

_LAST_LINES, _LONGEST_LINE = 40, 2_000
_MOST_EARLIER = 20
_MOST_FACTS = 40
_STATES = {RunStatus.LOST: State.UNKNOWN}


def page_data(
    title: str,
    receipts: Sequence[Receipt],
    archive: "Archive",
    prices: Mapping[str, float] = PRICES,
    made: Mapping[str, Made] = MappingProxyType({}),
) -> PageData:
    """The page of some runs; what they made, by the id of a run, is told by who looked at it."""
    ordered = sorted(receipts, key=lambda one: (one.created, one.job_id), reverse=True)
    kept = _Kept(archive, prices)
    runs = tuple(_run(one, kept, made.get(one.job_id)) for one in ordered[:MOST_RUNS])
    return PageData(title=safe(title, 160), runs=runs, left_out=max(0, len(ordered) - MOST_RUNS))


class _Kept:
    """An archive, of which what several runs are compared with is read once."""

    def __init__(self, archive: "Archive", prices: Mapping[str, float]) -> None:
        self.archive = archive
        self._prices = prices
        self._machines: dict[str, str | None] = {}
        self._runs: dict[Key, list[Receipt]] = {}
        for receipt in archive.receipts():
            self._runs.setdefault(receipt.key, []).append(receipt)

    def until(self, receipt: Receipt) -> list[Receipt]:
        """The run and those of the same job before it, the newest first."""
        same = [one for one in self._runs.get(receipt.key, [receipt]) if one.created <= receipt.created]
        return sorted(same, key=lambda one: (one.created, one.job_id), reverse=True)[:_MOST_EARLIER]

    def machine(self, receipt: Receipt) -> str | None:
        """What it ran on, where its spec says it."""
        if receipt.job_id not in self._machines:
            told = (self.archive.spec(receipt.key, receipt.job_id) or {}).get("instance_type")
            self._machines[receipt.job_id] = told if isinstance(told, str) else None
        return self._machines[receipt.job_id]

    def cost(self, receipt: Receipt) -> float | None:
        """US dollars; None where the time or the price is not known."""
        machine, seconds = self.machine(receipt), _seconds(receipt)
        return None if seconds is None or machine not in self._prices else cost(machine, seconds, self._prices)


def _run(receipt: Receipt, kept: _Kept, made: Made | None) -> RunPage:
    archive = kept.archive
    spec = archive.spec(receipt.key, receipt.job_id)
    told = archive.tasks(receipt.key, receipt.job_id)
    tasks = [] if told is None else newest(told)
    elements = Elements.of(spec)
    begin = receipt.created.timestamp()
    seconds = _seconds(receipt)
    lines = listed(tasks, elements, begin)
    errors = alike(tasks, elements, begin)
    log, ends, notes = _log(receipt, archive, [group.first for group in errors])
    if told is None:
        notes.append("What became of each task is not kept for this run.")
    earlier = _earlier(receipt, kept)
    return RunPage(
        name=safe(receipt.key.name, 120),
        job_id=receipt.job_id,
        state=_state(receipt.status),
        created=receipt.created,
        ended=receipt.ended,
        seconds=seconds,
        cost=kept.cost(receipt),
        facts=tuple(_facts(receipt, kept.machine(receipt))),
        counts=tuple(counts(tasks, receipt.tasks.not_started if receipt.tasks else 0)),
        grids=tuple(grids(tasks, elements, lines)),
        tasks=tuple(lines),
        all_tasks=len(tasks),
        busy=busy(tasks, begin, seconds or 0.0),
        errors=tuple(errors),
        ends=ends,
        log=log,
        log_lines=receipt.log_lines,
        outputs=tuple(_outputs(archive.facts(receipt.key, receipt.job_id))),
        place=places(tasks, elements),
        made=made,
        earlier=earlier,
        comparison=_comparison(earlier),
        notes=tuple(notes),
    )


def _facts(receipt: Receipt, machine: str | None) -> Iterator[Fact]:
    yield Fact("Run", receipt.job_id)
    yield Fact("Attempt", str(receipt.attempt))
    if receipt.tries > 1:
        yield Fact("Tries", str(receipt.tries))
    yield Fact("Service", safe(receipt.where))
    if machine:
        yield Fact("Machine", safe(machine, 60))
    for name, value in receipt.cell.items():
        yield Fact(safe(name, 60), safe(value, 120))
    yield Fact("Spec", receipt.digest)


def _log(
    receipt: Receipt, archive: "Archive", failed: Sequence[TaskLine]
) -> tuple[tuple[str, ...], tuple[TaskEnd, ...], list[str]]:
    """The last lines of a run that did not succeed, those of some tasks, and what there is to say of the log."""
    notes = [f"The log is not whole: {safe(receipt.log_missing)}."] if receipt.log_missing else []
    if receipt.status is RunStatus.SUCCEEDED and not failed:
        return (), (), notes
    lines: dict[tuple[int | None, int | None], deque[str]] = {
        (task.step, task.index): deque(maxlen=_LAST_LINES) for task in failed
    }
    try:
        end = end_of(_passing(archive.read_logs(receipt), lines))
    except FusedSpecError as error:
        return (), (), [*notes, f"The log cannot be read: {safe(error)}."]
    ends = (TaskEnd(task=task, lines=_safe(lines[task.step, task.index])) for task in failed)
    last = () if receipt.status is RunStatus.SUCCEEDED else _safe(end.last)
    return last, tuple(one for one in ends if one.lines), notes


def _passing(log: "Iterable[LogRecord]", lines: Mapping[tuple[int | None, int | None], deque[str]]) -> Iterator[str]:
    """The messages of a log, those of some tasks noted as they pass."""
    for line in log:
        if (of_task := lines.get((line.step, line.task))) is not None:
            of_task.append(line.message)
        yield line.message


def _safe(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(safe(line, _LONGEST_LINE) for line in lines)


def _outputs(facts: Mapping[str, Any] | None) -> Iterator[StepFacts]:
    steps = facts.get("steps") if facts is not None else None
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, Mapping):
            told = [Fact(safe(name, 60), _said(value)) for name, value in step.items() if name not in ("step", "type")]
            title = f"Step {safe(step.get('step', '?'), 20)}: {safe(step.get('type', 'step'), 60)}"
            yield StepFacts(title=title, facts=tuple(told[:_MOST_FACTS]))


def _said(value: Any) -> str:
    if isinstance(value, bool | str):
        return safe(value)
    if isinstance(value, int | float):
        return f"{value:,}"
    return safe(json.dumps(value, ensure_ascii=False))


def _earlier(receipt: Receipt, kept: _Kept) -> tuple[Earlier, ...]:
    same = kept.until(receipt)
    longest = max((_seconds(one) or 0.0 for one in same), default=0.0)
    return tuple(
        Earlier(
            job_id=one.job_id,
            created=one.created,
            state=_state(one.status),
            seconds=_seconds(one),
            share=(_seconds(one) or 0.0) / longest if longest else 0.0,
            tasks=_tasks(one),
            cost=kept.cost(one),
            is_this=one.job_id == receipt.job_id,
        )
        for one in same
    )


def _comparison(earlier: Sequence[Earlier]) -> str:
    """`12% longer than the median of 5 earlier runs that succeeded (3m 20s)`."""
    this = next(one for one in earlier if one.is_this)
    before = [
        one.seconds for one in earlier if not one.is_this and one.state is State.SUCCEEDED and one.seconds is not None
    ]
    if not before or this.seconds is None:
        return "No earlier run of this job succeeded, so there is nothing to compare it with."
    usual = median(before)
    change = round((this.seconds / usual - 1) * 100) if usual else 0
    words = f"{abs(change)}% {'longer' if change > 0 else 'shorter'} than" if change else "as long as"
    runs = counted(len(before), "earlier run")
    return f"{words} the median of {runs} that succeeded ({duration(usual)})"


def _tasks(receipt: Receipt) -> str:
    told = receipt.tasks
    if told is None:
        return "unknown"
    return f"{told.succeeded:,} of {told.total:,}" + (f", {told.failed:,} failed" if told.failed else "")


def _seconds(receipt: Receipt) -> float | None:
    return None if receipt.ended is None else max(0.0, (receipt.ended - receipt.created).total_seconds())


def _state(status: RunStatus) -> State:
    return _STATES.get(status) or State(str(status))


def newest_of(name_or_id: str, archive: "Archive") -> Receipt:
    """The run with this id, or the newest of the job with this name; raises `FusedSpecError` when none is archived."""
    name = name_or_id.removeprefix("Job/")
    found = [one for one in archive.receipts() if name_or_id == one.job_id or name == one.key.name]
    if not found:
        raise FusedSpecError(
            f"no run of {name_or_id} is archived",
            hint="`fused-spec jobs` lists runs; an apply archives those that ended",
        )
    return max(found, key=lambda one: (one.created, one.job_id))


def since_then(moment: datetime, archive: "Archive") -> list[Receipt]:
    """The runs that were created since then."""
    return [one for one in archive.receipts() if one.created >= moment]
