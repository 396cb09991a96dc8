"""Whether a spec says what was started: everything that reaches the work, in the words of the wire."""

import json
from collections.abc import Mapping
from typing import Any

from fused_spec.plan.diff import field_changes
from fused_spec.plan.model import FieldChange
from fused_spec.reconcile.adopting.origin import SETTINGS, Origin
from fused_spec.reconcile.marking.payload import smallest_config, wire_config
from fused_spec.spec.model import DesiredJob
from fused_spec.spec.udfs.python_source import with_unix_lines
from fused_spec.udfs.bundle import is_bundled
from fused_spec.wire import JobConfig

_FILED = ("collection_id", "collection_name", "engine", "disk_size_gb", "region")


def differences(job: DesiredJob, origin: Origin) -> tuple[FieldChange, ...]:
    """How the declared job differs from what was started, as far as that is known."""
    before: dict[str, Any] = {"config": _plain(origin.config)}
    after: dict[str, Any] = {"config": _plain(wire_config(job.payload))}
    for name in SETTINGS:
        before[name], after[name] = origin.settings.get(name), job.payload.get(name)
    return field_changes(before, after)


def _plain(config: JobConfig) -> dict[str, Any]:
    plain = smallest_config(config)
    for step in plain["steps"]:
        if "udf" in step:
            step["udf"] = _plain_udf(step["udf"])
    return plain


def _plain_udf(udf: Mapping[str, Any]) -> dict[str, Any]:
    """Without where it is filed, and what its code says by itself; line ends are those of every file."""
    said = {name: value for name, value in udf.items() if name not in _FILED}
    said["code"] = with_unix_lines(udf["code"])
    said["name"] = udf.get("name") or udf["entrypoint"]
    if udf.get("headers"):
        said["headers"] = [_plain_header(one) for one in udf["headers"]]
    else:
        said.pop("headers", None)
    return said


def _plain_header(header: Mapping[str, Any]) -> dict[str, Any]:
    """Without the file that it once was, which no job is told of."""
    code = with_unix_lines(header["source_code"])
    if is_bundled(header.get("source_file")):
        return {**header, "source_code": code}
    return {"module_name": header["module_name"], "source_code": code}


def config_alone(origin: Origin) -> str:
    """What it does, whatever the machine."""
    return json.dumps(_plain(origin.config), sort_keys=True, default=str)


def same_start(origin: Origin) -> str:
    """What two starts have in common of which one is enough."""
    return json.dumps(
        [_plain(origin.config), dict(origin.settings), dict(origin.env or {})], sort_keys=True, default=str
    )
