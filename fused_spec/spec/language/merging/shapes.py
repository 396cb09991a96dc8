"""How far two layers are merged: what a schema says of the fields of a document, and nothing of their values."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from fused_spec.spec.checking.schema import complete

_KEYS: Mapping[str, str] = {"steps": "name", "headers": "module_name"}
"""The lists whose items are known by a name, and the field that has it."""


class Shape(NamedTuple):
    """How a value is merged: a mapping by its `fields`, or by name (`others`); a list by the `key` of its items.

    `choice` are the fields of which a stronger layer's take the place of a weaker's, together with those that only go
    with them. A shape without anything is one value.
    """

    fields: Mapping[str, "Shape"] = {}
    others: "Shape | None" = None
    choice: frozenset[str] = frozenset()
    key: str | None = None
    item: "Shape | None" = None

    @property
    def is_mapping(self) -> bool:
        return bool(self.fields) or self.others is not None

    def of(self, name: str) -> "Shape":
        return self.fields.get(name) or self.others or ATOM


ATOM = Shape()


@cache
def shape_of(kind: str) -> Shape:
    """The shape of a whole document of a kind."""
    return _shape(complete(kind), "")


def _shape(schema: Mapping[str, Any], name: str) -> Shape:
    types = schema.get("type", "object" if "properties" in schema else ())
    types = (types,) if isinstance(types, str) else types
    if "array" in types:
        key = _KEYS.get(name)
        items = schema.get("items")
        return Shape(key=key, item=_shape(items, "")) if key and isinstance(items, dict) else ATOM
    if "object" not in types:
        return ATOM
    others = schema.get("additionalProperties")
    if others is True or isinstance(others, dict):
        return Shape(others=ATOM)
    fields = _fields(schema)
    if others is None and "allOf" not in schema:
        return ATOM  # free data, such as metadata
    return Shape(fields={each: _shape(inside, each) for each, inside in fields.items()}, choice=_choice(schema))


def _fields(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of every branch; no field has two shapes."""
    found: dict[str, Any] = {}
    for branch in (schema, *(one["then"] for one in schema.get("allOf", ()) if "then" in one)):
        for name, inside in branch.get("properties", {}).items():
            if len(inside) > len(found.get(name, ())):
                found[name] = inside
    return found


def _choice(schema: Mapping[str, Any]) -> frozenset[str]:
    alone = [name for branch in schema.get("oneOf", ()) for name in branch.get("required", ())]
    with_them = [name for name, needed in schema.get("dependentRequired", {}).items() if set(needed) & set(alone)]
    return frozenset((*alone, *with_them))
