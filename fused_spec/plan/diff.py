"""Compare two JSON-like trees field by field; for display only, since the digest decides."""

from collections.abc import Iterator, Mapping
from typing import Any

from fused_spec.plan.model import FieldChange


def field_changes(before: Any, after: Any) -> tuple[FieldChange, ...]:
    """Every difference between two trees, paths dotted (`config.steps.0.udf.code`), in the order of `after`."""
    return tuple(_changes(before, after, ()))


def _changes(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[FieldChange]:
    match before, after:
        case Mapping(), Mapping():
            for name in [*after, *(name for name in before if name not in after)]:
                yield from _changes(before.get(name), after.get(name), (*path, str(name)))
        case list() | tuple(), list() | tuple() if len(before) == len(after):
            for index, (old, new) in enumerate(zip(before, after, strict=True)):
                yield from _changes(old, new, (*path, str(index)))
        case _ if before != after or type(before) is not type(after):
            yield FieldChange(path=".".join(path), before=before, after=after)
