"""Show what differs between the outputs of two runs."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fused_spec.messages.phrases import counted, cut, listed
from fused_spec.views.text.outputs import coordinate
from fused_spec.views.words.shown import visible

if TYPE_CHECKING:
    from fused_spec.engine.outputs.differences import Changed, Difference

_WIDTH = 60
_VALUES = 20  # of one output, that are told one by one
_UNREAD = 5


def output_differences_text(before: str, after: str, found: "Sequence[Difference]", unread: Sequence[str]) -> str:
    """A paragraph for each output that is not the same, and how many are."""
    differing = [one for one in found if not one.is_none]
    lines = [f"--- {before}", f"+++ {after}"] if differing else []
    for one in differing:
        lines += _lines(one)
    same = len(found) - len(differing)
    lines.append(f"{counted(len(differing), 'output')} differ{'s' if len(differing) == 1 else ''}, {same} as before.")
    if unread:
        names = listed([visible(name) for name in unread], _UNREAD)
        lines.append(f"Too large for their values to be compared: {names}.")
    return "\n".join(lines)


def _lines(one: "Difference") -> Iterator[str]:
    name = visible(one.name)
    if not (one.before and one.after):
        yield f"{'-' if one.before else '+'} {name}"
        return
    yield f"~ {name}"
    yield from (f"      {_change(fact)}" for fact in one.facts)
    yield from (f"    - column {visible(column)}" for column in one.removed)
    yield from (f"    + column {visible(column)}" for column in one.added)
    yield from (f"      column {_change(it)}" for it in one.retyped)
    yield from (f"      {_change(value)}" for value in one.values[:_VALUES])
    if len(one.values) > _VALUES:
        yield f"      … {counted(len(one.values) - _VALUES, 'more value')}; --output json has all"


def _change(it: "Changed") -> str:
    return f"{visible(it.what)}: {_value(it.what, it.before)} → {_value(it.what, it.after)}"


def _value(what: str, value: Any) -> str:
    match value:
        case None:
            return "none"
        case tuple():
            return " ".join(map(coordinate, value)) if what == "bounds" else " x ".join(map(str, value))
        case float():
            return f"{value:.6g}"
        case int() if what == "bytes":
            return f"{value:,} B"
        case int() if what == "rows":
            return f"{value:,}"
    return cut(visible(str(value)), _WIDTH)
