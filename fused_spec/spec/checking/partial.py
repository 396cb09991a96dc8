"""The schema of a part of a document: the same fields and values, but nothing is required.

Defaults, fragments and overrides are such parts. Where a text names a value (`${…}`), what it becomes is checked later,
in the document that it becomes part of.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.checking.acceptance import Accepts, Schema, acceptance
from fused_spec.spec.checking.schema import complete
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer

_WHOLE = frozenset({"required", "oneOf", "dependentRequired", "minItems"})
_LISTS_BY_NAME = ("steps", "headers")


def part_problems(document: Document, kind: str, at: Pointer, is_open: Callable[[str], bool]) -> list[Diagnostic]:
    """What is wrong with a part of the kind's document that stands at `at` in it; `is_open` texts are not looked at."""
    tree = _closed(document.tree, is_open)
    schema = part(kind, at)
    if not document.doubts and _acceptance(kind, at)(tree):
        return []
    from fused_spec.spec.checking.problems import problems_of  # with jsonschema, which only who has problems waits for

    return [one for one in problems_of(document, schema, kind) if not _is_open_at(document.tree, one.pointer, is_open)]


@cache
def part(kind: str, at: Pointer) -> Schema:
    """The schema of the part of a kind's document at a pointer."""
    schema: Any = complete(kind)
    for step in at:
        if isinstance(step, int):
            schema = schema["items"]
        elif step in schema.get("properties", {}):
            schema = schema["properties"][step]
        else:  # the branch of a step's type
            schema = next(one["then"] for one in schema["allOf"] if one["if"]["properties"]["type"]["const"] == step)
    partial: Schema = partial_of(schema)
    return partial


@cache
def _acceptance(kind: str, at: Pointer) -> Accepts:
    return acceptance(part(kind, at))


def partial_of(node: Any, name: str = "") -> Any:
    """The schema of a part of what this is the schema of; `name` is that of the field, where it is one."""
    if isinstance(node, list):
        return [partial_of(one) for one in node]
    if not isinstance(node, dict):
        return node
    made = {
        key: value if key in ("if", "default", "examples", "enum") else _inside(key, value)
        for key, value in node.items()
        if key not in _WHOLE
    }
    if "properties" in made and _is_mapping(made):
        made["properties"] = {**made["properties"], "$replace": {"const": True, "description": _REPLACE}}
    if name in _LISTS_BY_NAME and "items" in made:
        made |= {"type": ["array", "object"], "additionalProperties": made["items"]}
    return made


_REPLACE = "This takes the place of what weaker layers say, instead of being merged with it."


def _inside(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: partial_of(one, name) for name, one in value.items()}
    return partial_of(value)


def _is_mapping(node: Mapping[str, Any]) -> bool:
    types = node.get("type", "object")
    return types == "object" or (isinstance(types, list) and "object" in types)


def _closed(tree: Any, is_open: Callable[[str], bool]) -> Any:
    """The tree without its open texts."""
    if isinstance(tree, dict):
        return {
            name: _closed(value, is_open)
            for name, value in tree.items()
            if not (isinstance(value, str) and is_open(value))
        }
    if isinstance(tree, list):
        return [_closed(value, is_open) for value in tree if not (isinstance(value, str) and is_open(value))]
    return tree


def _is_open_at(tree: Any, pointer: str, is_open: Callable[[str], bool]) -> bool:
    for step in pointer.split(".") if pointer else ():
        if isinstance(tree, dict) and step in tree:
            tree = tree[step]
        elif isinstance(tree, list) and step.isdecimal() and int(step) < len(tree):
            tree = tree[int(step)]
        else:
            return False
    return isinstance(tree, str) and is_open(tree)
