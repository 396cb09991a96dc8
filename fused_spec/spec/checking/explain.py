"""Say in plain words what is wrong with a value or a field, and what was probably meant.

Values are spelt as in YAML, cut when long, and never shown when they may be secrets.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import takewhile
from typing import Any

from msgspec import Struct

from fused_spec.messages.diagnostics import Diagnostic, guess, nearest
from fused_spec.spec.checking.acceptance import repeated
from fused_spec.spec.checking.violations import Fault, Violation
from fused_spec.spec.documents.characters import character_name
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer, dotted
from fused_spec.spec.documents.scalars import Doubt
from fused_spec.spec.documents.wording import either, spelt

Homes = Mapping[str, Mapping[str, list[str]]]
"""For each kind, where its fields belong (see `homes.homes`)."""

_NOUNS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_NOUN_FIELDS = {"apiVersion", "kind", "type", "instance_type"}
_AT_THE_KEY = {Fault.UNKNOWN_FIELD, Fault.RESERVED_FIELD, Fault.FIELD_NAME}


class _Words(Struct, frozen=True):
    code: str
    message: str
    hint: str | None = None


def explain(violation: Violation, document: Document, homes: Homes) -> Diagnostic:
    """The diagnostic for one violation."""
    words = _WORDS[violation.fault](violation, homes)
    positions, pointer = document.positions, violation.pointer
    if violation.fault is Fault.MISSING_FIELD:
        place = positions.key(pointer[:-1])
    else:
        place = positions.key(pointer) if violation.fault in _AT_THE_KEY else positions.value(pointer)
    return Diagnostic(code=words.code, message=words.message, location=place, pointer=dotted(pointer), hint=words.hint)


def explain_doubt(pointer: Pointer, doubt: Doubt, document: Document) -> Diagnostic:
    """The diagnostic for a scalar that may not stand unquoted."""
    text = spelt(doubt.text, pointer).strip('"')
    return Diagnostic(
        code=doubt.code,
        message=f"{text} {doubt.why}",
        location=document.positions.value(pointer),
        pointer=dotted(pointer),
        hint=doubt.hint,
    )


def _type(violation: Violation, _: Homes) -> _Words:
    wanted, value = _types(violation.limit), violation.value
    expected = either(_NOUNS[name] for name in wanted)
    message = f"{_label(violation.pointer)} takes {expected}, not {_described(value, violation.pointer)}"
    hint = violation.schema.get("errorMessage") or _type_hint(wanted, value, violation.schema)
    return _Words("wrong-type", message, hint)


def _types(limit: Any) -> list[str]:
    """The types that a `type`, or the branches of an `anyOf`, allow; null goes without saying."""
    if isinstance(limit, str):
        return [limit]
    names = [name for item in limit for name in (_types(item["type"]) if isinstance(item, dict) else [item])]
    return [name for name in dict.fromkeys(names) if name != "null"]


def _described(value: Any, pointer: Pointer) -> str:
    if isinstance(value, str):
        return f"the text {spelt(value, pointer)}"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"the number {spelt(value, pointer)}" if number else spelt(value, pointer)


def _type_hint(wanted: list[str], value: Any, schema: Mapping[str, Any]) -> str | None:
    if value is None:
        return "give a value, or remove the field"
    if "string" in wanted and isinstance(value, int | float):
        fits = re.search(schema.get("pattern", ""), str(value))
        return "put it in quotes" if fits else schema.get("patternErrorMessage")
    if isinstance(value, str) and {"integer", "number"} & set(wanted):
        digits = re.match(r"\d+", value)
        return f"write the number alone, without quotes: {digits[0][:20]}" if digits else "write a number"
    if isinstance(value, float):
        return f"write {value:.0f}"
    if {"integer", "number"} & set(wanted):
        return "write a number"
    if wanted == ["boolean"]:
        return "write true or false, without quotes"
    if wanted == ["array"]:
        return "start each item on its own line with a hyphen, or write [a, b]"
    if isinstance(value, str) and re.match(r"[\w-]+:\S", value):
        return "put a space after the colon"
    if wanted == ["string"]:
        return "write text"
    return "write fields as name: value" if wanted == ["object"] else None


def _choice(violation: Violation, _: Homes) -> _Words:
    limit = violation.limit if isinstance(violation.limit, list) else [violation.limit]
    choices = [choice for choice in limit if choice is not None]
    field, value = violation.pointer[-1], spelt(violation.value, violation.pointer)
    message = f"unknown {field} {value}" if field in _NOUN_FIELDS else f'"{field}" cannot be {value}'
    code = {"kind": "unknown-kind", "apiVersion": "unknown-version"}.get(dotted(violation.pointer), "not-in-list")
    meant = nearest(str(violation.value), choices)
    if field == "apiVersion":
        hint = f"this fused-spec reads {choices[0]}; a later version needs a later fused-spec"
    elif meant:
        hint = guess(str(violation.value), meant)
    elif len(choices) <= 8:
        hint = f"write {either(choices)}"
    else:
        alike = sorted(choices, key=lambda choice: -_shared(choice, str(violation.value)))
        hint = f"one of {', '.join(alike[:4])} … ({len(choices)} in all; fused-spec schema lists them)"
    return _Words(code, message, hint)


def _shared(one: str, other: str) -> int:
    """How many letters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _pattern(violation: Violation, _: Homes) -> _Words:
    text = violation.value
    message = f"{spelt(text, violation.pointer)} does not fit {_label(violation.pointer)}"
    strange = next((character for character in text if not character.isascii()), None)
    if strange is not None:
        message += f": it holds {character_name(strange)}"
    return _Words("bad-format", message, violation.schema.get("patternErrorMessage"))


def _range(violation: Violation, _: Homes) -> _Words:
    schema, value = violation.schema, violation.value
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        hint = f"write a number from {low} to {high}"
    elif low is not None:
        hint = f"write {low} or more"
    else:
        hint = f"write more than {schema['exclusiveMinimum']}"
    message = f"{_label(violation.pointer)} cannot be {spelt(value, violation.pointer)}"
    return _Words("out-of-range", message, hint)


def _too_short(violation: Violation, _: Homes) -> _Words:
    if not violation.value:
        hint = "give at least one item" if isinstance(violation.value, list) else "give a value, or remove the field"
        return _Words("empty", f"{_label(violation.pointer)} is empty", hint)
    size = len(violation.value)
    message = f"{_label(violation.pointer)} has {size} of {violation.limit} items"
    if isinstance(violation.value, str):
        message = f"{_label(violation.pointer)} has {size} characters, and {violation.limit} is the least"
    return _Words("too-short", message, violation.schema.get("errorMessage"))


def _too_long(violation: Violation, _: Homes) -> _Words:
    unit = "characters" if isinstance(violation.value, str) else "items"
    size = f"{len(violation.value):,} {unit}"
    message = f"{_label(violation.pointer)} has {size}, and {violation.limit:,} is the most"
    return _Words("too-long", message, violation.schema.get("errorMessage"))


def _repeated(violation: Violation, _: Homes) -> _Words:
    name = spelt(repeated(violation.value))
    return _Words("repeated-item", f"{_label(violation.pointer)} names {name} twice", "name it once")


def _unknown_field(violation: Violation, homes: Homes) -> _Words:
    name = str(violation.pointer[-1])
    known = list(violation.schema["properties"])
    hint = violation.schema.get("unknownFieldMessage") or _field_hint(name, known, violation.pointer, homes)
    return _Words("unknown-field", f"unknown field {spelt(name)}", hint)


def _field_hint(name: str, known: list[str], pointer: Pointer, homes: Homes) -> str:
    meant = nearest(name, known)
    slip = meant is not None and meant.lower().replace("_", "") == name.lower().replace("_", "").replace("-", "")
    here, *others = homes
    if not slip:
        if name in homes[here]:
            return f"it belongs in {either(home or 'the top level' for home in homes[here][name][:2])}"
        elsewhere = [kind for kind in others if name in homes[kind]]
        if elsewhere and meant is None:
            return f"it is a field of {either(elsewhere)}, and this is a {here}"
    if meant:
        return guess(name, meant)
    if len(known) > 12:
        return "remove it"
    return f"the fields here are {either(known, 'and')}" if len(known) > 1 else f"the only field here is {known[0]}"


def _missing_field(violation: Violation, _: Homes) -> _Words:
    name, parent = str(violation.pointer[-1]), dotted(violation.pointer[:-1])
    message = f'missing field "{name}"' + (f" in {parent}" if parent else "")
    fields = violation.schema.get("properties", {})
    if given := nearest(name, violation.value.keys() - fields.keys()):
        return _Words("missing-field", message, f'is "{given}" meant to be "{name}"?')
    schema = fields.get(name, {})
    examples: Iterable[Any] = [schema["const"]] if "const" in schema else schema.get("examples", schema.get("enum", ()))
    example = next((spelt(example) for example in examples if len(spelt(example)) < 60), None)
    return _Words("missing-field", message, f"add {name}: {_unquoted(example)}" if example else f"add {name}:")


def _reserved_field(violation: Violation, _: Homes) -> _Words:
    return _Words("reserved-name", f"{_label(violation.pointer)} is reserved", "remove it, or choose another name")


def _field_name(violation: Violation, _: Homes) -> _Words:
    message = f"{spelt(violation.value)} is no name for an entry of {_label(violation.pointer[:-1])}"
    return _Words("bad-name", message, violation.schema.get("patternErrorMessage"))


def _exactly_one(violation: Violation, _: Homes) -> _Words:
    names = [branch["required"][0] for branch in violation.limit]
    given = [name for name in names if name in violation.value]
    if given:
        quoted = either((f'"{name}"' for name in given), "and")
        return _Words("exactly-one", f"{quoted} exclude each other", f"keep {either(given)}")
    return _Words("exactly-one", f"{_label(violation.pointer)} needs one of {either(names)}", f"add {either(names)}")


_WORDS: dict[Fault, Callable[[Violation, Homes], _Words]] = {
    Fault.TYPE: _type,
    Fault.CHOICE: _choice,
    Fault.PATTERN: _pattern,
    Fault.RANGE: _range,
    Fault.TOO_SHORT: _too_short,
    Fault.TOO_LONG: _too_long,
    Fault.REPEATED: _repeated,
    Fault.UNKNOWN_FIELD: _unknown_field,
    Fault.MISSING_FIELD: _missing_field,
    Fault.RESERVED_FIELD: _reserved_field,
    Fault.FIELD_NAME: _field_name,
    Fault.EXACTLY_ONE: _exactly_one,
}


def _label(pointer: Pointer) -> str:
    """What a value is called in a sentence: its field, or its number in the list."""
    match pointer:
        case ():
            return "the document"
        case (*_, str(name), int(index)):
            return f'item {index + 1} of "{name}"'
        case (*_, int(outer), int(index)):
            return f"item {index + 1} of item {outer + 1}"
        case _:
            return f'"{str(pointer[-1])[:60]}"'


def _unquoted(example: str) -> str:
    return example.strip('"') if re.fullmatch(r'"[A-Za-z][\w./:-]*"', example) else example
