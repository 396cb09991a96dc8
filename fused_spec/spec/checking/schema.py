"""The JSON Schemas of the spec language, and the check of a document against its own.

`schemas/fused-spec.schema.json` is the one source for every kind that a spec may have: the schema of a kind is
the part that the kind needs. What editors read is made of it as well (`language.editors`), and takes names in `${…}`.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fused_spec.messages.diagnostics import Diagnostic
from fused_spec.spec.checking.acceptance import Accepts, Schema, acceptance
from fused_spec.spec.checking.secrets import holds_secret
from fused_spec.spec.documents.document import Document
from fused_spec.spec.files.roots import PROJECT_FILE

PROJECT = "Project"
INCLUDED = "Included"
"""A file that a project includes: what a project file says of specs, and nothing of the project itself."""
FRAGMENT = "Fragment"
SPEC_KINDS = ("Job", "Udf", "UdfAccessToken")
KINDS = (*SPEC_KINDS, FRAGMENT, PROJECT)

_ALL = "fused-spec"
_INCLUDED = ("apiVersion", "include", "variables", "secrets", "secrets_key", "defaults", "policies", "waivers")
_FILES = {"Job": "job", "Udf": "udf", "UdfAccessToken": "udf-access-token", FRAGMENT: "fragment", PROJECT: "project"}


def schema_folder() -> Path:
    """The folder of the schema files: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[2]
    installed = package / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas"


def schema_text(kind: str | None) -> str:
    """The JSON text of the schema of a kind; None for the one of every kind that a spec may have."""
    return json.dumps(whole_schema() if kind is None else schema(kind), indent=2, ensure_ascii=False) + "\n"


@cache
def schema(kind: str) -> Mapping[str, Any]:
    """The schema of one kind, complete in itself; raises KeyError for a kind that is none of `KINDS`."""
    if kind == INCLUDED:
        return _included(_read(_FILES[PROJECT]))
    name = _FILES[kind]
    if kind == PROJECT:
        return _read(name)
    whole = whole_schema()
    definition, definitions = whole["$defs"][kind], whole["$defs"]
    needed = _needed(definition, definitions)
    return {
        "$schema": whole["$schema"],
        "$id": f"{whole['$id']}:{name}",
        **definition,
        "$defs": {name: definitions[name] for name in definitions if name in needed},
    }


@cache
def whole_schema() -> Mapping[str, Any]:
    """The one of every kind that a spec may have."""
    return _read(_ALL)


def _read(name: str) -> Mapping[str, Any]:
    text = (schema_folder() / f"{name}.schema.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def _included(project: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = {name: project["properties"][name] for name in _INCLUDED}
    return {**project, "required": ["apiVersion"], "properties": fields}


def _needed(node: Any, definitions: Mapping[str, Any]) -> set[str]:
    """The names of the definitions that a schema refers to, directly or not."""
    names: set[str] = set()
    left = [node]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left += one.values()
            name = one.get("$ref", "").removeprefix("#/$defs/")
            if name and name not in names:
                names.add(name)
                left.append(definitions[name])
        elif isinstance(one, list):
            left += one
    return names


def check(document: Document) -> list[Diagnostic]:
    """Everything wrong with a document by itself: fields, values, doubtful scalars, secrets; in order of place.

    The kind is the document's own; `fused-spec.yaml` is the project. At most `MAX_PROBLEMS` are told, and then
    the number of the others.
    """
    return check_as(document, _kind(document))


def check_as(document: Document, kind: str | None) -> list[Diagnostic]:
    """The same, of a document that is known to be of a kind."""
    if not document.doubts and _acceptance(kind)(document.tree) and not holds_secret(document.tree):
        return []
    from fused_spec.spec.checking.problems import problems  # with jsonschema, which only who has problems waits for

    return problems(document, kind)


def _kind(document: Document) -> str | None:
    path = document.file.path
    if path is not None and path.name == PROJECT_FILE:
        return PROJECT
    return document.kind if document.kind in (*SPEC_KINDS, FRAGMENT) else None


@cache
def complete(kind: str | None) -> Schema:
    """The schema of a kind with its references followed; without a kind, of what every kind has."""
    node = schema(kind) if kind else {key: value for key, value in whole_schema().items() if key != "allOf"}
    followed: Schema = _followed(node, node.get("$defs", {}))
    return followed


def _followed(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_followed(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].removeprefix("#/$defs/")]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return {key: _followed(value, definitions) for key, value in node.items() if key != "$defs"}


@cache
def _acceptance(kind: str | None) -> Accepts:
    return acceptance(complete(kind))
