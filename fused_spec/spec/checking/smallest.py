"""Bring a value of the spec language into its smallest form: without what equals the schema's own defaults."""

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from fused_spec.spec.checking.acceptance import Schema

Reduce = Callable[[Any], Any]


def reduction(schema: Schema) -> Reduce:
    """What takes a value's defaults away, at every level that the schema describes.

    `schema` has its references followed. Values that it leaves open (parameters, metadata) stay as they are.
    """
    fields = _Fields(schema)
    items = schema.get("items")
    item = reduction(items) if isinstance(items, dict) else None
    takes_numbers = "number" in _types(schema)

    def reduce(value: Any) -> Any:
        if isinstance(value, dict):
            return fields.reduced(value)
        if isinstance(value, list) and item is not None:
            return [item(one) for one in value]
        if isinstance(value, float) and value.is_integer() and takes_numbers:
            return int(value)  # 2.0 and 2 are one number to whoever reads the field
        return value

    return reduce


class _Field(Struct, frozen=True):
    reduce: Reduce
    has_default: bool
    default: Any


class _Fields:
    """The fields of a mapping, those of the branches included that its own `type` chooses."""

    def __init__(self, schema: Schema) -> None:
        self._always = _read(schema.get("properties", {}))
        self._branches = [
            (
                tuple((name, condition["const"]) for name, condition in branch["if"]["properties"].items()),
                _read(branch["then"].get("properties", {})),
            )
            for branch in schema.get("allOf", ())
        ]

    def reduced(self, value: Mapping[str, Any]) -> dict[str, Any]:
        fields = self._always
        for conditions, more in self._branches:
            if all(value.get(name) == wanted for name, wanted in conditions):
                fields = {**fields, **more}
        kept: dict[str, Any] = {}
        for name, inside in value.items():
            field = fields.get(name)
            if field is None:
                kept[name] = inside
                continue
            reduced = field.reduce(inside)
            if not (field.has_default and _same(reduced, field.default)):
                kept[name] = reduced
        return kept


def _read(fields: Mapping[str, Schema]) -> dict[str, _Field]:
    found: dict[str, _Field] = {}
    for name, schema in fields.items():
        reduce = reduction(schema)
        has_default = "default" in schema
        found[name] = _Field(reduce, has_default, reduce(schema["default"]) if has_default else None)
    return found


def _same(left: Any, right: Any) -> bool:
    """Equality in JSON's sense: true is not 1."""
    return type(left) is type(right) and bool(left == right)


def _types(schema: Schema) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)
