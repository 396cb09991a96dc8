"""How runs ended, in a sentence: when, at whose word, and with which error, as far as anybody told."""

from collections.abc import Sequence
from datetime import UTC, datetime

from fused_spec.jobs.status import RunStatus
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, PastRun, Run


def why_held(change: Change) -> str | None:
    """How the run ended because of which a job is held; None where another reason holds it, or nothing does."""
    if change.action is Action.HOLD and change.reason is Reason.HELD and isinstance(change.before, Run | PastRun):
        return how_it_ended(change.before)
    return None


def how_it_ended(run: Run | PastRun) -> str:
    """`failed on 2031-05-01 at 12:00:00 UTC: step 1 of 2 (udf) failed: ValueError: no such tile`."""
    return _sentence(run, f" on {_moment(run.ended)}" if run.ended else "")


def how_they_ended(runs: Sequence[Run | PastRun]) -> str:
    """The same of several that ended alike: from when until when."""
    ends = sorted(run.ended for run in runs if run.ended)
    if len(set(ends)) <= 1:
        return how_it_ended(runs[0])
    return _sentence(runs[0], f" between {_moment(ends[0])} and {_moment(ends[-1])}")


def verb(status: RunStatus) -> str:
    """`failed`, `was cancelled`."""
    return f"was {status}" if status in (RunStatus.CANCELLED, RunStatus.LOST) else str(status)


def _sentence(run: Run | PastRun, when: str) -> str:
    by = f" {run.ended_by}" if run.ended_by else ""
    error = f": {run.error}" if run.error else ""
    return f"{verb(run.status)}{when}{by}{error}"


def _moment(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%d at %H:%M:%S} UTC"
