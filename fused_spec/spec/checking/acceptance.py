"""Whether a value fits a schema, and nothing else: the quick answer for the document that is right.

A schema becomes functions, once; what does not fit is explained by `violations`, and the two always agree. There is no
library behind it: the quickest one takes longer to import than a hundred documents take here, and has whole numbers,
equal items and the ends of texts as JSON Schema has them, which is not quite how specs do.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from fused_spec.messages.named_secrets import Veiled

Schema = Mapping[str, Any]
Accepts = Callable[[Any], bool]

_SAYS_NOTHING = frozenset(
    """
    $schema $id $defs title description examples default errorMessage patternErrorMessage unknownFieldMessage
    markdownEnumDescriptions
    """.split()  # noqa: SIM905 - as a list it is a page
)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str, Veiled),
    "integer": (int,),  # 5.0 is no whole number, and true is none
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list,),
    "object": (dict,),
}


def acceptance(schema: Schema | bool) -> Accepts:
    """What says whether a value fits a schema that has its references followed.

    Values are what `read_documents` makes: plain JSON of the plain types. Raises `LookupError` for a keyword that
    nothing is known of; below a field, once a value has the field.
    """
    if isinstance(schema, bool):
        return _anything if schema else _nothing
    rules = [rule for keyword in _ORDER if keyword in schema for rule in [_RULES[keyword](schema[keyword], schema)]]
    if unknown := schema.keys() - _RULES.keys() - _SAYS_NOTHING - _TOGETHER:
        raise LookupError(f"no rule for {sorted(unknown)}")
    return _all([rule for rule in rules if rule is not _anything])


def repeated(values: list[Any]) -> Any | None:
    """The first value that another one before it equals; None when there is none."""
    seen: set[str] = set()
    for value in values:
        key = json.dumps(value, sort_keys=True)
        if key in seen:
            return value
        seen.add(key)
    return None


@lru_cache
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern as ECMAScript means it: Python's `$` also stands before a last line feed."""
    return re.compile(re.sub(r"\$$", r"\\Z", pattern))


def _anything(_: Any) -> bool:
    return True


def _nothing(_: Any) -> bool:
    return False


def _all(rules: Sequence[Accepts]) -> Accepts:
    match rules:
        case []:
            return _anything
        case [only]:
            return only
        case [first, second]:
            return lambda value: first(value) and second(value)
    return lambda value: all(rule(value) for rule in rules)


def _type(limit: str | list[str], _: Schema) -> Accepts:
    names = [limit] if isinstance(limit, str) else limit
    kinds = frozenset(kind for name in names for kind in _TYPES[name])
    if len(kinds) == 1:
        [kind] = kinds
        return lambda value: type(value) is kind
    return lambda value: type(value) in kinds


def _enum(limit: list[Any], _: Schema) -> Accepts:
    if any(isinstance(one, list | dict) for one in limit):
        raise LookupError("no rule for a choice of lists or mappings")
    # True is not 1; 1.0 is.
    known = {(type(one) is bool, one) for one in limit}
    return lambda value: not isinstance(value, list | dict) and (type(value) is bool, value) in known


def _const(limit: Any, schema: Schema) -> Accepts:
    return (lambda value: value == limit) if isinstance(limit, str) else _enum([limit], schema)


def _pattern(limit: Any, _: Schema) -> Accepts:
    """A text, or what searches for the pattern itself."""
    if not isinstance(limit, str):
        return lambda value: type(value) is not str or limit.search(value) is not None
    return lambda value: type(value) is not str or compiled(limit).search(value) is not None


def _of_numbers(fits: Callable[[Any, Any], bool]) -> Callable[[Any, Schema], Accepts]:
    def rule(limit: Any, _: Schema) -> Accepts:
        return lambda value: type(value) not in (int, float) or fits(value, limit)

    return rule


def _of_sizes(kind: type[Any], fits: Callable[[int, int], bool]) -> Callable[[Any, Schema], Accepts]:
    def rule(limit: Any, _: Schema) -> Accepts:
        def accepts(value: Any) -> bool:
            return type(value) is not kind or fits(len(value), limit)

        return accepts

    return rule


def _unique(limit: bool, _: Schema) -> Accepts:
    return (lambda value: type(value) is not list or repeated(value) is None) if limit else _anything


def _items(limit: Schema | bool, _: Schema) -> Accepts:
    item = acceptance(limit)
    if item is _anything:
        return _anything
    return lambda value: type(value) is not list or all(map(item, value))


def _fields(_: Any, schema: Schema) -> Accepts:
    """`properties` and `additionalProperties`, which are one look at each field."""
    rules = _Fields(schema.get("properties", {}), acceptance(schema.get("additionalProperties", True)))

    def accepts(value: Any) -> bool:
        if type(value) is dict:
            for name, item in value.items():
                if not rules[name](item):
                    return False
        return True

    return accepts


class _Fields(dict[str, Accepts]):
    """The rule of each field, made when a value has the field: of a hundred that there are, a document has ten."""

    def __init__(self, schemas: Mapping[str, Schema | bool], other: Accepts) -> None:
        super().__init__()
        self._schemas = schemas
        self._other = other

    def __missing__(self, name: str) -> Accepts:
        if name not in self._schemas:
            return self._other
        rule = self[name] = acceptance(self._schemas[name])
        return rule


def _other_fields(limit: Any, schema: Schema) -> Accepts:
    return _anything if "properties" in schema else _fields(limit, schema)


def _names(limit: Schema | bool, _: Schema) -> Accepts:
    name = acceptance(limit)
    return lambda value: type(value) is not dict or all(map(name, value))


def _required(limit: list[str], _: Schema) -> Accepts:
    needed = frozenset(limit)
    return lambda value: type(value) is not dict or needed <= value.keys()


def _required_beside(limit: Mapping[str, list[str]], _: Schema) -> Accepts:
    pairs = tuple((name, frozenset(needed)) for name, needed in limit.items())
    return lambda value: (
        type(value) is not dict or all(name not in value or needed <= value.keys() for name, needed in pairs)
    )


def _any_of(limit: list[Schema], _: Schema) -> Accepts:
    branches = [acceptance(branch) for branch in limit]
    return lambda value: any(branch(value) for branch in branches)


def _one_of(limit: list[Schema], _: Schema) -> Accepts:
    branches = [acceptance(branch) for branch in limit]
    return lambda value: sum(branch(value) for branch in branches) == 1


def _all_of(limit: list[Schema], _: Schema) -> Accepts:
    return _all([rule for branch in limit if (rule := acceptance(branch)) is not _anything])


def _not(limit: Schema, _: Schema) -> Accepts:
    refused = acceptance(limit)
    return lambda value: not refused(value)


def _if(limit: Schema, schema: Schema) -> Accepts:
    condition = acceptance(limit)
    then, otherwise = acceptance(schema.get("then", True)), acceptance(schema.get("else", True))
    return lambda value: then(value) if condition(value) else otherwise(value)


_RULES: Mapping[str, Callable[[Any, Schema], Accepts]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "pattern": _pattern,
    "minimum": _of_numbers(lambda value, limit: value >= limit),
    "maximum": _of_numbers(lambda value, limit: value <= limit),
    "exclusiveMinimum": _of_numbers(lambda value, limit: value > limit),
    "minLength": _of_sizes(str, lambda size, limit: size >= limit),
    "maxLength": _of_sizes(str, lambda size, limit: size <= limit),
    "minItems": _of_sizes(list, lambda size, limit: size >= limit),
    "maxItems": _of_sizes(list, lambda size, limit: size <= limit),
    "maxProperties": _of_sizes(dict, lambda size, limit: size <= limit),
    "uniqueItems": _unique,
    "required": _required,
    "dependentRequired": _required_beside,
    "properties": _fields,
    "additionalProperties": _other_fields,
    "propertyNames": _names,
    "items": _items,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "allOf": _all_of,
    "not": _not,
    "if": _if,
}
_ORDER = tuple(_RULES)
_TOGETHER = frozenset(("then", "else"))  # read with `if`
