"""Plans, outcomes and problems as tables for notebooks."""

from collections.abc import Iterable, Sequence
from html import escape

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.plan.actions import Action
from fused_spec.plan.groups import groups
from fused_spec.plan.model import Plan
from fused_spec.reconcile.applying.outcome import Outcome
from fused_spec.spec.model import Desired
from fused_spec.views.changes.code_diff import is_text, value_change
from fused_spec.views.changes.fields import shown_fields
from fused_spec.views.changes.grouped import title
from fused_spec.views.words.english import plan_summary
from fused_spec.views.words.shown import shown_diagnostic, visible

_MOST = 200
_EACH = 5  # so many changes of a group have a row of their own

Row = Sequence[str]


def plan_html(plan: Plan) -> str:
    """What would change, folded as in a terminal, and the summary."""
    rows: list[Row] = []
    for group in groups(change for change in plan.changes if change.action is not Action.NONE):
        fields = ", ".join(_field(field.path, field.before, field.after) for field in shown_fields(group.fields))
        if len(group.changes) <= _EACH:
            rows += [(one.action.sign, str(one.key), one.why, fields) for one in group.changes]
        else:
            rows.append((group.first.action.sign, title(group), group.why, fields))
    warnings = "".join(f"<p>Warning: {_safe(one)}</p>" for one in plan.warnings)
    table = _table(("", "what", "why", "changes"), rows) if rows else ""
    return f"{table}{warnings}<p><b>{_safe(plan_summary(plan))}</b></p>"


def outcomes_html(outcomes: Iterable[Outcome]) -> str:
    """How each change ended."""
    rows = [
        (str(one.change.key), str(one.status), _seconds(one.seconds), one.job_id or "", one.error or "")
        for one in outcomes
    ]
    return _table(("what", "how it ended", "seconds", "run", "why"), rows)


def desired_html(desired: Sequence[Desired]) -> str:
    """What the specs declare."""
    rows = [(str(one.key), one.description or "", one.digest[:15], str(one.origin)) for one in desired]
    return _table(("what", "description", "digest", "declared at"), rows)


def diagnostics_html(diagnostics: Iterable[Diagnostic]) -> str:
    """What is wrong, with the next step."""
    shown = map(shown_diagnostic, diagnostics)
    rows = [(str(one.location), str(one.severity), one.message, one.hint or "") for one in shown]
    return _table(("where", "", "what", "hint"), rows) if rows else ""


def _table(heads: Row, rows: Sequence[Row]) -> str:
    head = "".join(f"<th>{_safe(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{_safe(one)}</td>' for one in row)}</tr>" for row in rows[:_MOST])
    more = f"<p>and {len(rows) - _MOST} more</p>" if len(rows) > _MOST else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _field(path: str, before: object, after: object) -> str:
    if is_text(before, after):
        return f"{path}: its text"
    return f"{path}: {' → '.join(value_change(before, after))}"


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.0f}"


def _safe(text: str) -> str:
    return escape(visible(text))
