"""Bring a value of the spec language into its fullest form: with the schema's defaults where it says nothing.

A default of null says that there is nothing; such a field is left out, whether null was written or not.
"""

from collections.abc import Mapping
from typing import Any

from fused_spec.spec.checking.acceptance import Schema


def filled(value: Any, schema: Schema) -> Any:
    """`schema` has its references followed. Values that it leaves open (parameters, metadata) stay as they are, and
    every text is plain: in place of a secret stands its name.
    """
    if isinstance(value, dict):
        return _filled(value, schema)
    if isinstance(value, list):
        items = schema.get("items")
        return [filled(one, items if isinstance(items, dict) else {}) for one in value]
    return str(value) if isinstance(value, str) else value


def _filled(value: Mapping[str, Any], schema: Schema) -> dict[str, Any]:
    fields = {**schema.get("properties", {})}
    for branch in schema.get("allOf", ()):
        conditions = branch.get("if", {}).get("properties", {})
        if conditions and all(value.get(name) == one.get("const") for name, one in conditions.items()):
            fields |= branch["then"].get("properties", {})
    found = {}
    for name in dict.fromkeys((*value, *fields)):
        if name not in fields:
            found[name] = filled(value[name], {})
            continue
        inside = value.get(name, fields[name].get("default"))
        if name in value or "default" in fields[name]:
            if inside is None and fields[name].get("default", ...) is None:
                continue
            found[name] = filled(inside, fields[name])
    return found
