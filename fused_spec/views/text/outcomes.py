"""Show the end of an apply to a person: what failed first, then every outcome, then one line for all."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from fused_spec.messages.redaction import redact
from fused_spec.plan.actions import Action
from fused_spec.plan.ending import why_held
from fused_spec.reconcile.applying.outcome import Outcome, OutcomeStatus, ways_out
from fused_spec.reconcile.archive.log_end import Raised
from fused_spec.spec.model import Kind
from fused_spec.views.words.english import duration
from fused_spec.views.words.shown import visible
from fused_spec.views.words.tones import Paint, Tone, plain

_TONES = {
    OutcomeStatus.SUCCEEDED: Tone.GOOD,
    OutcomeStatus.UNCHANGED: Tone.FAINT,
    OutcomeStatus.RUNNING: Tone.STRONG,
    OutcomeStatus.HELD: Tone.WARNING,
    OutcomeStatus.SKIPPED: Tone.WARNING,
}
_EXPLAINED = (
    OutcomeStatus.FAILED,
    OutcomeStatus.CANCELLED,
    OutcomeStatus.LOST,
    OutcomeStatus.UNKNOWN,
    OutcomeStatus.HELD,
)


class Input(Struct, frozen=True, kw_only=True):
    """One element of a step's input, counted from 0; `value` where it is known and not too large to be shown."""

    index: int
    value: Any = None


class Failure(Struct, frozen=True, kw_only=True):
    """What is known of a failed run: the step at work, its input and exception, the end of the log, and its page."""

    step: str | None = None
    input: Input | None = None
    raised: Raised | None = None
    why: str | None = None
    lines: Sequence[str] = ()
    link: str | None = None


def outcomes_text(
    outcomes: Sequence[Outcome],
    *,
    failed: Mapping[str, Failure] | None = None,
    again: str = "fused-spec apply specs/",
    paint: Paint = plain,
) -> str:
    """`failed` holds what is known of the runs that failed, by job id; `again` is the command of this apply."""
    lines = [line for outcome in outcomes for line in _failure(outcome, failed or {}, again, paint)]
    lines += [line for outcome in outcomes for line in _unarchived(outcome, paint)]
    width = max((len(str(outcome.change.key)) for outcome in outcomes), default=0)
    lines += [_outcome(outcome, width, paint) for outcome in outcomes]
    return "\n".join([*lines, paint(outcomes_summary(outcomes), Tone.STRONG)])


def outcomes_summary(outcomes: Sequence[Outcome]) -> str:
    """`Apply: 3 succeeded, 5 unchanged.`"""
    counts = Counter(outcome.status for outcome in outcomes)
    parts = [f"{counts[status]} {status}" for status in OutcomeStatus if counts[status]]
    return f"Apply: {', '.join(parts) or 'nothing is declared'}."


def _failure(outcome: Outcome, failed: Mapping[str, Failure], again: str, paint: Paint) -> Iterator[str]:
    if outcome.status not in _EXPLAINED or outcome.change.action is Action.CANCEL:
        return
    known = failed.get(outcome.job_id or "", Failure())
    where = f" in {visible(known.step)}" if known.step else ""
    where += f", input {known.input.index}" if known.input else ""
    after = f" after {duration(outcome.seconds)}" if outcome.seconds is not None else ""
    error = f": {visible(redact(outcome.error))}" if outcome.error else ""
    yield f"{paint(f'{outcome.change.key} {outcome.status}{where}{after}', Tone.BAD)}{error}"
    if outcome.status is OutcomeStatus.HELD and (why := why_held(outcome.change)) is not None:
        yield f"  it {visible(redact(why))}"
    for line in known.lines:
        yield paint(f"  | {visible(redact(line))}", Tone.FAINT)
    if known.link:
        yield f"  page: {visible(known.link)}"
    yield from (f"  next: {step}" for step in _next_steps(outcome, again))
    yield ""


def _unarchived(outcome: Outcome, paint: Paint) -> Iterator[str]:
    """A run that could not be archived, unless what was told of it said so."""
    problem = outcome.unarchived
    if problem is None or (outcome.status in _EXPLAINED and str(problem) in (outcome.error or "")):
        return
    told = f"{outcome.change.key} {outcome.status}, and is not archived"
    yield f"{paint(told, Tone.WARNING)}: {visible(redact(str(problem)))}"
    yield f"  next: {visible(redact(problem.hint or ''))}; the next apply archives it"
    yield ""


def _next_steps(outcome: Outcome, again: str) -> Iterator[str]:
    name = outcome.change.key.name
    if outcome.status is OutcomeStatus.UNKNOWN:
        yield visible(again)
    elif outcome.status is OutcomeStatus.HELD:
        yield from (f"{visible(again)} {way}" for way in ways_out(outcome.change))
    elif outcome.problem is not None and outcome.problem.hint:
        yield visible(redact(outcome.problem.hint))
    elif outcome.job_id and outcome.change.key.kind is Kind.JOB:
        yield f"fused-spec logs {name}"
        yield f"mend it and apply again, or as it is: {visible(again)} --retry {name}"


def _outcome(outcome: Outcome, width: int, paint: Paint) -> str:
    words = [f"{outcome.change.key!s:<{width}}", f"{paint(f'{outcome.status:<9}', _tone(outcome.status))}"]
    if outcome.status in (OutcomeStatus.UNCHANGED, OutcomeStatus.HELD):
        words.append(visible(outcome.change.why))
    elif outcome.error and (outcome.status is OutcomeStatus.SKIPPED or _never_started(outcome)):
        words.append(visible(redact(outcome.error)))
    elif outcome.job_id:
        words.append(outcome.job_id)
    return "  ".join(words).rstrip()


def _never_started(outcome: Outcome) -> bool:
    return outcome.status is OutcomeStatus.TIMEOUT and outcome.job_id is None


def _tone(status: OutcomeStatus) -> Tone:
    return _TONES.get(status, Tone.BAD)
