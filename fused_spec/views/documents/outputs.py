"""Outputs for programs."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

from fused_spec.engine.outputs.model import Column, Told
from fused_spec.messages.redaction import redact

if TYPE_CHECKING:
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


def plain(value: Any) -> Any:
    """A measure as JSON has it; what it has no word for is text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    return value if value is None or isinstance(value, str | int | bool) else str(value)
