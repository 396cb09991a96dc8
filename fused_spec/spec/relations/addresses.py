"""The addresses that a resolved job writes to."""

from collections.abc import Mapping
from typing import Any

from fused_spec.spec.model import Desired, DesiredJob


def output_of(job: Desired | None) -> str | None:
    """The one that `{output_of: …}` stands for; None where it stands for several, or for none."""
    return job.writes[0] if isinstance(job, DesiredJob) and len(job.writes) == 1 else None


def addresses_written(config: Any) -> list[str]:
    """Every address that the steps of a job's config write to, in their order; none of what is no such config."""
    steps = config.get("steps") if isinstance(config, Mapping) else None
    named = [
        step.get(name)
        for step in (steps if isinstance(steps, list | tuple) else ())
        if isinstance(step, Mapping)
        for name in ("output", "output_metadata")
    ]
    return list(dict.fromkeys(address for address in named if isinstance(address, str)))
