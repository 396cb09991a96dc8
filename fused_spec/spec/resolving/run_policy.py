"""When a job runs again, and how much it may take, from what its spec says of it."""

from collections.abc import Mapping
from typing import Any

from fused_spec.spec.documents.durations import seconds
from fused_spec.spec.model import OnChangeWhileRunning, OnFailure, OnUpstream, RunPolicy, When


def run_policy(declared: Mapping[str, Any]) -> RunPolicy:
    """The policy; what is left out or null is as everywhere."""
    kinds = {
        "when": When,
        "on_failure": OnFailure,
        "on_change_while_running": OnChangeWhileRunning,
        "upstream": OnUpstream,
    }
    fields: dict[str, Any] = {
        name: kinds[name](value) if name in kinds else value for name, value in declared.items() if value is not None
    }
    for name in ("timeout", "max_age", "max_duration"):
        if name in fields:
            fields[name] = float(seconds(fields[name]))
    return RunPolicy(**fields)
