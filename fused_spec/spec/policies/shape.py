"""Policies that are JSON Schemas: what of a document does not fit. Nothing is fetched for one.

Patterns are those of CEL, which take no more time than their text is long.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from fused_spec.messages.phrases import cut
from fused_spec.messages.redaction import is_sensitive_name
from fused_spec.spec.policies.expression import Expression, ExpressionError
from fused_spec.spec.policies.policy import Finding

_LONGEST = 200
_MOST = 20


def checked(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema; raises `ExpressionError` for what is none, or leads out of itself."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        where = ".".join(map(str, error.absolute_path))
        why = f"{cut(error.message, _LONGEST)}{f' (at {where})' if where else ''}"
        raise ExpressionError(why, "see https://json-schema.org for how schemas are written") from None
    for word, said in _words(schema):
        if word == "patternProperties":
            raise ExpressionError("there is no patternProperties in policies", "use propertyNames, or an expression")
        if word == "pattern" and isinstance(said, str):
            _matches(said, "")
        if word in ("$ref", "$dynamicRef") and isinstance(said, str) and not _leads_somewhere(schema, said):
            raise ExpressionError(f'there is no "{said}" in the schema', "write it below $defs of this schema")
    return schema


def misfits(schema: Mapping[str, Any], facts: Mapping[str, Any]) -> Iterator[Finding]:
    """What does not fit; of very much the first. Raises `ExpressionError` for a schema that leads to itself."""
    try:
        for count, error in enumerate(_Bounded(schema, registry=Registry()).iter_errors(facts)):
            if count == _MOST:
                return
            inner: ValidationError = best_match([error]) or error
            path = tuple(inner.absolute_path)
            is_secret = any(isinstance(step, str) and is_sensitive_name(step) for step in path)
            yield Finding(path, f"does not fit {inner.validator}" if is_secret else cut(inner.message, _LONGEST))
    except RecursionError:
        raise ExpressionError("its schema leads to itself for ever", "let a reference lead into a part") from None


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not _matches(pattern, value):
        yield ValidationError(f"{value!r} does not match {pattern!r}")


_Bounded: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


@lru_cache
def _matching() -> Expression:
    return Expression("target.text.matches(target.pattern)", ("target",))


def _matches(pattern: str, text: str) -> bool:
    return _matching().holds({"target": {"text": text, "pattern": pattern}})


def _words(node: Any) -> Iterator[tuple[str, Any]]:
    left = [node]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += one.values()
            yield from one.items()
        elif isinstance(one, list):
            left += one


def _leads_somewhere(schema: Mapping[str, Any], reference: str) -> bool:
    resolver = Registry[Any]().with_resource("", DRAFT202012.create_resource(schema)).resolver()
    try:
        resolver.lookup(reference)
    except (Unresolvable, ValueError):
        return False
    return True
