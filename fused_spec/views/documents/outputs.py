"""Outputs for programs."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from fused_spec.engine.outputs.model import Column, Told
from fused_spec.messages.redaction import redact

if TYPE_CHECKING:
    from fused_spec.engine.outputs.differences import Changed, Difference
    from fused_spec.engine.outputs.summaries import Summary


def results_document(outputs: Sequence[Told], more: Mapping[int, Mapping[str, Any]], left: int) -> dict[str, Any]:
    """Each output with its facts, and by its place in the list what else was asked for of it."""
    return {
        "results": [{**result(told), **more.get(number, {})} for number, told in enumerate(outputs)],
        "more": left,
    }


def result(told: Told) -> dict[str, Any]:
    output, facts = told.output, told.facts
    return {
        "task": output.task,
        "name": output.name,
        "kind": str(facts.kind),
        "rows": facts.rows,
        "columns": facts.width,
        "crs": facts.crs,
        "bounds": None if facts.bounds is None else list(facts.bounds),
        "shape": None if facts.shape is None else list(facts.shape),
        "bytes": facts.bytes,
        "job_id": output.job_id,
        "address": output.address,
        "problem": None if facts.problem is None else redact(facts.problem),
    }


def schema_of(columns: Sequence[Column]) -> list[dict[str, str]]:
    return [{"name": column.name, "type": column.type} for column in columns]


def distributions(summary: "Summary") -> list[dict[str, Any]]:
    return [{name: plain(value) for name, value in asdict(column).items()} for column in summary.columns]


def differences_document(
    before: str, after: str, found: "Sequence[Difference]", unread: Sequence[str]
) -> dict[str, Any]:
    """What differs between the outputs of two runs; those that are the same are counted."""
    differing = [one for one in found if not one.is_none]
    return {
        "before": before,
        "after": after,
        "differences": [
            {
                "task": one.task,
                "name": one.name,
                "is_before": one.before,
                "is_after": one.after,
                "facts": [_change(it) for it in one.facts],
                "columns_added": list(one.added),
                "columns_removed": list(one.removed),
                "columns_retyped": [_change(it) for it in one.retyped],
                "values": [_change(it) for it in one.values],
            }
            for one in differing
        ],
        "same": len(found) - len(differing),
        "values_not_compared": list(unread),
    }


def _change(it: "Changed") -> dict[str, Any]:
    return {"what": it.what, "before": plain(it.before), "after": plain(it.after)}


def plain(value: Any) -> Any:
    """A measure as JSON has it; what it has no word for is text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, str | int | bool) else str(value)
