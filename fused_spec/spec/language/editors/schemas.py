"""The schema of a kind as an editor needs it, for any project or for one.

Its definitions are those of plain documents with their fields opened, and once more as parts, which need not be whole:
`part.jobSpec` is what a fragment, a default or an override may say of a job.
"""

import json
from collections.abc import Mapping
from typing import Any

from fused_spec.spec.checking.partial import partial_of
from fused_spec.spec.checking.schema import FRAGMENT, INCLUDED, PROJECT, SPEC_KINDS, schema, whole_schema
from fused_spec.spec.language.editors.fields import Fields
from fused_spec.spec.language.editors.interpolation import Schema
from fused_spec.spec.language.editors.names import Names
from fused_spec.spec.language.project.variable import schema_of

_PART = "part."
_SPECS = {"Job": "jobSpec", "Udf": "udfSpec", "UdfAccessToken": "tokenSpec"}
_STEPS = {
    "udf": "udfStep",
    "partition_geospatial": "partitionGeospatialStep",
    "partition_nongeospatial": "partitionNongeospatialStep",
}
_MATCHED = {"Job": "job", "Udf": "udf", "UdfAccessToken": "token"}
_FIELDS_OF = "Fields of spec, as the documents have them that this becomes part of."


def editor_schema(kind: str | None, names: Names | None = None) -> Schema:
    """The schema of a kind, or without one of every kind that a spec may have; with the names of a project."""
    specs = _specs(names)
    if kind in (PROJECT, INCLUDED):
        return _project(kind, specs, names)
    root = {key: value for key, value in whole_schema().items() if key != "$defs"} if kind is None else {}
    if kind is not None:
        root = {"$schema": whole_schema()["$schema"], "$id": f"{schema(kind)['$id']}:editor", **specs[kind]}
    else:
        root["$id"] = f"{root['$id']}:editor"
    return {**root, "$defs": _needed(root, specs)}


def editor_schema_text(kind: str | None, names: Names | None = None) -> str:
    return json.dumps(editor_schema(kind, names), indent=2, ensure_ascii=False) + "\n"


def _specs(names: Names | None) -> dict[str, Schema]:
    """All definitions: opened, and as parts."""
    plain: Mapping[str, Any] = whole_schema()["$defs"]
    fields = Fields(plain, names)
    found = {name: fields.opened(one, name) for name, one in plain.items() if name not in ("use", "name")}
    found |= {"name": plain["name"], "use": _use(plain["use"], names)}
    parts = {name: _renamed(partial_of(one)) for name, one in plain.items()}
    fields_of_parts = Fields({_PART + name: one for name, one in parts.items()}, names)
    for name, one in parts.items():
        found[_PART + name] = fields_of_parts.opened(one, name)
    found[FRAGMENT]["properties"]["spec"] = _any_spec()
    if names is not None:
        for name in ("metadata", f"{_PART}metadata"):
            found[name] = _with_targets(found[name], names)
    return {**found, **fields.made, **fields_of_parts.made}


def _renamed(node: Any) -> Any:
    """A part, which refers to parts."""
    if isinstance(node, list):
        return [_renamed(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: value.replace("#/$defs/", f"#/$defs/{_PART}") if key == "$ref" else _renamed(value)
        for key, value in node.items()
    }


def _ref(name: str, description: str = "") -> Schema:
    return {"$ref": f"#/$defs/{name}", **({"description": description} if description else {})}


def _any_spec() -> Schema:
    return {"description": _FIELDS_OF, "anyOf": [_ref(_PART + name) for name in _SPECS.values()]}


def _use(plain: Schema, names: Names | None) -> Schema:
    if names is None or not names.fragments:
        return plain
    known = {
        "description": plain["items"]["description"],
        "enum": list(names.fragments),
        "markdownEnumDescriptions": list(names.fragments.values()),
        "errorMessage": f"no fragment is named this; known: {', '.join(names.fragments)}",
    }
    return {**plain, "items": known}


def _with_targets(metadata: Schema, names: Names) -> Schema:
    known = {"enum": names.all_targets, "errorMessage": f"no target is named this; known: {_said(names.all_targets)}"}
    targets = metadata["properties"]["targets"]
    excepted = targets["properties"]["except"]
    excepted = {**excepted, "items": {**excepted["items"], **known}}
    inside = {**targets["properties"], "except": excepted}
    targets = {**targets, "items": {**targets["items"], **known}, "properties": inside}
    return {**metadata, "properties": {**metadata["properties"], "targets": targets}}


def _said(names: list[str]) -> str:
    return ", ".join(names)


def _project(kind: str, specs: Mapping[str, Schema], names: Names | None) -> Schema:
    plain: Schema = json.loads(json.dumps(schema(kind)))
    plain["$id"] = f"{plain['$id']}:editor"
    defaults = plain["$defs"]["defaults"]["properties"]
    for each, spec in _SPECS.items():
        _put(defaults[each]["properties"], each, spec)
    for step, name in _STEPS.items():
        of_type = defaults["steps"]["properties"][step]
        defaults["steps"]["properties"][step] = _ref(_PART + name, of_type["description"])
    if "targets" in plain["properties"]:
        _open_targets(plain["properties"], names)
    root = {key: value for key, value in plain.items() if key != "$defs"}
    own = plain["$defs"]
    return {**root, "$defs": {**own, **_needed([root, own], {**specs, **own})}}


def _put(properties: dict[str, Schema], kind: str, spec: str) -> None:
    said = properties["spec"]["description"]
    properties["spec"] = _ref(_PART + spec, said)
    properties["metadata"] = _ref(f"{_PART}metadata", properties["metadata"]["description"])


def _open_targets(properties: dict[str, Schema], names: Names | None) -> None:
    target = properties["targets"]["additionalProperties"]["properties"]
    override = target["overrides"]["items"]
    override["properties"] |= {
        "metadata": _ref(f"{_PART}metadata", "Fields of metadata."),
        "spec": {"description": "Fields of spec."},
    }
    override["allOf"] = [_for(kind) for kind in SPEC_KINDS]
    if names is None:
        return
    properties["target"] = {**properties["target"], "enum": names.all_targets}
    values = {
        name: {"description": declared.get("description", "A variable."), **_value(schema_of(declared))}
        for name, declared in names.variables.items()
    }
    target["variables"] |= {
        "properties": values,
        "additionalProperties": False,
        "errorMessage": f"no variable is called this; known: {', '.join(values) or 'none'}",
    }


def _value(plain: Any) -> Schema:
    """A value of a variable, which may name others."""
    return {"anyOf": [plain, {"type": "string", "pattern": r"\$\{"}]}


def _for(kind: str) -> Schema:
    """What an override says of documents of a kind, as its `match` names them."""
    matched = {
        "anyOf": [
            {"type": "string", "pattern": f"^{kind}/"},
            {"type": "object", "required": [_MATCHED[kind]]},
        ]
    }
    return {
        "if": {"properties": {"match": matched}, "required": ["match"]},
        "then": {"properties": {"spec": _ref(_PART + _SPECS[kind])}},
    }


def _needed(root: Any, definitions: Mapping[str, Schema]) -> dict[str, Schema]:
    """The definitions that a schema refers to, directly or not."""
    found: dict[str, Schema] = {}
    left = [root]
    while left:
        one = left.pop()
        if isinstance(one, list):
            left += one
        elif isinstance(one, dict):
            left += one.values()
            name = one.get("$ref")
            if isinstance(name, str) and (name := name.removeprefix("#/$defs/")) not in found:
                found[name] = definitions[name]
                left.append(found[name])
    return dict(sorted(found.items()))
