"""Parameters that list their values: `Literal[…]` and enumerations, also in unions and lists.

The UDF gets the option, or the member of the enumeration, that a value means; any other value is refused. `validate`
tells the same of what the syntax shows (`spec.udfs.allowed_values`).
"""

import json
import types
from collections.abc import Callable, Collection, Iterable, Sequence
from enum import Enum
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from fused_spec.udfs.choices import meant, shown

_LISTS = (list, tuple, set, frozenset)


def lists_values(annotation: Any) -> bool:
    """Whether it lists values somewhere."""
    try:
        return _lists_values(_plain(annotation))
    except TypeError:  # one that holds what cannot be looked up
        return False


@lru_cache(maxsize=1024)
def _lists_values(annotation: Any) -> bool:
    if get_origin(annotation) is Literal or _is_enum(annotation):
        return True
    holds = _is_union(annotation) or _list_kind(annotation) is not None
    return holds and any(map(lists_values, get_args(annotation)))


def allowed(value: Any, annotation: Any, other: Callable[[Any, Any], Any]) -> Any:
    """What the value means for the annotation; raises `ValueError`, which says what is allowed.

    `other` reads what a part of a union wants that lists no values.
    """
    annotation = _plain(annotation)
    if get_origin(annotation) is Literal:
        return _option(value, get_args(annotation))
    if _is_enum(annotation):
        return _member(value, annotation)
    if _is_union(annotation):
        return _in_union(value, annotation, other)
    return _in_list(value, annotation, other)


def _option(value: Any, options: Sequence[Any]) -> Any:
    """One of a `Literal`'s, whose members of enumerations stand for their values."""
    try:
        return meant(value, options)
    except LookupError:
        pass
    for option in options:
        if isinstance(option, Enum) and value in (option.value, option.name):
            return option
    raise ValueError(f"write {shown(one.value if isinstance(one, Enum) else one for one in options)}")


def _member(value: Any, kind: type[Enum]) -> Enum:
    """The member of a value, else of a name; where two share a value, the first of them."""
    if isinstance(value, kind):
        return value
    members = list(kind)
    try:
        found = meant(value, [member.value for member in members])
        return next(member for member in members if member.value is found)
    except LookupError:
        pass
    if isinstance(value, str) and value in kind.__members__:
        return kind.__members__[value]
    try:
        if not isinstance(value, bool):
            return kind(value)  # it may know of more: combined flags, and other spellings
    except (ValueError, TypeError, KeyError):
        pass
    raise ValueError(f"write {shown(member.value for member in members)}")


def _in_union(value: Any, annotation: Any, other: Callable[[Any, Any], Any]) -> Any:
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if len(parts) < len(get_args(annotation)) and value == "null":
        return None
    problems = []
    for part in sorted(parts, key=lambda part: _distance(value, part)):
        try:
            return allowed(value, part, other) if lists_values(part) else other(value, part)
        except ValueError as problem:
            problems.append(str(problem))
    raise ValueError("; or ".join(dict.fromkeys(problems)))


def _distance(value: Any, part: Any) -> int:
    """How far a value is from what a part of a union wants: an option itself, its type, or what may mean one."""
    part = _plain(part)
    options = get_args(part) if get_origin(part) is Literal else [one.value for one in part] if _is_enum(part) else []
    if any(isinstance(value, bool) == isinstance(option, bool) and value == option for option in options):
        return 0
    if getattr(get_origin(part) or part, "__name__", "") == type(value).__name__:
        return 1
    return 2 if lists_values(part) else 3


def _in_list(value: Any, annotation: Any, other: Callable[[Any, Any], Any]) -> Any:
    kind = _list_kind(annotation) or list
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            raise ValueError("write a list as [1, 2]") from None
    if not isinstance(value, Collection) or isinstance(value, str | bytes | dict):
        raise ValueError("write a list")
    return kind(_items(value, get_args(annotation), other))


def _items(value: Iterable[Any], wanted: Sequence[Any], other: Callable[[Any, Any], Any]) -> Iterable[Any]:
    is_even = len(wanted) == 1 or (len(wanted) == 2 and wanted[1] is ...)
    for number, item in enumerate(value):
        part = wanted[0] if is_even else wanted[number] if number < len(wanted) else Any
        if item is None or not lists_values(part):
            yield item if item is None or part is Any else other(item, part)
        else:
            yield allowed(item, part, other)


def _plain(annotation: Any) -> Any:
    """Without `Annotated`, and without a name of Python 3.12's `type`."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        else:
            return annotation


def _is_enum(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Enum)


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def _list_kind(annotation: Any) -> Callable[[Iterable[Any]], Any] | None:
    """What makes the list that an annotation wants; None when it wants none."""
    origin = get_origin(annotation)
    if not isinstance(origin, type):
        return None
    if origin in _LISTS:
        return origin
    is_abstract = origin.__module__ == "collections.abc" and issubclass(list, origin)
    return list if is_abstract else None
