"""Whether a value may stand for a parameter that is annotated `int`, `float` or `bool`.

Python's `int(1.5)` is 1 and its `bool("maybe")` is true: neither is what somebody meant. The engine refuses the same
values when the job runs (`engine.calling.arguments`); here it costs nothing yet.
"""

from collections.abc import Callable, Mapping
from typing import Any

_TRUTH = ("true", "false", "1", "0", "yes", "no", "")


def wanted_instead(value: Any, annotation: str | None) -> str | None:
    """What the annotation wants, in words; None when the value fits it, or nothing is known of it."""
    if value is None or annotation is None or annotation not in _KINDS:
        return None
    noun, fits = _KINDS[annotation]
    try:
        return None if fits(value) else noun
    except (ValueError, TypeError, OverflowError):
        return noun


def _is_whole(value: Any) -> bool:
    return isinstance(int(value), int) if isinstance(value, str) else int(value) == value


def _is_number(value: Any) -> bool:
    return isinstance(float(value), float)


def _is_truth(value: Any) -> bool:
    return value.lower() in _TRUTH if isinstance(value, str) else value in (0, 1)


_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "int": ("a whole number", _is_whole),
    "float": ("a number", _is_number),
    "bool": ("true or false", _is_truth),
}
NOUNS: Mapping[str, str] = {**{name: noun for name, (noun, _) in _KINDS.items()}, "str": "text"}
"""What the kinds want, in words; anything can be text."""
