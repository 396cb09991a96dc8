"""The addresses that a resolved job writes to."""

from collections.abc import Mapping
from typing import Any

from fused_spec.spec.model import Desired, DesiredJob


def output_of(job: Desired | None) -> str | None:
    """The one that `{output_of: …}` stands for; None where it stands for several, or for none."""
    written = outputs_of(job)
    return written[0] if len(written) == 1 else None


def outputs_of(job: Desired | None) -> tuple[str, ...]:
    """Those that a job says it writes, or else that of its last step with an output."""
    if not isinstance(job, DesiredJob):
        return ()
    if job.writes:
        return job.writes
    written = [step["output"] for step in job.payload["config"]["steps"] if isinstance(step.get("output"), str)]
    return tuple(written[-1:])


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
