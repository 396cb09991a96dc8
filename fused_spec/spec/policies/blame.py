"""Which value an expression is true because of: the field that it names, and of a list the item that it is about."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.policies.expression import Expression, ExpressionError
from fused_spec.spec.policies.naming import ANY, Path

_NOTHING = object()
_MOST = 1_000
"""Items of a list that are tried one by one."""


def blamed(expression: Expression, facts: Mapping[str, Any]) -> Pointer:
    """The first field of the spec that is named and there; else one of the metadata; else the first that is missing."""
    named = [path for path in expression.fields if path[0] in ("spec", "metadata")]
    found = [pointer for path in named if (pointer := _resolved(path, expression, facts)) is not None]
    for root in ("spec", "metadata"):
        of_root = [pointer for pointer in found if pointer[0] == root and len(pointer) > 1]
        if of_root:
            first = of_root[0]
            # of a list and what is in it, what is in it
            return next((one for one in of_root if len(one) > len(first) and one[: len(first)] == first), first)
    return _before_any(named[0]) if named else ()


def _before_any(path: Path) -> Pointer:
    return tuple(step for step in takewhile(lambda step: step is not ANY, path) if isinstance(step, str | int))


def _resolved(path: Path, expression: Expression, facts: Mapping[str, Any]) -> Pointer | None:
    """Where the path leads; None where nothing is there."""
    value: Any = facts
    pointer: list[str | int] = []
    for step in path:
        if step is ANY:
            index = _guilty(value, pointer, expression, facts)
            if index is None:
                return tuple(pointer)
            step = index
        assert isinstance(step, str | int)  # ANY has become an index
        value = _inside(value, step)
        if value is _NOTHING:
            return None
        pointer.append(step)
    return tuple(pointer)


def _inside(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(step, _NOTHING)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return _NOTHING


def _guilty(value: Any, pointer: Sequence[str | int], expression: Expression, facts: Mapping[str, Any]) -> int | None:
    """The first item with which alone the expression is true, if there is one."""
    if not isinstance(value, list) or len(value) > _MOST:
        return None
    for index, item in enumerate(value):
        try:
            if expression.holds(_with(facts, pointer, [item])):
                return index
        except ExpressionError:
            continue
    return None


def _with(value: Any, pointer: Sequence[str | int], item: Any) -> Any:
    """The same value with something else at a place in it."""
    if not pointer:
        return item
    step, *rest = pointer
    if isinstance(step, int):
        return [_with(one, rest, item) if index == step else one for index, one in enumerate(value)]
    return {**value, step: _with(value[step], rest, item)}
