"""Show the end of an apply to a person: what failed first, then every outcome, then one line for all."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from fused_spec.reconcile.outcome import Outcome, OutcomeStatus
from fused_spec.redaction import redact
from fused_spec.spec.model import Kind
from fused_spec.views.shown import visible
from fused_spec.views.tones import Paint, Tone, plain

_TONES = {
    OutcomeStatus.SUCCEEDED: Tone.GOOD,
    OutcomeStatus.UNCHANGED: Tone.FAINT,
    OutcomeStatus.RUNNING: Tone.STRONG,
    OutcomeStatus.HELD: Tone.WARNING,
    OutcomeStatus.SKIPPED: Tone.WARNING,
}
_EXPLAINED = (OutcomeStatus.FAILED, OutcomeStatus.CANCELLED, OutcomeStatus.LOST, OutcomeStatus.UNKNOWN)


def outcomes_text(
    outcomes: Sequence[Outcome], *, last_lines: Mapping[str, Sequence[str]] | None = None, paint: Paint = plain
) -> str:
    """`last_lines` holds the end of the log by job id, for the runs that failed."""
    lines = [line for outcome in outcomes for line in _failure(outcome, last_lines or {}, paint)]
    width = max((len(str(outcome.change.key)) for outcome in outcomes), default=0)
    lines += [_outcome(outcome, width, paint) for outcome in outcomes]
    return "\n".join([*lines, paint(outcomes_summary(outcomes), Tone.STRONG)])


def outcomes_summary(outcomes: Sequence[Outcome]) -> str:
    """`Apply: 3 succeeded, 5 unchanged.`"""
    counts = Counter(outcome.status for outcome in outcomes)
    parts = [f"{counts[status]} {status}" for status in OutcomeStatus if counts[status]]
    return f"Apply: {', '.join(parts) or 'nothing is declared'}."


def _failure(outcome: Outcome, last_lines: Mapping[str, Sequence[str]], paint: Paint) -> Iterator[str]:
    if outcome.status not in _EXPLAINED:
        return
    error = f": {visible(redact(outcome.error))}" if outcome.error else ""
    yield f"{paint(f'{outcome.change.key} {outcome.status}', Tone.BAD)}{error}"
    for line in last_lines.get(outcome.job_id or "", ()):
        yield paint(f"  | {visible(redact(line))}", Tone.FAINT)
    if outcome.job_id and outcome.change.key.kind is Kind.JOB:
        yield f"  next: fused-spec logs {outcome.change.key.name}"
    yield ""


def _outcome(outcome: Outcome, width: int, paint: Paint) -> str:
    words = [f"{outcome.change.key!s:<{width}}", f"{paint(f'{outcome.status:<9}', _tone(outcome.status))}"]
    if outcome.status in (OutcomeStatus.UNCHANGED, OutcomeStatus.HELD):
        words.append(visible(outcome.change.why))
    elif outcome.status is OutcomeStatus.SKIPPED and outcome.error:
        words.append(visible(redact(outcome.error)))
    elif outcome.job_id:
        words.append(outcome.job_id)
    return "  ".join(words).rstrip()


def _tone(status: OutcomeStatus) -> Tone:
    return _TONES.get(status, Tone.BAD)
