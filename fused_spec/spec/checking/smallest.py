"""Bring a value of the spec language into its smallest form: without what equals the schema's own defaults."""

from collections.abc import Mapping
from typing import Any

from fused_spec.spec.checking.acceptance import Schema


def smallest(value: Any, schema: Schema) -> Any:
    """The value without its defaults, at every level that the schema describes.

    `schema` has its references followed. Values that it leaves open (parameters, metadata) stay as they are.
    """
    if isinstance(value, dict):
        return _smallest_mapping(value, schema)
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        return [smallest(item, schema["items"]) for item in value]
    if isinstance(value, float) and value.is_integer() and "number" in _types(schema):
        return int(value)  # 2.0 and 2 are one number to whoever reads the field
    return value


def _smallest_mapping(value: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    fields = _fields(value, schema)
    kept: dict[str, Any] = {}
    for name, inside in value.items():
        field = fields.get(name, {})
        reduced = smallest(inside, field) if field else inside
        if "default" not in field or not _same(reduced, smallest(field["default"], _plain(field))):
            kept[name] = reduced
    return kept


def _fields(value: Mapping[str, Any], schema: Schema) -> Mapping[str, Schema]:
    """The fields of a mapping, those of the branch included that its own `type` chooses."""
    fields = dict(schema.get("properties", {}))
    for branch in schema.get("allOf", ()):
        conditions = branch["if"]["properties"]
        if all(value.get(name) == condition["const"] for name, condition in conditions.items()):
            fields.update(branch["then"].get("properties", {}))
    return fields


def _plain(field: Schema) -> Schema:
    """The field without its own default, to reduce that default by."""
    return {name: part for name, part in field.items() if name != "default"}


def _same(left: Any, right: Any) -> bool:
    """Equality in JSON's sense: true is not 1."""
    return type(left) is type(right) and bool(left == right)


def _types(schema: Schema) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else list(types)
