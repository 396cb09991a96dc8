"""Show what specs are at two targets: those that only one of them has, and fields that differ."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fused_spec.messages.phrases import counted
from fused_spec.plan.model import FieldChange
from fused_spec.views.changes.code_diff import is_text, text_diff, value_change
from fused_spec.views.changes.fields import shown_fields
from fused_spec.views.changes.grouped import in_short
from fused_spec.views.words.shown import visible

_DIFF_LINES = 20


class Difference(NamedTuple):
    """A spec that is not the same at both targets; `is_before` and `is_after` say where it exists."""

    name: str
    is_before: bool
    is_after: bool
    fields: tuple[FieldChange, ...]


def differences_text(one: str, other: str, found: Sequence[Difference]) -> str:
    """A paragraph for all specs in which the same fields differ, with the values where they are the same, too."""
    if not found:
        return f"{one} and {other}: no difference"
    alike: dict[object, list[Difference]] = {}
    for each in found:
        alike.setdefault((each.is_before, each.is_after, _paths(each)), []).append(each)
    lines = [f"--- {one}", f"+++ {other}"]
    for group in alike.values():
        lines += _lines(group)
    return "\n".join([*lines, f"{counted(len(found), 'spec')} differ{'s' if len(found) == 1 else ''}."])


def _paths(each: Difference) -> tuple[str, ...]:
    return tuple(field.path for field in each.fields) if each.is_before and each.is_after else ()


def _lines(group: Sequence[Difference]) -> Iterator[str]:
    names = in_short([visible(each.name) for each in group])
    many = f"{len(group)} specs: {names}" if len(group) > 1 else names
    first = group[0]
    if not (first.is_before and first.is_after):
        yield f"{'-' if first.is_before else '+'} {many}"
        return
    yield f"~ {many}"
    same = {field.path: _is_same(group, field.path) for field in first.fields}
    for field in shown_fields(first.fields):
        suffix = "" if same.get(field.path, True) else f" (in {visible(first.name)})"
        if is_text(field.before, field.after):
            yield f"      {field.path}:{suffix}"
            yield from (f"        {line}" for line in text_diff(field.before, field.after, most=_DIFF_LINES))
        else:
            before, after = value_change(field.before, field.after)
            yield f"      {field.path}: {visible(before)} → {visible(after)}{suffix}"


def _is_same(group: Sequence[Difference], path: str) -> bool:
    """Whether a field has the same two values in all."""
    values = {repr([(field.before, field.after) for field in each.fields if field.path == path]) for each in group}
    return len(values) == 1
