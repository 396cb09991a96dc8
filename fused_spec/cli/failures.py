"""What a person needs first when a run failed: where in the job, the last lines, and where to look on."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Protocol

from fused_spec.errors import FusedSpecError
from fused_spec.plan.model import Action
from fused_spec.reconcile.outcome import Outcome, OutcomeStatus
from fused_spec.reconcile.site import Site
from fused_spec.views.outcome_text import Failure

_LAST_LINES = 10
_SHOWN = (OutcomeStatus.FAILED, OutcomeStatus.LOST, OutcomeStatus.CANCELLED)
_STEP = re.compile(r"^step \d+ of \d+: .+")  # how the embedded service begins each step


class _Line(Protocol):
    @property
    def message(self) -> str: ...


def failures(site: Site, outcomes: Sequence[Outcome], *, link: bool) -> dict[str, Failure]:
    """What is known of each run that failed, by its id; a log that cannot be read leaves its lines out."""
    found: dict[str, Failure] = {}
    for outcome in outcomes:
        if outcome.job_id and outcome.status in _SHOWN and outcome.change.action is not Action.CANCEL:
            end: tuple[str | None, list[str]] = (None, [])
            with suppress(FusedSpecError):
                end = _end_of(_log(site, outcome.job_id))
            page = site.api.job_page(outcome.job_id) if link else None
            found[outcome.job_id] = Failure(step=end[0], lines=end[1], link=page)
    return found


def _log(site: Site, job_id: str) -> Iterator[_Line]:
    receipt = next(iter(site.archive.find(job_id)), None)
    yield from site.archive.read_logs(receipt) if receipt is not None else site.api.get_logs(job_id)


def _end_of(log: Iterable[_Line]) -> tuple[str | None, list[str]]:
    """The step that was at work last, where the log tells it, and the last lines."""
    step: str | None = None
    lines: deque[str] = deque(maxlen=_LAST_LINES)
    for line in log:
        message = line.message.rstrip()
        lines.append(message)
        if _STEP.match(message):
            step = message
    return step, list(lines)
