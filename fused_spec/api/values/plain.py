"""Python values as the plain JSON that is sent, or a refusal that names the place; nothing becomes another value.

JSON has no NaN and no infinity, no times and no bytes: what a writer would quietly make of them is refused here. What
numpy holds is the same number or list in another form, so it is converted.
"""

import math
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from fused_spec.api.errors import InvalidArgument

_HINTS = {
    "datetime": "give its text: .isoformat()",
    "date": "give its text: .isoformat()",
    "Timestamp": "give its text: .isoformat()",
    "NaTType": "give None where there is no value",
    "NAType": "give None where there is no value",
    "UUID": "give its text: str(…)",
    "PosixPath": "give its text: str(…)",
    "Decimal": "give a float, or its text: str(…)",
    "set": "give a list",
    "bytes": "give text; upload what is not text, and name its URL",
    "DataFrame": "upload it, and name its URL",
    "GeoDataFrame": "upload it, and name its URL",
}


def as_plain(value: Any, place: str = "") -> Any:
    """The value as JSON carries it; raises `InvalidArgument` with the place of what JSON cannot carry."""
    match value:
        case None | bool():
            return value
        case Enum():
            return as_plain(value.value, place)
        case str():
            return _text(value, place)
        case int():
            return int(value)
        case float():
            return _number(value, place)
        case Mapping():
            return {_key(key, place): as_plain(item, _inner(place, key)) for key, item in value.items()}
        case list() | tuple():
            return [as_plain(item, f"{place}[{number}]") for number, item in enumerate(value)]
    numpy = sys.modules.get("numpy")  # who has such a value has imported it
    if numpy is not None and isinstance(value, numpy.ndarray | numpy.generic):
        converted = value.tolist()
        if type(converted) is not type(value):
            return as_plain(converted, place)
    kind = type(value).__name__
    raise InvalidArgument(
        f"{place or 'this'} is a {kind}, which JSON cannot carry",
        hint=_HINTS.get(kind, "give text, numbers, lists and dicts"),
    )


def whole_number(value: Any, what: str, *, least: int | None = None) -> int | None:
    """A whole number or None, numpy's included; `InvalidArgument` for text, fractions and truth values."""
    plain = as_plain(value, what)
    if plain is None:
        return None
    if isinstance(plain, bool) or not isinstance(plain, int):
        raise InvalidArgument(f"{what} is a whole number, not {plain!r}")
    if least is not None and plain < least:
        raise InvalidArgument(f"{what} is at least {least}, not {plain}")
    return plain


def text_or_none(value: Any, what: str) -> str | None:
    """Text or None; `InvalidArgument` for anything else."""
    if value is None or isinstance(value, str):
        return value
    raise InvalidArgument(f"{what} is text, not a {type(value).__name__}")


def _number(value: float, place: str) -> float:
    if not math.isfinite(value):
        raise InvalidArgument(
            f"{place or 'this'} is {float(value)}, which JSON cannot carry",
            hint="give None where there is no value",
        )
    return float(value)


def _text(value: str, place: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidArgument(f"{place or 'this'} holds half of a surrogate pair, which UTF-8 cannot carry") from None
    return str(value)


def _key(key: Any, place: str) -> str:
    """A key as JSON's own writer makes it; a mapping's keys are text there."""
    plain = as_plain(key, f"a key of {place or 'this'}")
    if isinstance(plain, list | dict):
        raise InvalidArgument(f"a key of {place or 'this'} is a {type(key).__name__}, which JSON cannot carry")
    if plain is None or isinstance(plain, bool):
        return {None: "null", True: "true", False: "false"}[plain]
    return str(plain)


def _inner(place: str, key: Any) -> str:
    return f"{place}.{key}" if place else str(key)


def dropped_keys(given: Any, kept: Any, place: str = "") -> Iterator[tuple[str, list[str]]]:
    """Each key of `given` that is not in `kept`, by its place, with the keys that are."""
    if isinstance(given, Mapping) and isinstance(kept, Mapping):
        for key, value in given.items():
            inner = _inner(place, key)
            if key not in kept:
                yield inner, list(kept)
            else:
                yield from dropped_keys(value, kept[key], inner)
    elif isinstance(given, list) and isinstance(kept, list | tuple):
        for number, (one, other) in enumerate(zip(given, kept, strict=True)):
            yield from dropped_keys(one, other, f"{place}[{number}]")
