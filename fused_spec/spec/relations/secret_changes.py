"""Secrets with `rerun_on_change`: beside each name, what changes with its value and tells nothing of it."""

from collections.abc import Callable, Collection, Mapping

from msgspec.structs import replace

from fused_spec.messages.named_secrets import names_of, with_macs
from fused_spec.spec.model import Desired, DesiredJob, Resolution
from fused_spec.spec.relations.digest import digest
from fused_spec.spec.relations.outputs import with_outputs_in_digests

Macs = Callable[[Collection[str]], Mapping[str, str]]


def with_secret_changes(resolution: Resolution, macs: Macs) -> Resolution:
    """The same, where the digests of jobs cover the changes of such secrets; `macs` is asked for those alone."""
    rerunning = {one.name for one in resolution.secrets.by_name.values() if one.reruns}
    used = {name for one in resolution.desired for name in _names(one)} & rerunning
    if not used:
        return resolution
    told = macs(sorted(used))
    desired = [_with(one, told) if used.intersection(_names(one)) else one for one in resolution.desired]
    return replace(resolution, desired=with_outputs_in_digests(desired))


def _names(desired: Desired) -> tuple[str, ...]:
    return names_of(desired.payload.get("additional_env", {})) if isinstance(desired, DesiredJob) else ()


def _with(job: Desired, macs: Mapping[str, str]) -> Desired:
    env = {name: with_macs(value, macs) for name, value in job.payload["additional_env"].items()}
    payload = {**job.payload, "additional_env": env}
    return replace(job, payload=payload, digest=digest(payload))
