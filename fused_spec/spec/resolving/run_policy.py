"""When a job runs again, as its spec says under `run`."""

from collections.abc import Mapping
from typing import Any

from fused_spec.spec.documents.durations import seconds
from fused_spec.spec.model import OnChangeWhileRunning, OnFailedTasks, OnFailure, OnUpstream, RunPolicy, When


def run_policy(declared: Mapping[str, Any]) -> RunPolicy:
    """The policy as a value; what is left out has its default."""
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
    return RunPolicy(**fields)
