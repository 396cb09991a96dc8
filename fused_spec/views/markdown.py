"""A plan as a comment on a pull request: one summary line, then a folded section per change.

Everything foreign stands escaped in `<code>` within an HTML block, or between more backticks than it has itself,
so no spec can add markup, links or mentions to the comment.
"""

import html
import re
from collections.abc import Iterator

from fused_spec.plan.model import ABSENT, Action, Change, FieldChange, Plan
from fused_spec.views.code_diff import is_text, text_diff, value_change
from fused_spec.views.shown import cut, shown_fields, visible
from fused_spec.views.words import counted, plan_summary

LONGEST = 60_000  # characters; GitHub refuses a comment of more than 65,536
_LONGEST_SECTION = 20_000
_DIFF_LINES = 300
_LONGEST_LINE = 300


def plan_markdown(plan: Plan, *, longest: int = LONGEST) -> str:
    """The summary line with the target, warnings, a section per change, and one with what stays as it is."""
    still = [change for change in plan.changes if change.action is Action.NONE]
    sections = [_section(change) for change in plan.changes if change.action is not Action.NONE]
    if still:
        sections.append(_unchanged(still))
    warnings = [f"⚠️ {_span(warning)}" for warning in plan.warnings]
    head = f"**{plan_summary(plan)}** Target {_span(plan.target)}."
    return "\n\n".join(_within([head, *warnings, *sections], longest)) + "\n"


def _within(parts: list[str], longest: int) -> Iterator[str]:
    """As many parts as fit, and a note about the rest."""
    left = longest - 200
    for index, part in enumerate(parts):
        left -= len(part) + 2
        if left < 0:
            rest = counted(len(parts) - index, "section")
            yield f"_{rest} left out, since a comment must be short; `fused-spec plan` shows everything._"
            return
        yield part


def _section(change: Change) -> str:
    title = f"<code>{change.action.sign}</code> <b>{_code(str(change.key))}</b> — {_code(change.why)}"
    fields = [line for field in shown_fields(change.fields) for line in _field(field)]
    return _folded(title, _fenced(fields) if fields else f"{str(change.action).capitalize()}.")


def _unchanged(changes: list[Change]) -> str:
    items = "\n".join(f"<li>{_code(str(change.key))} — {_code(change.why)}</li>" for change in changes)
    return _folded(f"{len(changes)} unchanged", f"<ul>\n{items}\n</ul>")


def _folded(title: str, body: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def _field(field: FieldChange) -> Iterator[str]:
    yield cut(f"@@ {visible(field.path)} @@", _LONGEST_LINE)
    if is_text(field.before, field.after):
        for line in text_diff(field.before, field.after, most=_DIFF_LINES, width=_LONGEST_LINE - 1):
            yield cut(line, _LONGEST_LINE)
        return
    before, after = value_change(field.before, field.after, _LONGEST_LINE)
    if field.before is not ABSENT:
        yield f"- {before}"
    if field.after is not ABSENT:
        yield f"+ {after}"


def _fenced(lines: list[str]) -> str:
    text = "\n".join(lines)
    if len(text) > _LONGEST_SECTION:
        text = text[:_LONGEST_SECTION].rpartition("\n")[0] + "\n@@ cut here @@"
    fence = _ticks(text, least=3)
    return f"{fence}diff\n{text}\n{fence}"


def _code(text: str) -> str:
    """Foreign text within an HTML block, where Markdown is not read; in `<code>` nobody is mentioned."""
    return f"<code>{html.escape(cut(visible(text), _LONGEST_LINE))}</code>"


def _span(text: str) -> str:
    """Foreign text as a code span of a paragraph."""
    shown = cut(visible(text), _LONGEST_LINE)
    ticks = _ticks(shown, least=1)
    pad = " " if shown.startswith(("`", " ")) or shown.endswith(("`", " ")) else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def _ticks(text: str, *, least: int) -> str:
    """More backticks than stand together anywhere in the text."""
    return "`" * max(least, 1 + max(map(len, re.findall("`+", text)), default=0))
