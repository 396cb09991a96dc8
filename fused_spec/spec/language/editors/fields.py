"""The schema of plain documents made one of what people write: every field that may, takes `${…}` as well."""

from collections.abc import Mapping
from typing import Any

from fused_spec.spec.language.editors.interpolation import ANY, Schema, interpolation, name_of, rules, types_of
from fused_spec.spec.language.editors.names import Names

FREE = "free"
"""The definition of data of a person's own, at any depth."""
_LITERAL = frozenset({"apiVersion", "kind", "type", "code", "$replace"})
_WHOLE = frozenset({"metadata", "spec", "matrix", "use"})
_LITERAL_IN = {
    **dict.fromkeys(("Job", "Udf", "UdfAccessToken", "Fragment"), _WHOLE),
    "metadata": frozenset({"name", "targets", "description"}),
    "jobSpec": frozenset({"config"}),
}
"""What no name may stand for, or what is written out by everybody."""
_OUTSIDE = ("title", "description", "default", "examples")
"""What an editor shows of a field, once."""


class Fields:
    """Opens the fields of definitions; `definitions` are those of the plain schema."""

    def __init__(self, definitions: Mapping[str, Any], names: Names | None) -> None:
        self._definitions = definitions
        self._names = names
        self.made: dict[str, Schema] = {}
        """The definitions that opened fields refer to."""

    def opened(self, node: Any, called: str = "") -> Any:
        """A schema with the fields in it opened; `called` is its definition, where it is one."""
        if isinstance(node, list):
            return [self.opened(one) for one in node]
        if not isinstance(node, dict):
            return node
        found = {key: self._inside(key, value, called) for key, value in node.items()}
        if _is_free(node):
            found["additionalProperties"] = self._free()
        if _is_list(node) and "items" not in node:
            found["items"] = self._free()
        return found

    def _inside(self, key: str, value: Any, called: str) -> Any:
        if key == "properties":
            literal = _LITERAL | _LITERAL_IN.get(called, frozenset())
            return {name: one if name in literal else self.field(one) for name, one in value.items()}
        if key in ("items", "additionalProperties") and isinstance(value, dict):
            return self.field(value)
        if key in ("anyOf", "allOf", "oneOf"):
            return [self.opened(one, called) for one in value]
        return self.opened(value, called) if key == "then" else value

    def field(self, node: Schema) -> Schema:
        """A field that takes what it takes, and names besides."""
        if node.get("$ref") == "#/$defs/reserved" or "not" in node:
            return node
        types = types_of(node, self._definitions)
        inside = self.opened(node)
        self._note(types)
        # Of a definition the words are its own, and an editor would show those around it as well.
        outside = {} if "$ref" in inside else {key: inside.pop(key) for key in _OUTSIDE if key in inside}
        known = {"allOf": [{"$ref": f"#/$defs/{name_of(types)}.rules"}]}
        if not types:
            return {**outside, **inside, **known}
        return {**outside, "anyOf": [inside, {"$ref": f"#/$defs/{name_of(types)}"}], **known}

    def _note(self, types: frozenset[str]) -> None:
        name = name_of(types)
        if name not in self.made:
            self.made[name] = interpolation(types, self._names)
            self.made[f"{name}.rules"] = {"allOf": rules(types, self._names)}

    def _free(self) -> Schema:
        if FREE not in self.made:
            self._note(frozenset())
            self.made[FREE] = {
                "anyOf": [
                    {"type": "string", "defaultSnippets": self.made[ANY]["defaultSnippets"]},
                    {"additionalProperties": {"$ref": f"#/$defs/{FREE}"}, "items": {"$ref": f"#/$defs/{FREE}"}},
                ],
                "allOf": [{"$ref": f"#/$defs/{ANY}.rules"}],
            }
        return {"$ref": f"#/$defs/{FREE}"}


def _types(node: Mapping[str, Any]) -> list[str]:
    said = node.get("type", [])
    return [said] if isinstance(said, str) else list(said)


def _is_free(node: Mapping[str, Any]) -> bool:
    if "additionalProperties" in node:
        return node["additionalProperties"] is True
    return "object" in _types(node) and not {"allOf", "required"} & node.keys()


def _is_list(node: Mapping[str, Any]) -> bool:
    return "array" in _types(node)
