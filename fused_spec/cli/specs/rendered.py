"""Desired state as a document: what the wire will carry, with every default filled in and secrets masked.

Specs know only what a person wrote, and the wire models know the defaults; they meet here for display alone.
"""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import asdict

from fused_spec.messages.redaction import shown_env
from fused_spec.reconcile.marking.payload import wire_config
from fused_spec.spec.model import Desired, DesiredJob, DesiredToken, DesiredUdf, Life, LocalFile, Resolution
from fused_spec.views.words.shown import without_secrets
from fused_spec.wire import TokenCreate, Udf, UdfSave

_JOB_KEYWORDS = ("instance_type", "region", "disk_size_gb", "image_name")


def desired_document(resolution: Resolution) -> dict[str, Any]:
    """Every declared thing in the order of its file."""
    project = resolution.project
    return {
        "project": {"name": project.name, "id": project.scope},
        "desired": [_desired(desired) for desired in resolution.desired],
    }


def _desired(desired: Desired) -> dict[str, Any]:
    return {
        "kind": str(desired.key.kind),
        "name": desired.key.name,
        "digest": desired.digest,
        "file": desired.origin.path,
        "line": desired.origin.line,
        "description": desired.description,
        "labels": dict(desired.labels),
        **_details(desired),
    }


def _details(desired: Desired) -> dict[str, Any]:
    payload = desired.payload
    match desired:
        case DesiredJob():
            return {
                "needs": [str(key) for key in desired.needs],
                "run": asdict(desired.run),
                "start": dict(desired.start),
                "files": [_file(file) for file in desired.files],
                "payload": _job(payload),
            }
        case DesiredToken():
            return {
                "needs": [str(key) for key in desired.needs],
                "sink": str(desired.sink),
                "life": _life(desired.life),
                "payload": without_secrets(_token(payload)),
            }
        case DesiredUdf():
            return {"payload": without_secrets(_udf(payload))}
    return {"payload": without_secrets(dict(payload))}


def _life(life: Life | None) -> dict[str, Any] | None:
    return None if life is None else {**asdict(life), "until": life.until and life.until.isoformat()}


def _job(payload: Mapping[str, Any]) -> dict[str, Any]:
    config = wire_config(payload).model_dump(mode="json")
    return {
        "config": without_secrets(config),
        **{keyword: payload.get(keyword) for keyword in _JOB_KEYWORDS},
        "additional_env": shown_env(payload.get("additional_env", {})),
    }


def _token(payload: Mapping[str, Any]) -> dict[str, Any]:
    defaults = TokenCreate().model_dump(mode="json", include={"client_id", "cache", "metadata_json", "enabled"})
    return {"udf": payload["udf"], **defaults, **payload}


def _udf(payload: Mapping[str, Any]) -> dict[str, Any]:
    udf = Udf.model_validate(payload["udf"]).model_dump(mode="json")
    public = {name: UdfSave.model_fields[name].default for name in ("allow_public_read", "allow_public_list")}
    return {**public, **payload, "udf": udf}


def _file(file: LocalFile) -> dict[str, Any]:
    return {"path": str(file.path), "sha256": file.sha256, "size": file.size, "url": file.url}
