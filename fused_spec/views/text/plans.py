"""Show a plan to a person: a line per change with its sign and reason, and below it what differs.

What takes something away comes first. Changes of one shape are told together; a plan that changes nothing is one line.
"""

from collections import Counter
from collections.abc import Iterator

from fused_spec.plan.actions import Action
from fused_spec.plan.groups import Group, groups
from fused_spec.plan.model import Change, FieldChange, Plan
from fused_spec.views.changes.code_diff import is_text, text_diff, value_change
from fused_spec.views.changes.declared import declared_lines
from fused_spec.views.changes.fields import shown_fields
from fused_spec.views.changes.grouped import (
    asides,
    exception_lines,
    left_lines,
    moved_lines,
    outside_lines,
    title,
    varying_lines,
)
from fused_spec.views.changes.told_once import ToldOnce
from fused_spec.views.words.english import is_quiet, plan_summary
from fused_spec.views.words.shown import visible
from fused_spec.views.words.tones import Paint, Tone, plain

_DIFF_LINES = 20
_LINES_EACH = 5  # so many changes of a group have a line of their own
_UNCHANGED = 12
_TONES = {"+": Tone.GOOD, "-": Tone.BAD, "-/+": Tone.WARNING, "~": Tone.WARNING, "!": Tone.BAD}


def plan_text(plan: Plan, *, paint: Paint = plain) -> str:
    """Changes, warnings, what left the specs, and the summary line."""
    summary = paint(plan_summary(plan), Tone.STRONG)
    if is_quiet(plan):
        return summary
    still = [change for change in plan.changes if change.action is Action.NONE]
    made = groups(change for change in plan.changes if change.action is not Action.NONE)
    width = max((len(name) for group in made for name in _names(group)), default=0)
    if plan.has_changes and len(still) <= _UNCHANGED:
        width = max([width, *(len(str(change.key)) for change in still)])
    told = ToldOnce()
    lines = [line for group in made for line in _group(group, width, told, paint)]
    lines += _unchanged(still, width, paint) if plan.has_changes else []
    lines += [paint(f"Warning: {visible(warning)}", Tone.WARNING) for warning in plan.warnings]
    lines += moved_lines(plan.moved, visible)
    lines += left_lines(plan.left, visible)
    return "\n".join([*outside_lines(plan.outside, visible), *lines, summary])


def _names(group: Group) -> list[str]:
    return [str(change.key) for change in group.changes] if len(group.changes) <= _LINES_EACH else [title(group)]


def _group(group: Group, width: int, told: ToldOnce, paint: Paint) -> Iterator[str]:
    first = group.first
    sign = first.action.sign
    reasons = [change.why for change in group.changes] if len(group.changes) <= _LINES_EACH else [group.why]
    for name, why in zip(_names(group), reasons, strict=True):
        line = f"{sign:>3} {name:<{width}}  {visible(why)}"
        yield paint(line, _TONES[sign]) if sign in _TONES else line
    yield from (f"      {line}" for line in _details(group, told, paint))


def _details(group: Group, told: ToldOnce, paint: Paint) -> Iterator[str]:
    count, aside = len(group.changes), asides(group)
    is_new = _is_new(group.first) and group.first.after is not None
    if is_new and group.varying:
        yield f"such as {group.first.key}:"
    elif count > 1 and (group.fields or is_new or aside):
        yield "both:" if count == 2 else f"all {count}:"
    yield from aside
    if is_new and group.first.after is not None:
        yield from declared_lines(group.first.after)
    for field in shown_fields(group.fields):
        yield from _field(field, told.before(field, str(group.first.key)), paint)
    yield from varying_lines(group)
    yield from exception_lines(group)


def _is_new(change: Change) -> bool:
    return change.before is None and change.action.changes_something


def _unchanged(still: list[Change], width: int, paint: Paint) -> Iterator[str]:
    """A line each where they are few, else a line for each reason."""
    if len(still) <= _UNCHANGED:
        yield from (paint(f"    {change.key!s:<{width}}  {visible(change.why)}", Tone.FAINT) for change in still)
        return
    for why, number in Counter(change.why for change in still).most_common(_UNCHANGED):
        yield paint(f"    {number} unchanged: {visible(why)}", Tone.FAINT)


def _field(field: FieldChange, shown_with: str | None, paint: Paint) -> Iterator[str]:
    path = visible(field.path)
    if not is_text(field.before, field.after):
        before, after = value_change(field.before, field.after)
        yield f"{path}: {before} → {after}"
        return
    if shown_with is not None:
        yield f"{path}: the same change as that of {visible(shown_with)}"
        return
    yield f"{path}:"
    for line in text_diff(field.before, field.after, most=_DIFF_LINES):
        yield "  " + paint(line, _TONES.get(line[:1], Tone.FAINT))
