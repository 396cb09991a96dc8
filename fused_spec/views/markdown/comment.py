"""A plan as a comment on a pull request: one summary line, then a folded section for changes of one shape.

What takes something away comes first and is never cut. A plan that changes nothing is one line. Invalid specs make a
comment too, so that no old plan stays.
"""

from collections.abc import Iterator, Sequence

from fused_spec.errors import FusedSpecError
from fused_spec.messages.codes.registry import id_of
from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.messages.phrases import counted
from fused_spec.messages.redaction import redact
from fused_spec.plan.actions import Action
from fused_spec.plan.groups import Group, groups, is_destructive
from fused_spec.plan.model import ABSENT, Change, FieldChange, Plan
from fused_spec.views.changes.code_diff import is_text, text_diff, value_change
from fused_spec.views.changes.declared import code_of, declared_lines, declared_rows
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
from fused_spec.views.markdown.fitting import Section, fitted
from fused_spec.views.markdown.inert import LONGEST_LINE, code, fenced, span
from fused_spec.views.words.english import ACTION_WORDS, is_quiet, plan_counts, unchanged_because
from fused_spec.views.words.shown import shown_diagnostic, visible

LONGEST = 60_000  # characters; GitHub refuses a comment of more than 65,536
_LONGEST_SECTION = 20_000
_DIFF_LINES = 300
_NAMES = 3_000  # characters of the names of a group
_NAMED = 3  # so many are named in the title
_ITEMS = 200
_ASIDES = 20  # warnings


def plan_markdown(plan: Plan) -> str:
    """The summary line with the target, warnings, what is cut, and a section for changes of one shape."""
    begin, counts = plan_counts(plan)
    because = "" if plan.has_changes else unchanged_because(plan)
    told = f"**{begin}** {counts}, {span(because)}." if because else f"**{begin} {counts}.**"
    head = f"{told} Target {span(plan.target)}."
    if is_quiet(plan):
        return f"{head}\n"
    asides_of_all = list(_asides(plan))
    still = [change for change in plan.changes if change.action is Action.NONE]
    told_once = ToldOnce()
    sections = [
        _section(group, told_once) for group in groups(one for one in plan.changes if one.action is not Action.NONE)
    ]
    if still:
        sections.append(_unchanged(still))
    shown, cut = fitted(sections, LONGEST - len("\n\n".join([head, *asides_of_all])) - 400)
    return "\n\n".join([head, *([f"_{cut}_"] if cut else []), *asides_of_all, *shown]) + "\n"


def problems_markdown(diagnostics: Sequence[Diagnostic]) -> str:
    """Invalid specs as a comment: that nothing was planned, and each problem with its place."""
    errors = [one for one in diagnostics if one.is_error]
    shown = [shown_diagnostic(one) for one in errors or diagnostics if one.invalidates(strict=True)]
    what = counted(len(shown), "problem" if errors else "warning")
    lines = [f"**{what} in the specs; nothing was planned.**\n"]
    left = LONGEST
    for number, one in enumerate(shown):
        hint = f" — {span(one.hint)}" if one.hint else ""
        lines.append(f"- {span(str(one.location))}: {id_of(one.code)} {span(one.message)}{hint}")
        left -= len(lines[-1])
        if left < LONGEST_LINE * 4 and number + 1 < len(shown):
            lines.append(f"- and {counted(len(shown) - number - 1, 'more problem')}")
            break
    return "\n".join(lines) + "\n"


def error_markdown(error: FusedSpecError) -> str:
    """What stands in place of a plan that could not be made."""
    hint = f" {span(redact(error.hint))}" if error.hint else ""
    return f"**Nothing was planned.** {span(redact(str(error)))}{hint}\n"


def _asides(plan: Plan) -> Iterator[str]:
    warnings = [f"⚠️ {span(redact(warning))}" for warning in plan.warnings]
    yield from warnings[:_ASIDES]
    if len(warnings) > _ASIDES:
        yield f"… {counted(len(warnings) - _ASIDES, 'more warning')}"
    yield from (f"{line}." for line in outside_lines(plan.outside, span))
    yield from (f"{line}." for line in moved_lines(plan.moved, span))
    yield from (f"{line}." for line in left_lines(plan.left, span))


def _section(group: Group, told: ToldOnce) -> Section:
    change = group.first
    heading = f"<code>{change.action.sign}</code> <b>{code(title(group))}</b> — {code(group.why)}"
    heading += "".join(f"<br>{code(line)}" for line in asides(group))
    body = "\n\n".join(_body(group, told))
    title_alone = f"<p>{heading}</p>"
    return Section(
        whole=_folded(heading, body) if body else title_alone,
        title=title_alone,
        changes=len(group.changes),
        words=ACTION_WORDS[change.action],
        must_stay=is_destructive(change),
    )


def _body(group: Group, told: ToldOnce) -> Iterator[str]:
    """Names, what is new or how the fields differ, and where the changes differ among each other."""
    change, desired = group.first, group.first.after
    if desired is not None and change.before is None and change.action.changes_something:
        if len(group.changes) > 1:
            yield f"{'Such as' if group.varying else 'Like'} {span(str(change.key))}:"
        yield "\n".join(f"- {f'{word}: ' if word else ''}{span(line)}" for word, line in declared_rows(desired))
        left = _LONGEST_SECTION
        for file, text in code_of(desired):
            yield span(file)
            yield fenced(map(visible, text.split("\n")), "python", longest=max(left, 200))
            left -= len(text)
    elif group.fields:
        key = str(change.key)
        lines = (line for field in shown_fields(group.fields) for line in _field(field, told.before(field, key)))
        yield fenced(lines, "diff", longest=_LONGEST_SECTION)
    elif desired is not None and change.action.changes_something:
        yield "\n".join(f"- {span(line)}" for line in declared_lines(desired))
    rest = [*varying_lines(group, most=8), *exception_lines(group, most=20)]
    if rest:
        yield "\n".join(f"- {span(line)}" for line in rest)
    if len(group.changes) > _NAMED:
        yield _folded(f"all {len(group.changes)} names", _names(group.changes))


def _names(changes: Sequence[Change]) -> str:
    names, length = [], 0
    for change in changes:
        names.append(span(change.key.name))
        length += len(names[-1]) + 2
        if length > _NAMES:
            return f"{', '.join(names)} and {len(changes) - len(names)} more"
    return ", ".join(names)


def _unchanged(changes: Sequence[Change]) -> Section:
    items = [f"<li>{code(str(change.key))} — {code(change.why)}</li>" for change in changes[:_ITEMS]]
    if len(changes) > _ITEMS:
        items.append(f"<li>and {len(changes) - _ITEMS} more</li>")
    heading = f"{len(changes)} unchanged"
    listed = "\n".join(items)
    return Section(
        whole=_folded(heading, f"<ul>\n{listed}\n</ul>"),
        title=f"<p>{heading}</p>",
        changes=len(changes),
        words="unchanged",
    )


def _folded(heading: str, body: str) -> str:
    return f"<details>\n<summary>{heading}</summary>\n\n{body}\n\n</details>"


def _field(field: FieldChange, shown_with: str | None) -> Iterator[str]:
    yield f"@@ {visible(field.path)} @@"
    if is_text(field.before, field.after):
        if shown_with is not None:
            yield f"@@ the same change as that of {visible(shown_with)} @@"
            return
        yield from text_diff(field.before, field.after, most=_DIFF_LINES, width=LONGEST_LINE - 1)
        return
    before, after = value_change(field.before, field.after, LONGEST_LINE)
    if field.before is not ABSENT:
        yield f"- {before}"
    if field.after is not ABSENT:
        yield f"+ {after}"
