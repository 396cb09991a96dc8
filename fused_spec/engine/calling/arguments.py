"""Turn one element of an input list, or the words of a URL, into the arguments of a UDF.

The rules are the published client's: an object whose keys are all parameters gives keyword arguments, any other
value goes to the first parameter; what is given overrides what is stored; text becomes what the annotation says.

Where the client would bend a value, or let it pass, it is refused here, so that a slip is seen:

- a number with a fraction for `int`, which the client cuts;
- for `bool` all but true, yes and 1, false, no and 0, and empty text; to the client all text but false and "" is true;
- for `list` and `dict` text that is JSON of another kind;
- an object for `str`, as one with a misspelt key is when it goes to the first parameter;
- for `Bounds` four values that are no numbers;
- for `Literal` and an enumeration what they do not list; the UDF gets the member of an enumeration, by its value or its
  name, where the client leaves the text;
- what none of a union's kinds fits, and what does not fit an annotation that is text or `Annotated`: those the client
  does not read, but for a few.
"""

import json
import types
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Union, get_args, get_origin

from fused_spec.engine.calling.allowed import allowed
from fused_spec.engine.calling.binding import Binding
from fused_spec.engine.calling.conversions import FROM_JSON, FROM_TEXT, IN_JSON
from fused_spec.engine.calling.tiles import Tile, tile_arguments

_WRITTEN = (str, int, float, list, tuple, dict)


class BadArgument(Exception):
    """An argument is missing, unknown, or cannot be understood as its annotation says."""


def bind(udf: Binding, *element: Any, tile: Tile | None = None) -> dict[str, Any]:
    """The keyword arguments for one call: without an element only what is stored with the UDF, and the tile's."""
    given = {**udf.kept, **_from_element(element[0], udf)} if element else dict(udf.kept)
    placed = tile_arguments(udf.parameters, tile, _word) if tile is not None else {}
    if not udf.required <= given.keys() | placed:
        missing = [name for name in udf.parameters if name in udf.required and name not in given | placed]
        raise BadArgument(f"no value for {', '.join(missing)}; the UDF takes {', '.join(udf.parameters) or 'nothing'}")
    listings = udf.listing
    for name, annotation in udf.annotations.items():
        if name in given:
            listing = listings.get(name)
            given[name] = (
                _coerced(name, given[name], annotation) if listing is None else _of(name, given[name], listing)
            )
    return given | placed


def _from_element(element: Any, udf: Binding) -> Mapping[str, Any]:
    """The same rule as the spec's check of an input (`spec.resolving.calls.gives_parameters`)."""
    if isinstance(element, Mapping) and element:
        known = len(element.keys() & udf.parameters.keys())
        if known == len(element) or (udf.is_open_ended and (known or not udf.parameters)):
            return element
    if udf.first is None:
        raise BadArgument("the UDF takes no parameter, so it cannot take an element of the input")
    return {udf.first: element}


def _coerced(name: str, value: Any, annotation: Any) -> Any:
    if value is None:
        return value
    words = _words(annotation)
    if not isinstance(value, _WRITTEN) and words != ("Bounds",):
        return value  # what code hands over is no text to be understood
    converters = FROM_TEXT if isinstance(value, str) else FROM_JSON
    if not words or type(value).__name__ in words or any(word not in converters for word in words):
        return value  # it is what was asked for, or of what was asked for nothing is known
    if isinstance(value, str) and value == "null" and IN_JSON.issuperset(words):
        return None
    problem = ""
    for word in words:
        try:
            return converters[word](value)
        except json.JSONDecodeError:
            problem = problem or 'this is no JSON; write a list as [1, 2], and an object as {"a": 1}'
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            problem = problem or str(error)
    raise BadArgument(f"{name}={str(value)[:200]!r} cannot be read as {' or '.join(words)}: {problem}")


def _of(name: str, value: Any, listing: Any) -> Any:
    """The value that is meant of those that the annotation lists."""
    if value is None:
        return value
    try:
        return allowed(value, listing, _part)
    except ValueError as problem:
        raise BadArgument(f"{name}={_short(value)} is not allowed; {problem}") from None


def _part(value: Any, kind: Any) -> Any:
    """A value for a part of a union that lists none."""
    try:
        return _coerced("it", value, kind)
    except BadArgument:
        raise ValueError(f"what can be read as {' or '.join(_words(kind))}") from None


def _short(value: Any) -> str:
    return f"{str(value)[:200]!r}" if isinstance(value, str) else str(value)[:200]


def _word(annotation: Any) -> str:
    """The first kind that an annotation asks for."""
    return next(iter(_words(annotation)), "")


def _words(annotation: Any) -> tuple[str, ...]:
    """The names of the kinds that an annotation allows, without `None` and what stands in brackets."""
    try:
        return _known_words(annotation)
    except TypeError:  # one that holds what cannot be looked up
        return _read_words(annotation)


def _read_words(annotation: Any) -> tuple[str, ...]:
    if isinstance(annotation, str):
        names = annotation.replace("Optional[", "").replace("Union[", "").partition("[")[0].replace(",", "|").split("|")
        words = [name.strip(" ]'\"").rpartition(".")[2] for name in names]
    elif get_origin(annotation) in (Union, types.UnionType):
        words = [word for one in get_args(annotation) for word in _words(one)]
    elif get_origin(annotation) is Annotated:
        words = list(_words(get_args(annotation)[0]))
    else:
        words = [getattr(get_origin(annotation) or annotation, "__name__", "")]
    return tuple(word for word in words if word not in ("", "None", "NoneType"))


_known_words = lru_cache(maxsize=1024)(_read_words)  # a task asks it for each argument, and there may be very many
