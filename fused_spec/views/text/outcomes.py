"""Show the end of an apply to a person: what failed first, then every outcome, then one line for all."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from fused_spec.jobs.failures import Alike, signature
from fused_spec.messages.phrases import counted
from fused_spec.messages.redaction import redact
from fused_spec.plan.actions import Action
from fused_spec.plan.ending import why_held
from fused_spec.plan.failing import alike_words, lost_words, status_words
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
_MOST_KINDS = 5
_ALIKE = (OutcomeStatus.FAILED, OutcomeStatus.SUCCEEDED, OutcomeStatus.UNCHANGED)
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
    """What is known of a failed run: the step at work, its input and exception, the end of the log, and its page.

    `alike` are the tasks that failed, those together that failed alike; a run that succeeded may have such, too.
    `ended` are those that ran when the run was ended.
    """

    step: str | None = None
    input: Input | None = None
    raised: Raised | None = None
    why: str | None = None
    lines: Sequence[str] = ()
    alike: Sequence[Alike] = ()
    ended: Sequence[Alike] = ()
    link: str | None = None


def outcomes_text(
    outcomes: Sequence[Outcome],
    *,
    failed: Mapping[str, Failure] | None = None,
    again: str = "fused-spec apply specs/",
    paint: Paint = plain,
) -> str:
    """`failed` holds what is known of the runs that failed, by job id; `again` is the command of this apply."""
    told = [outcome for outcome in outcomes if _is_explained(outcome)]
    lines = [line for alike in _together(told, failed or {}) for line in _failure(alike, failed or {}, again, paint)]
    lines += [line for outcome in outcomes for line in _unarchived(outcome, paint)]
    width = max((len(str(outcome.change.key)) for outcome in outcomes), default=0)
    lines += [_outcome(outcome, width, paint) for outcome in outcomes]
    return "\n".join([*lines, paint(outcomes_summary(outcomes), Tone.STRONG)])


def outcomes_summary(outcomes: Sequence[Outcome]) -> str:
    """`Apply: 3 succeeded, 5 unchanged.`"""
    counts = Counter(outcome.status for outcome in outcomes)
    parts = {status: f"{counts[status]} {status}" for status in OutcomeStatus if counts[status]}
    lossy = sum(one.status is OutcomeStatus.SUCCEEDED and one.lossy is not None for one in outcomes)
    if lossy:
        parts[OutcomeStatus.SUCCEEDED] += f" ({lossy} with failed tasks)"
    return f"Apply: {', '.join(parts.values()) or 'nothing is declared'}."


def _is_explained(outcome: Outcome) -> bool:
    if outcome.status in _EXPLAINED:
        return outcome.change.action is not Action.CANCEL
    return outcome.lacks_tasks or (outcome.status is OutcomeStatus.SUCCEEDED and outcome.lossy is not None)


def _together(outcomes: Iterable[Outcome], failed: Mapping[str, Failure]) -> Iterable[list[Outcome]]:
    """The outcomes, those that came alike in one list: with one status and the same errors at the same places."""
    together: dict[object, list[Outcome]] = {}
    for number, outcome in enumerate(outcomes):
        known = _known(outcome, failed)
        errors = tuple((signature(one.error), one.where) for one in known.alike)
        why = errors or (known.why and signature(known.why)) or outcome.error
        is_alike = why is not None and outcome.status in _ALIKE
        together.setdefault((outcome.status, why) if is_alike else number, []).append(outcome)
    return together.values()


def _failure(alike: Sequence[Outcome], failed: Mapping[str, Failure], again: str, paint: Paint) -> Iterator[str]:
    """What became of the first, and which others came to the same."""
    outcome, *others = alike
    known = _known(outcome, failed)
    where = f" in {visible(known.step)}" if known.step else ""
    where += _input(known)
    after = f" after {duration(outcome.seconds)}" if outcome.seconds is not None else ""
    error = f": {visible(redact(outcome.error))}" if outcome.error else ""
    status = status_words(outcome.status, outcome.tasks)
    tone = Tone.WARNING if outcome.status is OutcomeStatus.SUCCEEDED else Tone.BAD
    yield f"{paint(f'{outcome.change.key} {status}{where}{after}', tone)}{error}"
    if others:
        names = [f"{one.change.key}{_own_part(one, failed)}" for one in others]
        yield f"  likewise: {'; '.join(names)}"
    if outcome.status is OutcomeStatus.UNCHANGED:
        yield f"  its newest run {status_words(OutcomeStatus.SUCCEEDED, outcome.lossy)}"
    for kinds, what in ((known.alike, "error"), (known.ended, "place")):
        for one in kinds[:_MOST_KINDS]:
            yield f"  {visible(redact(alike_words(one, outcome.known_tasks)))}"
        if (more := len(kinds) - _MOST_KINDS) > 0:
            yield f"  and {counted(more, f'other {what}')}"
    if outcome.status is OutcomeStatus.HELD and (why := why_held(outcome.change)) is not None:
        yield f"  it {visible(redact(why))}"
    for line in known.lines:
        yield paint(f"  | {visible(redact(line))}", Tone.FAINT)
    if known.link:
        yield f"  page: {visible(known.link)}"
    yield from (f"  next: {step}" for step in _next_steps(alike, again))
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


def _own_part(outcome: Outcome, failed: Mapping[str, Failure]) -> str:
    """What sets it apart from others that came to the same."""
    lost = f", {lost_words(outcome.lossy)}" if outcome.lossy is not None else ""
    return f"{lost}{_input(_known(outcome, failed))}"


def _known(outcome: Outcome, failed: Mapping[str, Failure]) -> Failure:
    return failed.get(outcome.run_id or "", Failure())


def _input(known: Failure) -> str:
    return f", input {known.input.index}" if known.input else ""


def _next_steps(alike: Sequence[Outcome], again: str) -> Iterator[str]:
    outcome = alike[0]
    name = outcome.change.key.name
    if outcome.status is OutcomeStatus.UNKNOWN:
        yield visible(again)
    elif outcome.status is OutcomeStatus.HELD:
        yield from (f"{visible(again)} {way}" for way in ways_out(outcome.change))
    elif outcome.status in (OutcomeStatus.SUCCEEDED, OutcomeStatus.UNCHANGED):
        yield f"fused-spec show {name}"
    elif outcome.problem is not None and outcome.problem.hint:
        yield visible(redact(outcome.problem.hint))
    elif outcome.job_id and outcome.change.key.kind is Kind.JOB:
        yield f"fused-spec logs {name}"
        retries = " ".join(f"--retry {one.change.key.name}" for one in alike)
        yield f"mend it and apply again, or as it is: {visible(again)} {retries}"


def _outcome(outcome: Outcome, width: int, paint: Paint) -> str:
    status = status_words(outcome.status, outcome.tasks)
    words = [f"{outcome.change.key!s:<{width}}", f"{paint(f'{status:<9}', _tone(outcome))}"]
    if outcome.status in (OutcomeStatus.UNCHANGED, OutcomeStatus.HELD):
        lost = f"; {lost_words(outcome.lossy)}" if outcome.lossy is not None else ""
        words.append(f"{visible(outcome.change.why)}{lost}")
    elif outcome.error and (outcome.status is OutcomeStatus.SKIPPED or _never_started(outcome)):
        words.append(visible(redact(outcome.error)))
    elif outcome.job_id:
        words.append(outcome.job_id)
    return "  ".join(words).rstrip()


def _never_started(outcome: Outcome) -> bool:
    return outcome.status is OutcomeStatus.TIMEOUT and outcome.job_id is None


def _tone(outcome: Outcome) -> Tone:
    return Tone.WARNING if outcome.lossy is not None else _TONES.get(outcome.status, Tone.BAD)
