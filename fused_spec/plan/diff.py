"""Compare two JSON-like trees field by field; for display only, since the digest decides.

Two values are the same when their JSON is: `1`, `1.0`, `true` and `"1"` are four values, null is one, absent is none.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fused_spec.plan.model import ABSENT, FieldChange


def field_changes(before: Any, after: Any) -> tuple[FieldChange, ...]:
    """Every difference between two trees, paths dotted (`config.steps.0.udf.code`), in the order of `after`."""
    return tuple(_changes(before, after, ()))


def is_same(before: Any, after: Any) -> bool:
    """Whether two values are spelled alike, whatever the order of their keys."""
    if before is ABSENT or after is ABSENT:
        return before is after
    return json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)


def _changes(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[FieldChange]:
    match before, after:
        case Mapping(), Mapping():
            for name in [*after, *(name for name in before if name not in after)]:
                yield from _changes(before.get(name, ABSENT), after.get(name, ABSENT), (*path, str(name)))
        case list() | tuple(), list() | tuple() if len(before) == len(after):
            for index, (old, new) in enumerate(zip(before, after, strict=True)):
                yield from _changes(old, new, (*path, str(index)))
        case _ if not is_same(before, after):
            yield FieldChange(path=".".join(path), before=before, after=after)
