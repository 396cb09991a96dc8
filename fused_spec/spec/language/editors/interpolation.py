"""What an editor knows of `${…}` in a field: which names fit its type, and what is wrong with all others."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fused_spec.spec.documents.wording import either
from fused_spec.spec.language.editors.names import Names, Path, accepted, paths_to
from fused_spec.spec.language.names.templates import NAMESPACES

Schema = dict[str, Any]

ANY = "names"
"""The definition of what may stand where a value may be of any type."""
_OPENED = r"(?<!\$)\$\{"
_NOUNS = {"string": "text", "number": "a number", "boolean": "true or false", "list": "a list", "object": "a mapping"}
_WORDS = ("${target.name}", "${project.name}")
_TYPES = {"array": "list", "integer": "number"}


def types_of(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> frozenset[str]:
    """The types that a field takes, as variables have them; none where it takes anything."""
    if "$ref" in schema:
        return types_of(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    if "anyOf" in schema:
        each = [types_of(one, definitions) for one in schema["anyOf"]]
        return frozenset().union(*each) if all(each) else frozenset()
    said = schema.get("type")
    if said is None:
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        return frozenset("string" if isinstance(one, str) else "boolean" for one in values if one is not None)
    types = [said] if isinstance(said, str) else said
    return frozenset(_TYPES.get(one, one) for one in types if one != "null")


def name_of(types: Iterable[str]) -> str:
    """The definition of what stands where a field takes these types."""
    return ".".join((ANY, *sorted(types)))


def interpolation(types: frozenset[str], names: Names | None) -> Schema:
    """A text with `${…}` in a field of these types, with what an editor offers for it."""
    return {"type": "string", "pattern": r"\$\{", "defaultSnippets": _snippets(types, names)}


def rules(types: frozenset[str], names: Names | None) -> list[Schema]:
    """What holds for every text with `${…}`; each rule says what is wrong where it is broken."""
    words = "|".join(NAMESPACES)
    found: list[Schema] = [
        {
            "pattern": _nowhere(rf"(?!(?:{words})(?:[.\[}}]))"),
            "patternErrorMessage": f"names begin with {either(NAMESPACES)}; $${{…}} is the text itself",
        }
    ]
    if names is None:
        return found
    known = "|".join(map(re.escape, names.variables))
    message = f"no variable is called this; {_known(names.variables)}"
    found.append({"pattern": _nowhere(rf"var\.(?!(?:{known})[.\[}}])"), "patternErrorMessage": message})
    fitting = list(paths_to(types, names))
    if types and known:
        ways = "|".join(path.pattern for path in fitting)
        found.append(
            {
                "if": {"pattern": rf"^\$\{{var\.(?:{known})(?:[.\[][^}}]*)?\}}$"},
                "then": {"pattern": rf"^\$\{{(?:{ways})\}}$", "patternErrorMessage": _misfit(types, fitting)},
            }
        )
    return found


def _nowhere(what: str) -> str:
    """A text in which this nowhere follows a `${` that is not escaped."""
    return rf"^(?![\s\S]*{_OPENED}{what})"


def _known(names: Iterable[str]) -> str:
    return f"known: {', '.join(names)}" if names else "none is declared in fused-spec.yaml"


def _misfit(types: frozenset[str], fitting: Iterable[Path]) -> str:
    wanted = either([_NOUNS[one] for one in sorted(types)])
    known = [path.written for path in fitting if path.written]
    return f"this takes {wanted}; variables that fit: {', '.join(known) or 'none'}"


def _snippets(types: frozenset[str], names: Names | None) -> list[Schema]:
    if names is None:
        return [{"label": "${var.…}", "description": "a variable of fused-spec.yaml", "body": r"\${var.${1:name}}"}]
    found = [
        _snippet("${" + path.written + "}", path.description)
        for path in paths_to(types, names)
        if path.written is not None
    ]
    return found + [_snippet(word, "") for word in _WORDS if "string" in accepted(types)]


def _snippet(label: str, description: str) -> Schema:
    # An editor reads `${` in what it inserts as a place to fill in.
    return {"label": label, "description": description or label, "body": label.replace("$", r"\$")}
