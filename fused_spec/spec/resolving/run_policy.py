"""When a job runs again, as its spec says under `run`, and what it can not mean."""

from collections.abc import Mapping
from typing import Any

from fused_spec.jobs.parts import elements_of
from fused_spec.messages.diagnostics import Severity
from fused_spec.spec.documents.durations import seconds
from fused_spec.spec.documents.findings import Findings
from fused_spec.spec.documents.positions import Pointer
from fused_spec.spec.model import (
    OnChangeWhileRunning,
    OnFailedTasks,
    OnFailure,
    OnRetry,
    OnUpstream,
    RunPolicy,
    When,
)

_RUN: Pointer = ("spec", "run")


def run_policy(declared: Mapping[str, Any], config: Mapping[str, Any]) -> RunPolicy:
    """The policy of a job with this config as a value; what is left out has its default."""
    kinds = {
        "when": When,
        "on_failure": OnFailure,
        "on_change_while_running": OnChangeWhileRunning,
        "upstream": OnUpstream,
        "failed_tasks": OnFailedTasks,
    }
    fields: dict[str, Any] = {
        name: kinds[name](value) if name in kinds else value for name, value in declared.items() if value is not None
    }
    for name in ("timeout", "max_age", "max_duration"):
        if name in fields:
            fields[name] = float(seconds(fields[name]))
    fields["on_retry"] = OnRetry(fields.get("on_retry", OnRetry.FAILED))
    if elements_of(config) is None:
        fields["on_retry"] = OnRetry.ALL
    return RunPolicy(**fields)


def check_retries(
    declared: Mapping[str, Any], config: Mapping[str, Any], hosted: str | None, findings: Findings
) -> None:
    """Warn of retries that mean nothing for the job or for its service; `hosted` is the target with Fused's own."""
    if declared.get("on_retry") == OnRetry.FAILED and elements_of(config) is None:
        findings.tell(
            "retry-of-all",
            "a retry runs all of this job: it is not one step that makes a result of each of several elements",
            (*_RUN, "on_retry"),
            "leave on_retry out, or make it one UDF step with a list as its input",
            severity=Severity.WARNING,
        )
    if declared.get("task_retries") and hosted is not None:
        findings.tell(
            "task-retries-ignored",
            f'the hosted service (target "{hosted}") does not heed "task_retries": a task that fails there has failed',
            (*_RUN, "task_retries"),
            "use on_failure: retry, which starts another run, at the hosted service of what failed alone",
            severity=Severity.NOTE,
        )
