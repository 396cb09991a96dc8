"""Show a plan to a person: a line per change with its sign and reason, and below it what differs."""

from collections.abc import Iterator

from fused_spec.plan.model import Action, Change, FieldChange, Plan
from fused_spec.views.code_diff import is_text, text_diff, value_change
from fused_spec.views.shown import shown_fields, visible
from fused_spec.views.tones import Paint, Tone, plain
from fused_spec.views.words import plan_summary

_DIFF_LINES = 20
_TONES = {"+": Tone.GOOD, "-": Tone.BAD, "-/+": Tone.WARNING, "~": Tone.WARNING, "!": Tone.BAD}


def plan_text(plan: Plan, *, paint: Paint = plain) -> str:
    """Changes in the order of the plan, warnings, and the summary line."""
    width = max((len(str(change.key)) for change in plan.changes), default=0)
    lines = [line for change in plan.changes for line in _change(change, width, paint)]
    lines += [paint(f"Warning: {visible(warning)}", Tone.WARNING) for warning in plan.warnings]
    return "\n".join([*lines, paint(plan_summary(plan), Tone.STRONG)])


def _change(change: Change, width: int, paint: Paint) -> Iterator[str]:
    sign = change.action.sign
    line = f"{sign:>3} {change.key!s:<{width}}  {visible(change.why)}"
    if change.action is Action.NONE:
        yield paint(line, Tone.FAINT)
        return
    yield paint(line, _TONES[sign]) if sign in _TONES else line
    for field in shown_fields(change.fields):
        yield from (f"      {part}" for part in _field(field, paint))


def _field(field: FieldChange, paint: Paint) -> Iterator[str]:
    path = visible(field.path)
    if not is_text(field.before, field.after):
        before, after = value_change(field.before, field.after)
        yield f"{path}: {before} → {after}"
        return
    yield f"{path}:"
    for line in text_diff(field.before, field.after, most=_DIFF_LINES):
        yield "  " + paint(line, _TONES.get(line[:1], Tone.FAINT))
