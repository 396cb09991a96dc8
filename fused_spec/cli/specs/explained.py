"""`render --explain`: every layer that says something of a field, with its place; the one that counts is marked."""

from typing import Any

import click

from fused_spec.cli.specs.reading import means_of
from fused_spec.cli.targets.target import find_target
from fused_spec.cli.terminal.context import Context
from fused_spec.errors import Misconfigured
from fused_spec.messages.named_secrets import Veiled
from fused_spec.messages.redaction import MASK, is_sensitive_name, redact
from fused_spec.spec.explanation import Said, explain
from fused_spec.spec.model import Key, Kind
from fused_spec.views.documents.json import as_json as json_text
from fused_spec.views.text.explanations import explanation_text
from fused_spec.views.words.shown import without_secrets


def explanation(context: Context, paths: tuple[str, ...], field: str, name: str, *, as_json: bool) -> str:
    """Where a field comes from, weak to strong; raises `Misconfigured` for a spec that there is not."""
    key = _key(name)
    pointer = tuple(int(step) if step.isdecimal() else step for step in field.split("."))
    said = explain(paths, key, pointer, target=lambda project: find_target(context, project).name, **means_of(context))
    if said is None:
        raise Misconfigured(f"no spec declares {key}", hint="name it as `render` does, such as Job/tiles")
    shown = [one._replace(value=_shown(one.value, pointer)) for one in said]
    return json_text(_document(key, field, shown)) if as_json else explanation_text(str(key), field, shown)


def _key(name: str) -> Key:
    kind, slash, rest = name.partition("/")
    if not slash:
        return Key(kind=Kind.JOB, name=name)
    if kind not in tuple(Kind):
        raise click.UsageError(f"{name!r} names no spec; write Job/NAME, Udf/NAME or UdfAccessToken/NAME")
    return Key(kind=Kind(kind), name=rest)


def _shown(value: Any, pointer: tuple[str | int, ...]) -> Any:
    if isinstance(value, Veiled):
        return redact(value)
    if any(isinstance(step, str) and is_sensitive_name(step) for step in pointer):
        return MASK
    return without_secrets({"it": value})["it"]


def _document(key: Key, field: str, said: list[Said]) -> dict[str, Any]:
    return {
        "kind": str(key.kind),
        "name": key.name,
        "field": field,
        "layers": [
            {
                "layer": one.layer,
                "value": one.value,
                "file": one.place.path if one.place is not None else None,
                "line": one.place.line if one.place is not None else None,
                "column": one.place.column if one.place is not None else None,
                "via": one.via,
            }
            for one in said
        ],
    }
