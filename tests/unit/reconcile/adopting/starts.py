"""Starts to be written down, as a service tells of them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from fused_spec.reconcile.adopting.code_files import CodeFiles
from fused_spec.reconcile.adopting.drafts import Draft, draft_of
from fused_spec.reconcile.adopting.origin import Origin
from fused_spec.wire import as_job_config

CODE = "@fused.udf\ndef udf(**given):\n    return None\n"
BEGAN = datetime(2031, 5, 1, tzinfo=UTC)


def started(
    parameters: Mapping[str, Any] | None = None, *, name: str | None = None, code: str = CODE, **more: Any
) -> Origin:
    """A start of one UDF."""
    udf = {"name": "tile", "entrypoint": "udf", "code": code, "parameters": parameters or {}}
    return origin({"name": name, "steps": [{"type": "udf", "udf": udf, **more.pop("step", {})}]}, name=name, **more)


def origin(config: Mapping[str, Any], **more: Any) -> Origin:
    at = more.pop("at", 0)
    times = {"created": BEGAN + timedelta(minutes=at), "ended": BEGAN + timedelta(minutes=at, seconds=30)}
    return Origin(config=as_job_config(dict(config)), run=more.pop("run", f"run-{at}"), **times, **more)


def code_files(existing: Mapping[str, bytes] | None = None) -> CodeFiles:
    return CodeFiles((existing or {}).get)


def drafts(*origins: Origin) -> list[Draft]:
    files = code_files()
    return [draft_of(one, files) for one in origins]
