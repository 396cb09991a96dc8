"""Whether a value may stand for a parameter whose annotation names what it takes, such as `int`, `list[str] | None`.

Python's `int(1.5)` is 1 and its `bool("maybe")` is true: neither is what somebody meant. The engine refuses the same
values when the job runs (`engine.calling.arguments`); here it costs nothing yet. What stands in brackets is for the UDF
itself to look at, and of a name that is not known here nothing is.
"""

import ast
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any

UNKNOWN = "?"

_TRUTH = ("true", "false", "1", "0", "yes", "no", "")
_SAME = {"List": "list", "Dict": "dict", "Tuple": "tuple"}
_UNIONS = ("Union", "Optional")
_DEEPEST = 20


def words_of(annotation: ast.expr) -> str:
    """The names of the kinds that an annotation allows, as `int|list`: without `None` and what stands in brackets."""
    if type(annotation) is ast.Name:
        return _SAME.get(annotation.id, annotation.id)
    return "|".join(_words(annotation, 0))


def _words(annotation: ast.expr, depth: int) -> tuple[str, ...]:
    match annotation:
        case ast.Constant(value=None):
            return ()
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return (_SAME.get(name, name),)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right) if depth < _DEEPEST:
            return (*_words(left, depth + 1), *_words(right, depth + 1))
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner) if depth < _DEEPEST:
            parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            if name in _UNIONS:
                return tuple(word for part in parts for word in _words(part, depth + 1))
            return _words(parts[0], depth + 1) if name == "Annotated" and parts else (_SAME.get(name, name),)
        case ast.Constant(value=str(text)) if depth < _DEEPEST:
            try:
                return _words(ast.parse(text, mode="eval").body, depth + 1)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return (UNKNOWN,)
    return (UNKNOWN,)


def wanted_instead(value: Any, annotation: str | None) -> str | None:
    """What these kinds want, in words; None when the value fits one of them, or of one of them nothing is known."""
    if value is None or not annotation:
        return None
    words = annotation.split("|")
    if type(value).__name__ in words or any(word not in _KINDS for word in words):
        return None
    if value == "null" and "str" not in words:
        return None
    if any(_fits(value, word) for word in words):
        return None
    return " or ".join(dict.fromkeys(_KINDS[word][0] for word in words))


def _fits(value: Any, word: str) -> bool:
    try:
        return _KINDS[word][1](value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False


def _is_whole(value: Any) -> bool:
    return isinstance(int(value), int) if isinstance(value, str) else int(value) == value


def _is_number(value: Any) -> bool:
    return isinstance(float(value), float)


def _is_truth(value: Any) -> bool:
    return value.lower() in _TRUTH if isinstance(value, str) else value in (0, 1)


def _is_text(value: Any) -> bool:
    """Anything can be text, but an object was meant to be something else."""
    return not isinstance(value, dict)


def _is_json_of(kind: type | tuple[type, ...]) -> Callable[[Any], bool]:
    """Text is JSON of such a kind; what is no text is what the UDF gets."""
    return lambda value: not isinstance(value, str) or isinstance(json.loads(value), kind)


def _is_bounds(value: Any) -> bool:
    found = json.loads(value) if isinstance(value, str) else value
    return isinstance(found, dict) or len([float(number) for number in found]) == 4  # an object may be GeoJSON


def _is_moment(kind: type[datetime] | type[date] | type[time]) -> Callable[[Any], bool]:
    """ISO 8601, or seconds since 1970."""

    def fits(value: Any) -> bool:
        if isinstance(value, str) and not value.replace(".", "", 1).isdigit():
            return isinstance(kind.fromisoformat(value), kind)
        return isinstance(float(value), float)

    return fits


def _is_uuid(value: Any) -> bool:
    import uuid  # as hardly any parameter needs

    return not isinstance(value, str) or isinstance(uuid.UUID(value), uuid.UUID)


_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "int": ("a whole number", _is_whole),
    "float": ("a number", _is_number),
    "bool": ("true or false", _is_truth),
    "str": ("text", _is_text),
    "list": ("a list", _is_json_of(list)),
    "dict": ("an object", _is_json_of(dict)),
    "tuple": ("a list", _is_json_of((list, dict, str))),
    "Bounds": ("four numbers: west, south, east, north", _is_bounds),
    "datetime": ("a time such as 2024-01-31T12:00:00", _is_moment(datetime)),
    "date": ("a day such as 2024-01-31", _is_moment(date)),
    "time": ("a time of day such as 12:00:00", _is_moment(time)),
    "UUID": ("a UUID", _is_uuid),
}
NOUNS: Mapping[str, str] = {name: _KINDS[name][0] for name in ("int", "float", "bool", "str")}
"""What the kinds of single values want, in words."""
