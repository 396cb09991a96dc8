"""What there was before a spec: the runs that count for a job, and the saved UDF that one declares from now on."""

from collections.abc import Mapping
from typing import Any

from fused_spec.spec.model import Adopted


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
