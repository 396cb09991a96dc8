"""What a spec says of runs: when a job runs again and how much it may take, and what was there before the spec."""

from collections.abc import Mapping
from typing import Any

from fused_spec.spec.documents.durations import seconds
from fused_spec.spec.model import Adopted, OnChangeWhileRunning, OnFailure, OnUpstream, RunPolicy, When


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


def adopted_runs(metadata: Mapping[str, Any]) -> tuple[Adopted, ...]:
    """The runs that a job's metadata names, each for a digest; several are for the cells of a matrix."""
    said = metadata.get("adopts") or []
    many = said if isinstance(said, list) else [said] if "run" in said else []
    return tuple(Adopted(run=one["run"], digest=one["digest"]) for one in many)


def adopted_udf(metadata: Mapping[str, Any]) -> str | None:
    """The id of the saved UDF that a UDF's metadata names."""
    said = metadata.get("adopts")
    return said.get("udf") if isinstance(said, dict) else None


def adopts_sink(metadata: Mapping[str, Any]) -> bool:
    """Whether a token is the one whose value lies in its sink."""
    said = metadata.get("adopts")
    return isinstance(said, dict) and said.get("sink") is True
