"""Small whole values for tests of views."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fused_spec.jobs.status import RunStatus
from fused_spec.messages.diagnostics import Diagnostic, Location, Severity
from fused_spec.plan.actions import Action, Reason
from fused_spec.plan.model import Change, FieldChange, Plan, Run
from fused_spec.spec.model import DesiredJob, Key, Kind

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def job_key(name: str = "areas") -> Key:
    return Key(kind=Kind.JOB, name=name)


def job(name: str = "areas", payload: Mapping[str, Any] | None = None) -> DesiredJob:
    return DesiredJob(
        key=job_key(name),
        payload=payload or {"config": {"steps": []}},
        digest="d1:" + "0" * 64,
        origin=Location(path="specs/areas.yaml"),
    )


def run(name: str = "areas", *, status: RunStatus = RunStatus.SUCCEEDED) -> Run:
    return Run(job_id="7e57ab1e", key=job_key(name), digest="d1:" + "1" * 64, status=status, created=NOW)


def change(
    name: str = "areas",
    *,
    action: Action = Action.START,
    reason: Reason = Reason.SPEC_CHANGED,
    detail: str = "",
    fields: tuple[FieldChange, ...] = (),
) -> Change:
    return Change(
        key=job_key(name), action=action, reason=reason, detail=detail, before=run(name), after=job(name), fields=fields
    )


def field(path: str, before: Any, after: Any) -> FieldChange:
    return FieldChange(path=path, before=before, after=after)


def plan(*changes: Change, warnings: tuple[str, ...] = ()) -> Plan:
    return Plan(target="local", scope="a1b2", changes=changes, warnings=warnings)


def problem(
    message: str = 'unknown field "instance_typ"',
    *,
    path: str = "specs/parcels.yaml",
    line: int = 14,
    column: int = 3,
    pointer: str = "spec",
    severity: Severity = Severity.ERROR,
    hint: str | None = 'did you mean "instance_type"?',
) -> Diagnostic:
    return Diagnostic(
        code="unknown-field",
        message=message,
        location=Location(path=path, line=line, column=column),
        severity=severity,
        pointer=pointer,
        hint=hint,
    )
