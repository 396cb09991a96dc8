"""Compare two JSON-like trees field by field; for display only, since the digest decides.

Two values are the same when their JSON is: `1`, `1.0`, `true` and `"1"` are four values, null is one, absent is none.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from fused_spec.plan.model import ABSENT, FieldChange

_MOST_IN_LIST = 20


def field_changes(before: Any, after: Any) -> tuple[FieldChange, ...]:
    """Every difference between two trees, paths dotted (`config.steps.0.udf.code`), in the order of `after`.

    A list in which very much differs is one difference.
    """
    return tuple(_changes(before, after, ()))


def is_same(before: Any, after: Any) -> bool:
    """Whether two values are spelled alike, whatever the order of their keys."""
    if before is ABSENT or after is ABSENT:
        return before is after
    if isinstance(before, str | int) and type(before) is type(after):
        return bool(before == after)  # there may be a million
    return json.dumps(before, sort_keys=True) == json.dumps(after, sort_keys=True)


def _changes(before: Any, after: Any, path: tuple[str, ...]) -> Iterator[FieldChange]:
    match before, after:
        case Mapping(), Mapping():
            for name in [*after, *(name for name in before if name not in after)]:
                yield from _changes(before.get(name, ABSENT), after.get(name, ABSENT), (*path, str(name)))
        case list() | tuple(), list() | tuple() if len(before) == len(after):
            pairs = enumerate(zip(before, after, strict=True))
            found = (change for index, (old, new) in pairs for change in _changes(old, new, (*path, str(index))))
            first = list(islice(found, _MOST_IN_LIST + 1))
            # Of a million elements nobody reads what each was.
            yield from first if len(first) <= _MOST_IN_LIST else [_change(before, after, path)]
        case _ if not is_same(before, after):
            yield _change(before, after, path)


def _change(before: Any, after: Any, path: tuple[str, ...]) -> FieldChange:
    return FieldChange(path=".".join(path), before=before, after=after)
