"""How one text says what many documents have at a place: by the names of the dimensions that decide it."""

import re
from collections.abc import Sequence
from typing import Any

from fused_spec.reconcile.adopting.columns import Column
from fused_spec.reconcile.adopting.dimensions import Dimension

_ALONE = r"(?<![A-Za-z0-9])(?:{})(?![A-Za-z0-9])"


def said_by(column: Column, dimensions: Sequence[Dimension]) -> Any:
    """What stands in the document; None where no words do.

    What one dimension alone decides, and no text of its elements says, becomes an attribute of its elements.
    """
    for one in dimensions:
        if _are(column.values, one.values):
            return _element(one)
    if (told := _of_the_calendar(column, dimensions)) is not None:
        return told
    if (told := template(column, dimensions)) is not None:
        return told
    for one in dimensions:
        if one.of(column.values):
            return _attribute(one, column)
    return None


def template(column: Column, dimensions: Sequence[Dimension]) -> str | None:
    """A text with names in it that gives the text of each document; None where there is none."""
    if not all(isinstance(value, str) for value in column.values):
        return None
    for at, value in enumerate(column.values):
        found = _template(value, at, dimensions)
        if found is not None and all(
            _filled(found, index, dimensions) == each for index, each in enumerate(column.values)
        ):
            return "".join(part if isinstance(part, str) else _element(part) for part in found)
    return None


def _template(value: str, at: int, dimensions: Sequence[Dimension]) -> list[str | Dimension] | None:
    texts = {str(one.values[at]): one for one in sorted(dimensions, key=lambda one: len(str(one.values[at])))}
    if len(texts) < len(dimensions):
        return None  # another document tells them apart
    longest = sorted(texts, key=len, reverse=True)
    pattern = re.compile(f"({_ALONE.format('|'.join(map(re.escape, longest)))})")
    parts = pattern.split(value)
    if len(parts) == 1:
        parts = re.split(f"({'|'.join(map(re.escape, longest))})", value)
    return [texts[part] if number % 2 else part for number, part in enumerate(parts)]


def _filled(parts: Sequence[str | Dimension], at: int, dimensions: Sequence[Dimension]) -> str:
    return "".join(part if isinstance(part, str) else str(part.values[at]) for part in parts)


def _of_the_calendar(column: Column, dimensions: Sequence[Dimension]) -> str | None:
    for one in dimensions:
        labels = {label.key: label.fields for label in one.labels or ()}
        for name in next(iter(labels.values()), {}):
            if labels and _are(column.values, tuple(labels[value][name] for value in one.values)):
                return f"${{matrix.{one.name}.{name}}}"
    return None


def _attribute(one: Dimension, column: Column) -> str:
    said = next((step for step in reversed(column.path) if isinstance(step, str)), "value")
    name = re.sub(r"[^a-z0-9_]+", "_", said.lower()).strip("_") or "value"
    base, number = name, 2
    while name in ("key", "start") or one.attributes.get(name, column.values) != column.values:
        name, number = f"{base}_{number}", number + 1
    one.attributes[name] = column.values
    return f"${{matrix.{one.name}.{name}}}"


def _element(one: Dimension) -> str:
    """The element itself; one with attributes is named by its key, which is text."""
    if not one.attributes:
        return f"${{matrix.{one.name}}}"
    if all(isinstance(value, str) for value in one.values):
        return f"${{matrix.{one.name}.key}}"
    return f"${{matrix.{one.name}.{_own_attribute(one)}}}"


def _own_attribute(one: Dimension) -> str:
    one.attributes["is"] = one.values
    return "is"


def _are(values: Sequence[Any], others: Sequence[Any]) -> bool:
    return all(type(left) is type(right) and left == right for left, right in zip(values, others, strict=True))
