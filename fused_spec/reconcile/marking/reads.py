"""The runs that a run read, as they stand in a marker, a receipt and the journal: `{name: {run, digest, output}}`."""

from collections.abc import Mapping
from typing import Any

from fused_spec.plan.model import ReadRun


def reads_to_json(reads: Mapping[str, ReadRun]) -> dict[str, Any]:
    """As one field of an object, which is left out where nothing was read."""
    told = {
        name: {
            "run": read.job_id,
            "digest": read.digest,
            **({"output": read.output} if read.output is not None else {}),
        }
        for name, read in reads.items()
    }
    return {"reads": told} if told else {}


def reads_in(content: Mapping[Any, Any]) -> dict[str, ReadRun]:
    """What the object says of them, as far as it is understood; nothing where it does not say."""
    told = content.get("reads")
    found: dict[str, ReadRun] = {}
    for name, read in told.items() if isinstance(told, Mapping) else ():
        match read:
            case {"run": str(job_id), "digest": str(digest), **rest}:
                output = rest.get("output")
                found[str(name)] = ReadRun(
                    job_id=job_id, digest=digest, output=output if isinstance(output, str) else None
                )
    return found
