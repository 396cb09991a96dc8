"""Where a tree breaks its schema, as values: one for each fault, at the place where a person would mend it.

jsonschema finds the faults; here a choice between alternatives is narrowed to the one that was meant, and
what comes in a bundle (several unknown fields) is taken apart. Nothing here has words for people.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from itertools import islice
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from msgspec import Struct

from fused_spec.messages.diagnostics import nearest
from fused_spec.spec.checking.acceptance import Schema, compiled, repeated
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.files.limits import MAX_FAULTS, MAX_PROBLEMS


class Fault(StrEnum):
    """What is wrong, whatever JSON Schema's keyword for it."""

    TYPE = "type"
    CHOICE = "choice"
    PATTERN = "pattern"
    RANGE = "range"
    TOO_SHORT = "too short"
    TOO_LONG = "too long"
    REPEATED = "repeated"
    UNKNOWN_FIELD = "unknown field"
    MISSING_FIELD = "missing field"
    RESERVED_FIELD = "reserved field"
    FIELD_NAME = "field name"
    EXACTLY_ONE = "exactly one"


class Violation(Struct, frozen=True, kw_only=True):
    """One fault: `value` breaks `limit` of `schema`; for a fault of a field, `value` is the mapping around it."""

    fault: Fault
    pointer: Pointer
    value: Any
    limit: Any
    schema: Schema


_FAULTS = {
    "type": Fault.TYPE,
    "anyOf": Fault.TYPE,
    "enum": Fault.CHOICE,
    "const": Fault.CHOICE,
    "pattern": Fault.PATTERN,
    "minimum": Fault.RANGE,
    "maximum": Fault.RANGE,
    "exclusiveMinimum": Fault.RANGE,
    "minItems": Fault.TOO_SHORT,
    "minLength": Fault.TOO_SHORT,
    "maxItems": Fault.TOO_LONG,
    "maxLength": Fault.TOO_LONG,
    "maxProperties": Fault.TOO_LONG,
    "uniqueItems": Fault.REPEATED,
}
_OF_FIELDS = {Fault.UNKNOWN_FIELD, Fault.MISSING_FIELD, Fault.EXACTLY_ONE}


def validator_for(schema: Schema) -> Validator:
    """A validator, stricter than JSON Schema in two ways: 5.0 is no whole number, and a pattern's `$` is the end.

    It looks for `MAX_FAULTS` faults in one list or mapping, which may have millions of members.
    With a schema whose references are followed none is looked up during validation, which halves its time.
    """
    validator: Validator = _Validator(schema)
    return validator


def violations(validator: Validator, tree: Any) -> list[Violation]:
    """Every fault of the tree, at most one for a plain value."""
    found: dict[tuple[Pointer, bool], Violation] = {}
    for violation in _violations(validator.iter_errors(tree)):
        of_field = violation.fault in _OF_FIELDS
        place = (violation.pointer, of_field)
        # A value of the wrong type breaks the rules for the right one as well.
        if place not in found or violation.fault is Fault.TYPE:
            found[place] = violation
    return _without_consequences(list(found.values()))


def _is_whole(_: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(_: Validator, pattern: str, value: Any, __: Mapping[str, Any]) -> Iterator[ValidationError]:
    if isinstance(value, str) and not compiled(pattern).search(value):
        yield ValidationError("pattern")


def _unique(_: Validator, unique: bool, value: Any, __: Mapping[str, Any]) -> Iterator[ValidationError]:
    # jsonschema's own compares each mapping with each other one.
    if unique and isinstance(value, list) and repeated(value) is not None:
        yield ValidationError("repeated")


Check = Callable[[Validator, Any, Any, Any], Iterable[ValidationError]]


def _bounded(keyword: str) -> Check:
    check: Check = Draft202012Validator.VALIDATORS[keyword]

    def some(validator: Validator, limit: Any, value: Any, schema: Any) -> Iterable[ValidationError]:
        return islice(check(validator, limit, value, schema) or (), MAX_FAULTS)

    return some


_Validator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators={
        "pattern": _pattern,
        "uniqueItems": _unique,
        **{name: _bounded(name) for name in ("items", "propertyNames", "additionalProperties")},
    },
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_whole),
)


def _violations(errors: Iterable[ValidationError]) -> Iterator[Violation]:
    for error in errors:
        if error.validator == "anyOf" and (meant := _branch_meant(error)):
            yield from _violations(meant)
        else:
            yield from _taken_apart(error)


def _branch_meant(error: ValidationError) -> list[ValidationError]:
    """The faults in the one alternative whose type fits the value; none when several or no types fit."""
    branches: dict[Any, list[ValidationError]] = {}
    for fault in error.context or ():
        branches.setdefault(fault.relative_schema_path[0], []).append(fault)
    fitting = [faults for faults in branches.values() if not any(_is_wrong_type(fault) for fault in faults)]
    return fitting[0] if len(fitting) == 1 else []


def _is_wrong_type(fault: ValidationError) -> bool:
    return fault.validator == "type" and not fault.relative_path


def _taken_apart(error: ValidationError) -> Iterator[Violation]:
    pointer: Pointer = tuple(error.absolute_path)
    value: Any = error.instance
    limit: Any = error.validator_value
    schema: Any = error.schema

    def violation(fault: Fault, at: Pointer = pointer) -> Violation:
        return Violation(fault=fault, pointer=at, value=value, limit=limit, schema=schema)

    if "propertyNames" in error.relative_schema_path:
        yield violation(Fault.FIELD_NAME, (*pointer, value))
    elif error.validator == "not":  # `not: {}`, of a name that is taken
        yield violation(Fault.RESERVED_FIELD)
    elif error.validator == "additionalProperties":
        for name in value.keys() - schema.get("properties", {}).keys():
            yield violation(Fault.UNKNOWN_FIELD, (*pointer, name))
    elif error.validator in ("required", "dependentRequired"):
        needed = limit if error.validator == "required" else [name for names in limit.values() for name in names]
        for name in (name for name in needed if name not in value):
            yield violation(Fault.MISSING_FIELD, (*pointer, name))
    elif error.validator == "oneOf":
        if isinstance(value, dict):  # `required` holds of anything else
            yield violation(Fault.EXACTLY_ONE)
    else:
        yield violation(_FAULTS[str(error.validator)])


def _without_consequences(found: list[Violation]) -> list[Violation]:
    """Leave out a missing field that is there misspelt, or that is one of a choice: one slip, one fault."""
    missing = {fault.pointer for fault in found if fault.fault is Fault.MISSING_FIELD}
    unknown = [fault for fault in found if fault.fault is Fault.UNKNOWN_FIELD] if missing else []
    meant = {
        (*fault.pointer[:-1], _field_meant(str(fault.pointer[-1]), list(fault.schema["properties"])))
        for fault in unknown[:MAX_PROBLEMS]
    } | {
        (*fault.pointer, branch["required"][0])
        for fault in found
        if fault.fault is Fault.EXACTLY_ONE
        for branch in fault.limit
    }
    return [fault for fault in found if fault.fault is not Fault.MISSING_FIELD or fault.pointer not in meant]


def _field_meant(name: str, known: list[str]) -> str | None:
    return known[0] if len(known) == 1 else nearest(name, known)
