"""The JSON Schemas of the spec language, and the check of a document against its own.

`schemas/fused-spec.schema.json` is the one source for every kind that a spec may have: the schema of a kind is
the part that the kind needs, and `schemas/job.schema.json` and its siblings are those parts, for editors.
"""

import copy
import json
from collections.abc import Mapping
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from jsonschema.protocols import Validator

from fused_spec.diagnostics import Diagnostic
from fused_spec.spec.checking.explain import explain, explain_doubt
from fused_spec.spec.checking.homes import homes
from fused_spec.spec.checking.secrets import find_secrets
from fused_spec.spec.checking.violations import Fault, Schema, Violation, inlined, validator_for, violations
from fused_spec.spec.documents.document import Document
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.documents.scalars import Doubt
from fused_spec.spec.files.limits import MAX_FAULTS, MAX_PROBLEMS
from fused_spec.spec.files.roots import PROJECT_FILE

PROJECT = "Project"
SPEC_KINDS = ("Job", "Udf", "UdfAccessToken")
KINDS = (*SPEC_KINDS, PROJECT)

_ALL = "fused-spec"
_FILES = {"Job": "job", "Udf": "udf", "UdfAccessToken": "udf-access-token", PROJECT: "project"}


def schema_folder() -> Path:
    """The folder of the schema files: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).parents[2]
    installed = package / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas"


def schema_text(kind: str | None) -> str:
    """The JSON text of the schema of a kind; None for the one of every kind that a spec may have."""
    return json.dumps(_whole() if kind is None else schema(kind), indent=2, ensure_ascii=False) + "\n"


@cache
def schema(kind: str) -> Mapping[str, Any]:
    """The schema of one kind, complete in itself; raises KeyError for a kind that is none of `KINDS`."""
    name = _FILES[kind]
    if kind == PROJECT:
        return _read(name)
    whole = _whole()
    definition, definitions = whole["$defs"][kind], whole["$defs"]
    return {
        "$schema": whole["$schema"],
        "$id": f"{whole['$id']}:{name}",
        **definition,
        "$defs": {name: definitions[name] for name in definitions if name in _needed(definition, definitions)},
    }


@cache
def _whole() -> Mapping[str, Any]:
    return _read(_ALL)


def _read(name: str) -> Mapping[str, Any]:
    text = (schema_folder() / f"{name}.schema.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def _needed(node: Any, definitions: Mapping[str, Any]) -> set[str]:
    """The names of the definitions that a schema refers to, directly or not."""
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    names = {name for child in children for name in _needed(child, definitions)}
    if isinstance(node, dict) and "$ref" in node:
        name = node["$ref"].removeprefix("#/$defs/")
        names |= {name} | _needed(definitions[name], definitions)
    return names


def check(document: Document) -> list[Diagnostic]:
    """Everything wrong with a document by itself: fields, values, doubtful scalars, secrets; in order of place.

    The kind is the document's own; `fused-spec.yaml` is the project. At most `MAX_PROBLEMS` are told, and then
    the number of the others.
    """
    kind = _kind(document)
    faults = violations(_validator(kind), document.tree)
    # Another version is another language: what else would be said about it means nothing.
    faults = [fault for fault in faults if _is_of_version(fault)] or faults
    doubts = _standing_doubts(document, kind)
    problems = [explain_doubt(pointer, doubt, document) for pointer, doubt in islice(doubts.items(), MAX_PROBLEMS)]
    faults = [fault for fault in faults if fault.pointer not in doubts]
    order = sorted(faults, key=lambda fault: document.positions.value(fault.pointer))
    problems += [explain(fault, document, _homes(kind)) for fault in order[:MAX_PROBLEMS]]
    problems += islice(find_secrets(document), MAX_FAULTS)
    more = max(len(order) - MAX_PROBLEMS, 0) + max(len(doubts) - MAX_PROBLEMS, 0)
    return _capped(sorted(problems, key=lambda problem: problem.location), document, more)


def _is_of_version(fault: Violation) -> bool:
    return fault.fault is Fault.CHOICE and fault.pointer == ("apiVersion",) and isinstance(fault.value, str)


def _kind(document: Document) -> str | None:
    path = document.file.path
    if path is not None and path.name == PROJECT_FILE:
        return PROJECT
    return document.kind if document.kind in SPEC_KINDS else None


@cache
def complete(kind: str | None) -> Schema:
    """The schema of a kind with its references followed; without a kind, of what every kind has."""
    return inlined(schema(kind) if kind else {key: value for key, value in _whole().items() if key != "allOf"})


@cache
def _validator(kind: str | None) -> Validator:
    return validator_for(complete(kind))


@cache
def _homes(kind: str | None) -> Mapping[str, Mapping[str, list[str]]]:
    """Where fields belong: in this kind first, then in the others."""
    kinds = dict.fromkeys((kind, *SPEC_KINDS)) if kind else dict.fromkeys(SPEC_KINDS)
    return {name: homes(complete(name)) for name in kinds if name}


def _standing_doubts(document: Document, kind: str | None) -> dict[Pointer, Doubt]:
    """The doubts that stand: all but those where the field takes the text and not the other reading."""
    if not document.doubts:
        return {}
    other = copy.deepcopy(document.tree)
    for pointer, doubt in document.doubts.items():
        if doubt.text_may_do:
            _replace(other, pointer, doubt.other)
    refused = {fault.pointer for fault in violations(_validator(kind), other)}
    return {
        pointer: doubt for pointer, doubt in document.doubts.items() if not (doubt.text_may_do and pointer in refused)
    }


def _replace(tree: Any, pointer: Pointer, value: Any) -> None:
    *way, last = pointer
    for step in way:
        tree = tree[step]
    tree[last] = value


def _capped(problems: list[Diagnostic], document: Document, more: int) -> list[Diagnostic]:
    more += max(len(problems) - MAX_PROBLEMS, 0)
    if not more:
        return problems
    rest = Diagnostic(
        code="too-many-problems",
        message=f"{more:,} more {'problem' if more == 1 else 'problems'} in this document",
        location=document.positions.value(()),
        hint="mend these first",
    )
    return [*problems[:MAX_PROBLEMS], rest]
