"""Variables: what is declared of each, and whether a value fits that."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fused_spec.spec.checking.acceptance import Schema, acceptance
from fused_spec.spec.documents.positions import Place, Pointer
from fused_spec.spec.documents.wording import either, spelt
from fused_spec.spec.inputs.element_list import BadElements
from fused_spec.spec.inputs.elements_json import json_value
from fused_spec.spec.language.merging.layer import Layer
from fused_spec.spec.language.project.patterns import pattern_of

TYPES: Mapping[str, tuple[str, Any]] = {
    "string": ("text", ""),
    "number": ("a number", 0),
    "boolean": ("true or false", False),
    "list": ("a list", []),
    "object": ("a mapping", {}),
}
"""What a value of each type is called, and one that stands where the real one is not known."""

_JSON_TYPES = {"list": "array"}


class Variable(NamedTuple):
    """A declared variable: its name, what it was declared as, and where.

    `origin` is the file that declares it. `default` is None where a value has to be given.
    """

    name: str
    declared: Mapping[str, Any]
    place: Place
    origin: str
    default: Layer | None = None

    @property
    def type(self) -> str:
        return str(self.declared["type"])

    @property
    def is_volatile(self) -> bool:
        return self.declared.get("volatile") is True

    def where(self) -> str:
        mark = self.place[0]
        return f"{getattr(mark, 'path', self.origin)}:{mark.line + 1}:{mark.column + 1}"


class Given(NamedTuple):
    """A value of a variable, where it stands, and what gave it: `targets.prod`, `--var`, `default`."""

    value: Any
    place: Place
    source: str


def schema_of(declared: Mapping[str, Any], pattern: Callable[[str], Any] = str) -> Schema:
    """What a value of a variable, of a field or of an item has to fit, as a JSON Schema.

    `pattern` makes of each pattern what stands there; without it, its text does.
    """
    kind = declared.get("type", "string")
    found: dict[str, Any] = {"type": _JSON_TYPES.get(kind, kind)}
    found |= {name: declared[name] for name in ("enum", "minimum", "maximum") if name in declared}
    if "pattern" in declared and pattern_of(declared["pattern"]) is not None:
        found["pattern"] = pattern(declared["pattern"])
    if kind == "list" and "items" in declared:
        found["items"] = schema_of(declared["items"], pattern)
    if kind == "object" and "fields" in declared:
        fields = declared["fields"]
        found |= {
            "properties": {name: schema_of(field, pattern) for name, field in fields.items()},
            "required": [name for name, field in fields.items() if "default" not in field],
            "additionalProperties": False,
        }
    return found


def with_defaults(value: Any, declared: Mapping[str, Any]) -> Any:
    """A mapping with the defaults of the fields that it leaves out."""
    if declared.get("type") != "object" or not isinstance(value, dict):
        return value
    fields = declared.get("fields", {})
    missing = {name: field["default"] for name, field in fields.items() if "default" in field and name not in value}
    return {**value, **missing} if missing else value


class Misfit(NamedTuple):
    """Why a value does not fit, and in which part of it."""

    pointer: Pointer
    message: str
    code: str


def misfit(value: Any, declared: Mapping[str, Any], name: str) -> Misfit | None:
    """Why a value does not fit; `name` is what the variable is called in the sentence."""
    schema = schema_of(declared, pattern_of)
    return None if acceptance(schema)(value) else _misfit(value, schema, name, ())


def from_text(text: str, variable: Variable) -> Any:
    """The value that a flag or the environment gives, read by the declared type and never as YAML.

    Raises `ValueError` with what was expected.
    """
    noun, _ = TYPES[variable.type]
    if variable.type == "string":
        return text
    if variable.type == "boolean":
        if text not in ("true", "false"):
            raise ValueError(noun)
        return text == "true"
    try:
        value = json_value(text)
    except BadElements:
        raise ValueError(f"{noun}, as JSON" if variable.type != "number" else noun) from None
    wanted = {"number": (int, float), "list": (list,), "object": (dict,)}[variable.type]
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise ValueError(f"{noun}, as JSON" if variable.type != "number" else noun)
    return value


def _misfit(value: Any, schema: Schema, name: str, pointer: Pointer) -> Misfit | None:
    kind = schema["type"]
    noun = next(said for each, (said, _) in TYPES.items() if _JSON_TYPES.get(each, each) == kind)
    if not acceptance({"type": kind})(value):
        return Misfit(pointer, f"{name} is {noun}, and this is {_said(value)}", "variable-misfit")
    if not acceptance({key: schema[key] for key in ("enum",) if key in schema})(value):
        message = f"{name} is one of {', '.join(map(str, schema['enum']))}, and this is {spelt(value, (name,))}"
        return Misfit(pointer, message, "variable-not-allowed")
    if isinstance(value, str) and "pattern" in schema and not schema["pattern"].search(value):
        message = f"{name} must match {schema['pattern']}, and {spelt(value, (name,))} does not"
        return Misfit(pointer, message, "variable-not-allowed")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Misfit(pointer, f"{name} is {_bounds(schema)}, and this is {value}", "variable-not-allowed")
    if isinstance(value, list):
        items = ((index, one) for index, one in enumerate(value) if not acceptance(schema["items"])(one))
        index, one = next(items)
        return _misfit(one, schema["items"], f"{name}[{index}]", (*pointer, index))
    if missing := [each for each in schema.get("required", ()) if each not in value]:
        quoted = either((f'"{each}"' for each in missing), "and")
        message = f"{name} is one value, and {quoted} {'is' if len(missing) == 1 else 'are'} missing in it"
        return Misfit(pointer, message, "variable-fields")
    fields = schema.get("properties", {})
    for each, one in value.items():
        if each not in fields:
            message = f'{name} has no field "{each}"; its fields are {either(fields, "and")}'
            return Misfit((*pointer, each), message, "variable-fields")
        if not acceptance(fields[each])(one):
            return _misfit(one, fields[each], f"{name}.{each}", (*pointer, each))
    return None


def _said(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    return f"the text {spelt(value)}" if isinstance(value, str) else spelt(value)


def _bounds(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"from {low} to {high}"
    return f"at least {low}" if low is not None else f"at most {high}"


def is_name(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", text) is not None
