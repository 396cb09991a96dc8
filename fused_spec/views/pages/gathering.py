"""From an archive to what a page shows; no service is asked."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any

from fused_spec.errors import FusedSpecError
from fused_spec.jobs.status import RunStatus
from fused_spec.maps.model import State
from fused_spec.messages.phrases import counted
from fused_spec.reconcile.archive.folders import Archive
from fused_spec.reconcile.archive.log_end import end_of
from fused_spec.reconcile.archive.receipt import Receipt
from fused_spec.spec.resolving.prices import PRICES, cost
from fused_spec.views.pages.data import Earlier, Fact, PageData, RunPage, StepFacts
from fused_spec.views.pages.tasks import Elements, alike, busy, counts, grids, listed, newest, places, safe
from fused_spec.views.words.english import duration

MOST_RUNS = 40
"""So many runs are told whole; of more only the newest, and how many others there are."""

_MOST_EARLIER = 20
_MOST_FACTS = 40
_STATES = {RunStatus.LOST: State.UNKNOWN}


def page_data(
    title: str, receipts: Sequence[Receipt], archive: Archive, prices: Mapping[str, float] = PRICES
) -> PageData:
    """The page of some runs."""
    ordered = sorted(receipts, key=lambda one: (one.created, one.job_id), reverse=True)
    every = list(archive.receipts())
    runs = tuple(_run(one, every, archive, prices) for one in ordered[:MOST_RUNS])
    return PageData(title=safe(title, 160), runs=runs, left_out=max(0, len(ordered) - MOST_RUNS))


def _run(receipt: Receipt, every: Sequence[Receipt], archive: Archive, prices: Mapping[str, float]) -> RunPage:
    spec = archive.spec(receipt.key, receipt.job_id)
    told = archive.tasks(receipt.key, receipt.job_id)
    tasks = [] if told is None else newest(told)
    elements = Elements.of(spec)
    begin = receipt.created.timestamp()
    seconds = _seconds(receipt)
    lines = listed(tasks, elements, begin)
    log, notes = _log(receipt, archive)
    if told is None:
        notes.append("What became of each task is not kept for this run.")
    earlier = _earlier(receipt, every, archive, prices)
    machine = _machine(spec)
    return RunPage(
        name=safe(receipt.key.name, 120),
        job_id=receipt.job_id,
        state=_state(receipt.status),
        created=receipt.created,
        ended=receipt.ended,
        seconds=seconds,
        cost=_cost(machine, seconds, prices),
        facts=tuple(_facts(receipt, machine)),
        counts=tuple(counts(tasks, receipt.tasks.not_started if receipt.tasks else 0)),
        grids=tuple(grids(tasks, elements, lines)),
        tasks=tuple(lines),
        all_tasks=len(tasks),
        busy=busy(tasks, begin, seconds or 0.0),
        errors=tuple(alike(tasks, elements, begin)),
        log=log,
        log_lines=receipt.log_lines,
        outputs=tuple(_outputs(archive.facts(receipt.key, receipt.job_id))),
        place=places(tasks, elements),
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


def _log(receipt: Receipt, archive: Archive) -> tuple[tuple[str, ...], list[str]]:
    """The last lines of a run that did not succeed, and what there is to say of its log."""
    notes = [f"The log is not whole: {safe(receipt.log_missing)}."] if receipt.log_missing else []
    if receipt.status is RunStatus.SUCCEEDED:
        return (), notes
    try:
        end = end_of(line.message for line in archive.read_logs(receipt))
    except FusedSpecError as error:
        return (), [*notes, f"The log cannot be read: {safe(error)}."]
    return tuple(safe(line, 2_000) for line in end.last), notes


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


def _earlier(
    receipt: Receipt, every: Sequence[Receipt], archive: Archive, prices: Mapping[str, float]
) -> tuple[Earlier, ...]:
    """The run and those of the same job before it, the newest first."""
    same = [one for one in every if one.key == receipt.key and one.created <= receipt.created]
    same = sorted(same, key=lambda one: (one.created, one.job_id), reverse=True)[:_MOST_EARLIER]
    longest = max((_seconds(one) or 0.0 for one in same), default=0.0)
    return tuple(
        Earlier(
            job_id=one.job_id,
            created=one.created,
            state=_state(one.status),
            seconds=_seconds(one),
            share=(_seconds(one) or 0.0) / longest if longest else 0.0,
            tasks=_tasks(one),
            cost=_cost(_machine(archive.spec(one.key, one.job_id)), _seconds(one), prices),
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


def _machine(spec: Mapping[str, Any] | None) -> str | None:
    machine = (spec or {}).get("instance_type")
    return machine if isinstance(machine, str) else None


def _cost(machine: str | None, seconds: float | None, prices: Mapping[str, float]) -> float | None:
    return None if seconds is None or machine not in prices else cost(machine, seconds, prices)


def _seconds(receipt: Receipt) -> float | None:
    return None if receipt.ended is None else max(0.0, (receipt.ended - receipt.created).total_seconds())


def _state(status: RunStatus) -> State:
    return _STATES.get(status) or State(str(status))


def newest_of(name_or_id: str, archive: Archive) -> Receipt:
    """The run with this id, or the newest of the job with this name; raises `FusedSpecError` when none is archived."""
    name = name_or_id.removeprefix("Job/")
    found = [one for one in archive.receipts() if name_or_id == one.job_id or name == one.key.name]
    if not found:
        raise FusedSpecError(
            f"no run of {name_or_id} is archived",
            hint="`fused-spec jobs` lists runs; an apply archives those that ended",
        )
    return max(found, key=lambda one: (one.created, one.job_id))


def since_then(moment: datetime, archive: Archive) -> list[Receipt]:
    """The runs that were created since then."""
    return [one for one in archive.receipts() if one.created >= moment]
