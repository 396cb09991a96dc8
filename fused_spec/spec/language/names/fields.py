"""What the fields of a document take of names: where they are text, where none is read, and where one may not stand."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from fused_spec.spec.checking.schema import complete
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.language.names.templates import Mistake, Reference

_LITERAL = (("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "targets"))
"""What could exist is known before anything has a value."""


def is_off(pointer: Pointer) -> bool:
    """Whether a text is left as it is: code, what describes, and former names, which the matrix fills in."""
    if pointer == ("metadata", "description") or pointer[:2] == ("metadata", "moved_from"):
        return True
    return pointer[-1:] == ("code",) and (pointer[-2:-1] == ("udf",) or pointer[-3:-2] == ("headers",))


def is_text(kind: str, pointer: Pointer) -> bool:
    """Whether the field takes text and nothing else, beside null: there a number becomes text."""
    return _is_text(kind, tuple(0 if isinstance(step, int) else step for step in pointer))


def types_at(kind: str, pointer: Pointer) -> set[str]:
    """The types of JSON that a field takes; none where nobody says it."""
    return {one for schema in _schemas(complete(kind), pointer) for one in _types(schema)}


def is_field(kind: str, pointer: Pointer) -> bool:
    """Whether the schema has this field."""
    return next(_schemas(complete(kind), pointer), None) is not None


def fields_at(kind: str, pointer: Pointer) -> list[str]:
    """The fields of a mapping that the schema names."""
    found = [name for schema in _schemas(complete(kind), pointer) for name in _names(schema)]
    return list(dict.fromkeys(found))


def _names(schema: Mapping[str, Any]) -> Iterator[str]:
    for branch in _branches(schema):
        yield from branch.get("properties", {})


def refused(reference: Reference, pointer: Pointer) -> Mistake | None:
    """Why a name may not stand in a field; None where it may."""
    for literal in _LITERAL:
        if pointer[: len(literal)] == literal or pointer == ("metadata",):
            return Mistake(
                "literal-field",
                f'"{pointer[-1]}" is literal: what exists is known before anything has a value',
                "write it out; the cells of a matrix are named by matrix.name",
            )
    if reference.namespace == "git" and not _may_change(pointer):
        return Mistake(
            "volatile-value",
            f"${{{reference}}}: every commit would start this again",
            "put it in a label, or in the default of a variable with volatile: true",
        )
    if reference.namespace == "secret" and not _may_be_secret(pointer):
        return Mistake("secret-not-allowed", *_why_no_secret(reference, pointer))
    return None


def _may_be_secret(pointer: Pointer) -> bool:
    """Whether the value goes where it is needed and nowhere else: into the environment of a job, or of a sink."""
    return (len(pointer) == 3 and pointer[:2] == ("spec", "env")) or (
        len(pointer) == 4 and pointer[:3] == ("spec", "sink", "env")
    )


def _why_no_secret(reference: Reference, pointer: Pointer) -> tuple[str, str]:
    name = reference.path[0]
    if "parameters" in pointer:
        return (
            f"${{{reference}}}: parameters are kept in the job's history and read by your team",
            f'give it to the job by env, or read fused.secrets["{name}"] in the UDF',
        )
    if pointer[:1] == ("metadata",) or "metadata" in pointer:
        return f"${{{reference}}}: labels and metadata are kept with every run, and shown", "leave it out"
    if any(step in pointer for step in ("input", "output", "output_metadata", "partitioning_schema_input")):
        return (
            f"${{{reference}}}: addresses and inputs are kept in the job's history and read by your team",
            "name the place without it, and give the job by env what opens it",
        )
    if pointer[:2] == ("spec", "sink"):
        return (
            f"${{{reference}}}: where a token goes is shown by every plan",
            "of a sink, only the env of its command may hold a secret",
        )
    return (
        f"${{{reference}}}: a secret may stand in the values of env alone",
        "give it to the job by env, and read it there",
    )


def _may_change(pointer: Pointer) -> bool:
    """Whether no digest looks there: labels, the name of a config, metadata of any level."""
    if pointer[:1] == ("metadata",) or pointer[:3] == ("spec", "config", "name"):
        return True
    return "metadata" in pointer[1:] and "parameters" not in pointer and pointer[:1] == ("spec",)


@lru_cache(maxsize=4096)
def _is_text(kind: str, pointer: Pointer) -> bool:
    found = [_types(schema) for schema in _schemas(complete(kind), pointer)]
    return bool(found) and all(types and types <= {"string", "null"} for types in found)


def _schemas(schema: Mapping[str, Any], pointer: Pointer) -> Iterator[Mapping[str, Any]]:
    """Those of the field in every branch of the schema."""
    if not pointer:
        yield schema
        return
    step, rest = pointer[0], pointer[1:]
    for branch in _branches(schema):
        items = branch.get("items")
        if isinstance(items, dict):
            yield from _schemas(items, rest)
            continue
        inside = branch.get("properties", {}).get(step)
        others = branch.get("additionalProperties")
        if inside is not None:
            yield from _schemas(inside, rest)
        elif isinstance(others, dict):
            yield from _schemas(others, rest)


def _branches(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [schema, *(one["then"] for one in schema.get("allOf", ()) if "then" in one), *schema.get("anyOf", ())]


def _types(schema: Mapping[str, Any]) -> set[str]:
    said = schema.get("type")
    if said is not None:
        return {said} if isinstance(said, str) else set(said)
    choices = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return {"string" if isinstance(one, str) else "null" if one is None else "other" for one in choices}
