"""Where each job stands at every target, as one table or one document."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from fused_spec.errors import FusedSpecError
from fused_spec.messages.redaction import redact
from fused_spec.plan.model import Plan
from fused_spec.views.documents.json import error_document
from fused_spec.views.documents.plans import status_document
from fused_spec.views.text.runs import STATUS_HEAD, status_rows, table


class Standing(Struct, frozen=True, kw_only=True):
    """The plan at one target, or the error that hides it."""

    target: str
    scope: str | None = None
    service: str | None = None
    plan: Plan | None = None
    error: FusedSpecError | None = None


def standings_text(standings: Sequence[Standing]) -> str:
    """One line for each job at each target, job by job, and one for each target that cannot be read."""
    rows = {one.target: status_rows(one.plan) for one in standings if one.plan is not None}
    names = list(dict.fromkeys(row[0] for of_target in rows.values() for row in of_target))
    lines = [
        (name, target, *rest)
        for name in names
        for target, of_target in rows.items()
        for job, *rest in of_target
        if job == name
    ]
    head = (STATUS_HEAD[0], "TARGET", *STATUS_HEAD[1:])
    return "\n".join(([table([head, *lines])] if lines else []) + list(_troubles(standings)))


def standings_document(standings: Sequence[Standing]) -> dict[str, Any]:
    return {"targets": [_document(one) for one in standings]}


def _troubles(standings: Sequence[Standing]) -> Iterator[str]:
    for one in standings:
        if one.error is not None:
            hint = f" ({redact(one.error.hint)})" if one.error.hint else ""
            yield f"{one.target}: not read: {redact(str(one.error))}{hint}"


def _document(one: Standing) -> dict[str, Any]:
    jobs = status_document(one.plan)["jobs"] if one.plan is not None else []
    return {
        "target": one.target,
        "scope": one.scope,
        "service": one.service,
        "jobs": jobs,
        "error": error_document(one.error)["error"] if one.error is not None else None,
    }
