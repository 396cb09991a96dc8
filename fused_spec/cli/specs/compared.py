"""`render --diff`: what the same specs are at two targets, told once for all that differ alike."""

from collections.abc import Mapping
from typing import Any

from fused_spec.cli.specs.reading import valid_specs
from fused_spec.cli.specs.rendered import desired_document
from fused_spec.cli.terminal.context import Context
from fused_spec.plan.diff import field_changes
from fused_spec.plan.model import ABSENT, FieldChange
from fused_spec.views.documents.json import as_json as json_text
from fused_spec.views.text.differences import Difference, differences_text

_NOT_COMPARED = ("digest", "file", "line")


def differences(context: Context, paths: tuple[str, ...], one: str, other: str, *, as_json: bool) -> str:
    """What differs, by the names of specs; raises `SpecError` where the specs are wrong at one of the targets."""
    before, after = (_rendered(context, paths, name) for name in (one, other))
    found = [
        Difference(name, name in before, name in after, field_changes(before.get(name, {}), after.get(name, {})))
        for name in dict.fromkeys((*before, *after))
        if before.get(name) != after.get(name)
    ]
    if as_json:
        return json_text({"from": one, "to": other, "differences": [_document(each, one, other) for each in found]})
    return differences_text(one, other, found)


def _rendered(context: Context, paths: tuple[str, ...], target: str) -> dict[str, Mapping[str, Any]]:
    resolution = valid_specs(context, paths, target)
    return {
        f"{one['kind']}/{one['name']}": {name: value for name, value in one.items() if name not in _NOT_COMPARED}
        for one in desired_document(resolution)["desired"]
    }


def _document(each: Difference, one: str, other: str) -> dict[str, Any]:
    only = None if each.is_before and each.is_after else one if each.is_before else other
    fields = [_field(change) for change in each.fields] if only is None else []
    return {"name": each.name, "only": only, "fields": fields}


def _field(change: FieldChange) -> dict[str, Any]:
    values = {"from": change.before, "to": change.after}
    return {"path": change.path, **{name: value for name, value in values.items() if value is not ABSENT}}
